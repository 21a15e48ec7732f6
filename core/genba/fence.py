"""The newest epoch of a session, on disk: whoever has an older one writes nothing any more.

A session's process may hang, be given up and replaced, and wake up again. It is killed before
another takes its place; this is the second wall, for when that did not reach it.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MODE = 0o600
ENDED = 10**9  # above every epoch


class Fence:
    """``data/epochs/<session>`` seen by one epoch. Everything here blocks on disk, briefly."""

    def __init__(self, data: Path, session: str, epoch: int) -> None:
        """Look from ``epoch``; nothing is written before ``claim``."""
        self._path = data / "epochs" / session
        self.epoch = epoch

    def claim(self) -> bool:
        """Make this the newest epoch; False when a newer one, or the same, was claimed before.

        Compare and set under a lock, so that two who try are told apart. Raises OSError.
        """
        return self._set(self.epoch)

    def close(self) -> None:
        """Let no epoch write any more: the session has ended for good. Raises OSError.

        The file stays, or a process that slept through the end would find its way free.
        """
        self._set(ENDED)

    def _set(self, epoch: int) -> bool:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, MODE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if epoch <= _number(os.pread(handle, 20, 0)):
                return False
            os.pwrite(handle, f"{epoch:<20d}".encode(), 0)
            os.fsync(handle)
        finally:
            os.close(handle)
        return True

    def holds(self) -> bool:
        """Say whether no newer epoch was claimed. Where nobody claimed anything, it holds.

        A disk that cannot be read says nothing against it: the recording has its own words then.
        """
        try:
            return _number(self._path.read_bytes()) <= self.epoch
        except OSError:
            return True

    def forget(self) -> None:
        """Remove the file, once no process can be left that would look at it."""
        self._path.unlink(missing_ok=True)


def _number(text: bytes) -> int:
    """Return the epoch that stands there; what is no number, as after a power cut, is none."""
    word = text.strip()
    return int(word) if word.isdigit() else 0
