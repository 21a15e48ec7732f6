"""Where a session's recordings go, and whether they still may."""

from __future__ import annotations

import errno
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from genba.errors import GenbaError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FAILED, FULL, FENCED = "recording.failed", "recording.disk_full", "recording.fenced"


class Holds(Protocol):
    """A fence, seen by one epoch."""

    def holds(self) -> bool:
        """Say whether no newer epoch has taken over; blocks on disk, briefly."""
        ...


class _Open:
    def holds(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder as one epoch of a session uses it; the methods block on disk.

    ``wall`` turns media time into Unix time, which is what pieces of different epochs have in
    common.
    """

    directory: Path
    epoch: int = 1
    min_free: int = 0  # bytes that recordings leave free
    wall: Callable[[float], float] = float
    fence: Holds = field(default_factory=_Open)

    def check_room(self) -> None:
        """Raise GenbaError ``recording.disk_full`` below the bytes that stay free, or OSError."""
        free = shutil.disk_usage(self.directory).free
        if free < self.min_free:
            raise GenbaError(FULL, f"Only {free // 2**20} MiB of disk are free.")

    def check_fence(self) -> None:
        """Raise GenbaError ``recording.fenced`` when a newer epoch has taken over."""
        if not self.fence.holds():
            raise GenbaError(FENCED)


def code_of(error: BaseException) -> str:
    """Return the error code that a person sees for what ended a recording."""
    if isinstance(error, GenbaError):
        return error.code
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return FULL if full else FAILED
