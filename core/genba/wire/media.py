"""What lies beside a recording or a still on disk: ``<id>.json``."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from pathlib import Path

Suffix = Literal["mp4", "mkv", "jpg"]
GapReason = Literal["restart", "network", "stall"]


class Gap(BaseModel):
    """Where a file shows nothing new: seconds from its beginning, how long, and why.

    ``restart``: the session's process was replaced; ``network``: the camera's pictures did not
    arrive; ``stall``: the server made no picture.
    """

    model_config = ConfigDict(frozen=True)

    at: float
    seconds: float
    why: GapReason


class MediaFile(BaseModel):
    """Written by the session process before the file gets its final name; times are UTC.

    ``state`` of a recording: ``writing`` (pieces grow, see ``piece_name``), ``finishing`` (they are
    being joined), ``ready`` (``<id>.<suffix>``), ``failed``. A still is ``<id>.jpg`` and ``ready``.

    One press on record is a *take*: the view's file and one or more of each camera. ``take`` is the
    id of the view's file. Where a camera's parameters changed its files are numbered by ``part``.
    """

    id: str
    kind: Literal["recording", "still"]
    session: str
    session_name: str
    group: str
    state: Literal["writing", "finishing", "ready", "failed"]
    started_at: datetime
    seconds: float = 0
    size: int = 0
    width: int = 0
    height: int = 0
    slot: int = 0  # 0: the view
    camera_name: str = ""
    camera: str = ""  # the ticket's id; empty: the view
    take: str = ""
    part: int = 1
    suffix: Suffix = "mp4"
    vp8_to_mp4: bool = False  # where the camera sends VP8, it is coded anew at the end
    gaps: list[Gap] = []


_PIECE = re.compile(r"\.(\d+)-(\d+)\.part\.(mp4|mkv)$")


def piece_name(name: str, epoch: int, number: int, suffix: str) -> str:
    """Return the name of a growing piece of the file ``name`` (an id)."""
    return f"{name}.{epoch}-{number}.part.{suffix}"


def piece_number(path: Path) -> tuple[int, int] | None:
    """Return a piece's epoch and number, or None for what is no piece."""
    found = _PIECE.search(path.name)
    return (int(found[1]), int(found[2])) if found else None


def pieces(directory: Path, name: str) -> list[Path]:
    """Return the pieces of a file in the order in which they were written. Blocking."""
    found = [
        (number, path)
        for path in directory.glob(f"{name}.*.part.*")
        if (number := piece_number(path)) is not None and path.name.split(".", 1)[0] == name
    ]
    return [path for _, path in sorted(found)]
