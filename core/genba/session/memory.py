"""How much memory the session process holds."""

from __future__ import annotations

import asyncio
import logging
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

EVERY = 2.0  # seconds
CROWDED = 0.8  # share of the limit from which on nobody more is let in
ENOUGH = 3  # readings above the limit in a row


class Memory:
    """Async context manager; reads off the event loop, every two seconds.

    Above four fifths of ``limit`` (MiB; 0: none) it is ``crowded``: nobody more is let in. Above
    the limit for three readings ``spent`` is called: the process is to end before the machine
    suffers. What it has written is safe by then, and the session comes back in another.
    """

    def __init__(self, limit: int = 0, spent: Callable[[], None] = lambda: None) -> None:
        """Begin with nothing known."""
        self.megabytes = 0
        self._limit = limit
        self._spent = spent
        self._above = 0

    @property
    def crowded(self) -> bool:
        """Whether nobody more should be let in."""
        return bool(self._limit) and self.megabytes > CROWDED * self._limit

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
            self.note(await asyncio.to_thread(resident_mb))
            await asyncio.sleep(EVERY)

    def note(self, megabytes: int) -> None:
        """Take one reading."""
        was, self.megabytes = self.crowded, megabytes
        if self.crowded and not was:
            log.warning("%d of %d MiB of memory are used: nobody more", megabytes, self._limit)
        self._above = self._above + 1 if self._limit and megabytes > self._limit else 0
        if self._above == ENOUGH:
            log.critical("%d MiB of memory are used, %d may be", megabytes, self._limit)
            self._spent()


def resident_mb() -> int:
    """Return this process's resident memory in MiB; elsewhere than on Linux its peak. Blocking."""
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * resource.getpagesize() // 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
