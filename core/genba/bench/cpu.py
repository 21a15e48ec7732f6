"""What other processes use of the processor, as Linux tells it. Blocking, for microseconds."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genba.session.threads import group_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROCESS_CLOCK = 2  # CPUCLOCK_SCHED of a whole process (linux/posix-timers.h)
PAGE = 4096


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


def read(pid: int) -> Reading:
    """Read a process; raises ProcessLookupError when it is gone."""
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


def resident_mb(pid: int) -> float:
    """Return a process's resident memory in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * PAGE / 2**20


def private_mb(pid: int) -> float:
    """Return the memory that ending the process would free (USS), in MiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    kb = sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
    return kb / 1024
