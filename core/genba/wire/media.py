"""What lies beside a recording or a still on disk: ``<id>.json``."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel


class MediaFile(BaseModel):
    """Written by the session process before the file gets its final name; times are UTC.

    ``state`` of a recording: ``writing`` (a fragmented ``<id>.part.mp4`` grows), ``finishing``
    (being copied), ``ready`` (``<id>.mp4``), ``failed``. A still is ``<id>.jpg`` and ``ready``.
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
