"""The torn end of a fragmented MP4 is cut off, in place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = 8  # bytes of a box: its length, itself included, and its name (ISO/IEC 14496-12, 4.2)
_LONG = 1  # the length follows the name, in 8 bytes


def trim(path: Path) -> None:
    """Cut a file behind its last whole fragment; needs no room. Raises OSError."""
    size = path.stat().st_size
    at = whole = 0
    with path.open("rb+") as file:
        while at + _HEAD <= size:
            file.seek(at)
            head = file.read(2 * _HEAD)
            length = int.from_bytes(head[:4], "big")
            if length == _LONG:
                length = int.from_bytes(head[_HEAD:], "big")
            if length < _HEAD or at + length > size:
                break
            at += length
            if head[4:_HEAD] in (b"moov", b"mdat"):
                whole = at
        if 0 < whole < size:
            file.truncate(whole)
            os.fsync(file.fileno())
