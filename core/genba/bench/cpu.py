"""What other processes use of processor and memory, as Linux tells it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genba.session.threads import group_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROCESS_CLOCK = 2  # CPUCLOCK_SCHED of a whole process (linux/posix-timers.h)


@dataclass(frozen=True, slots=True)
class Reading:
    """CPU seconds of one process at one moment; ``threads`` holds those that live, by number."""

    at: float
    total: float
    threads: Mapping[int, tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU-seconds per second between two readings; ``groups`` adds up to ``core``."""

    seconds: float
    core: float
    groups: Mapping[str, float]


async def read(pid: int) -> Reading:
    """Read a process; raises ProcessLookupError when it is gone."""
    return await asyncio.to_thread(_read, pid)


def _read(pid: int) -> Reading:
    threads: dict[int, tuple[str, float]] = {}
    try:
        for folder in Path(f"/proc/{pid}/task").iterdir():
            number = int(folder.name)
            with contextlib.suppress(OSError):  # it has just ended
                name = "MainThread" if number == pid else (folder / "comm").read_text().strip()
                ran = (folder / "schedstat").read_text("ascii").split()[0]
                threads[number] = (group_of(name), int(ran) / 1e9)
        return Reading(time.monotonic(), time.clock_gettime((~pid << 3) | _PROCESS_CLOCK), threads)
    except OSError as error:
        raise ProcessLookupError(f"process {pid} is gone") from error


def spent(before: Reading, after: Reading) -> Spent:
    """Return what was used in between; ``ended`` are threads that did not live to the end."""
    seconds = after.at - before.at
    groups: dict[str, float] = {}
    for number, (group, used) in after.threads.items():
        _, earlier = before.threads.get(number, ("", 0.0))
        groups[group] = groups.get(group, 0.0) + max(0.0, used - earlier) / seconds
    core = (after.total - before.total) / seconds
    groups["ended"] = max(0.0, core - sum(groups.values()))
    return Spent(seconds, core, dict(sorted(groups.items(), key=lambda one: -one[1])))


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one process, in MiB: what is resident, and what its end would free (USS)."""

    resident: float
    private: float


async def memory(pid: int) -> Memory:
    """Read a process's memory; raises FileNotFoundError when it is gone."""
    return await asyncio.to_thread(_memory, pid)


def _memory(pid: int) -> Memory:
    kb = {"Rss": 0, "Private_Clean": 0, "Private_Dirty": 0}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
        name, _, rest = line.partition(":")
        if name in kb:
            kb[name] = int(rest.split()[0])
    return Memory(kb["Rss"] / 1024, (kb["Private_Clean"] + kb["Private_Dirty"]) / 1024)
