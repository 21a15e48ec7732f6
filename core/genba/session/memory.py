"""How much memory the session process holds."""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path
from typing import Self

EVERY = 2.0  # seconds


class Memory:
    """Async context manager; reads off the event loop, every two seconds."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self.megabytes = 0

    async def __aenter__(self) -> Self:
        """Begin to look."""
        self._task = asyncio.create_task(self._look(), name="session:memory")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop looking."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _look(self) -> None:
        while True:
            self.megabytes = await asyncio.to_thread(resident_mb)
            await asyncio.sleep(EVERY)


def resident_mb() -> int:
    """Return this process's resident memory in MiB; elsewhere than on Linux its peak. Blocking."""
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * resource.getpagesize() // 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
