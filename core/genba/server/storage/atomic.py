"""Files that are whole or absent, for their owner alone. Blocking: call these in threads."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PRIVATE = 0o700


def write(path: Path, data: bytes) -> None:
    """Replace ``path`` (mode 0600) in one step, on disk before it is seen."""
    number, name = _beside(path)
    try:
        _fill(number, data)
        os.replace(name, path)  # noqa: PTH105 (the temporary name is a string)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)  # noqa: PTH108
        raise


def create(path: Path, data: bytes) -> bool:
    """Make ``path`` (mode 0600) unless it is there; whoever comes second gets False."""
    number, name = _beside(path)
    try:
        _fill(number, data)
        os.link(name, path)  # fails where ``path`` exists, and never shows half a file
    except FileExistsError:
        return False
    finally:
        os.unlink(name)  # noqa: PTH108
    return True


def _beside(path: Path) -> tuple[int, str]:
    path.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    return tempfile.mkstemp(prefix=".", suffix=".new", dir=path.parent)  # mode 0600


def _fill(number: int, data: bytes) -> None:
    with os.fdopen(number, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
