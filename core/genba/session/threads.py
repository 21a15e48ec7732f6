"""What each group of a session process's threads has used of the processor."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

EVERY = 2.0  # seconds
_NAMES = {"MainThread": "loop", "asyncio": "pool"}
_COMM = 15  # bytes of a name that the kernel keeps
_THREAD_CLOCK = 6  # CPUCLOCK_SCHED of one thread (linux/posix-timers.h)


def group_of(name: str) -> str:
    """Return a thread's group: the first word of its name."""
    first = re.split(r"[ :_-]", name, maxsplit=1)[0]
    return _NAMES.get(first, first)


class Threads:
    """Async context manager; looks off the event loop, every two seconds.

    It also gives the threads their names in the system, where ``top -H`` and profilers show them:
    Python does so by itself only from 3.14 on. What a thread used stays in the sum of its group
    when it ends, as it was at the last look.
    """

    def __init__(self) -> None:
        """Begin with nothing known."""
        self.seconds: Mapping[str, float] = {}  # by group, from the beginning; never falls
        self._used: dict[int, tuple[str, float]] = {}
        self._ended: dict[str, float] = {}

    async def __aenter__(self) -> Self:
        """Begin to look."""
        self._task = asyncio.create_task(self._run(), name="session:threads")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop looking."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        if sys.platform != "linux":
            return
        while True:
            self.seconds = await asyncio.to_thread(self.look)
            await asyncio.sleep(EVERY)

    def look(self) -> dict[str, float]:
        """Name new threads and return the CPU seconds of each group. Blocking; one at a time."""
        now: dict[int, tuple[str, float]] = {}
        for thread in threading.enumerate():
            number = thread.native_id
            if number is None:
                continue
            if number not in self._used and thread is not threading.main_thread():
                _name(number, thread.name)
            # By the kernel's number, which is checked: pthread_getcpuclockid reads memory that a
            # thread which has just ended may have given back.
            with contextlib.suppress(OSError):
                used = time.clock_gettime((~number << 3) | _THREAD_CLOCK)
                now[number] = (group_of(thread.name), used)
        for number, (group, used) in self._used.items():
            known = now.get(number)
            if known is None or known[1] < used:  # ended, or its number was given away anew
                self._ended[group] = self._ended.get(group, 0.0) + used
        self._used = now
        found = dict(self._ended)
        for group, used in now.values():
            found[group] = found.get(group, 0.0) + used
        return found


def _name(number: int, name: str) -> None:
    """Write a thread's name; one that has just ended has none to write to."""
    with contextlib.suppress(OSError):
        Path(f"/proc/self/task/{number}/comm").write_bytes(name.encode()[:_COMM])
