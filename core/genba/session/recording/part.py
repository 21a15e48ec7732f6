"""The file that grows while a recording runs."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SYNC = getattr(os, "fdatasync", os.fsync)


class Part:
    """A growing piece, locked by the one process that writes or finishes it.

    The lock goes with the process, however it ends; so a part without lock is one that a crash
    has left. Used in threads, since it waits for the disk.
    """

    def __init__(self, path: Path, handle: int) -> None:
        """Own an open and locked file; see `create` and `take`."""
        self.path = path
        self._handle = handle

    @classmethod
    def create(cls, path: Path) -> Part:
        """Make the empty file and lock it; raises OSError."""
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640)
        fcntl.flock(handle, fcntl.LOCK_EX)
        return cls(path, handle)

    @classmethod
    def take(cls, path: Path) -> Part | None:
        """Lock a part that was left; None where there is none, or somebody works on it."""
        try:
            handle = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.stat().st_ino == os.fstat(handle).st_ino:
                return cls(path, handle)
        except (BlockingIOError, FileNotFoundError):
            os.close(handle)  # being written, or finished in this very moment
            return None
        os.close(handle)
        return None

    def sync(self) -> None:
        """Bring what was written to the disk."""
        _SYNC(self._handle)

    def size(self) -> int:
        """Return how many bytes were written."""
        return os.fstat(self._handle).st_size

    def remove(self) -> None:
        """Delete the file; still locked until closed."""
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Give the lock back; a second time does nothing."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
