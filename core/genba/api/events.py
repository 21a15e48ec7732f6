"""Facts that plugins are told about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class EndReason(StrEnum):
    """Why a session, a camera's link or a publication ended."""

    STOPPED = "stopped"  # a person asked for it
    LEFT = "left"  # the other side said goodbye
    LOST = "lost"  # the network went and did not come back
    EXPIRED = "expired"
    SESSION_ENDED = "session_ended"
    REPLACED = "replaced"  # the same camera came back on a new link
    REFUSED = "refused"
    FAILED = "failed"
    SHUTDOWN = "shutdown"  # the server stops


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """One supporter desk; ``started_at`` is UTC."""

    id: str
    group: str
    name: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """One terminal's live link in ``slot`` (from 1)."""

    id: str
    slot: int
    name: str


@dataclass(frozen=True, slots=True)
class RecordingInfo:
    """A finished MP4: ``seconds`` long, ``size`` bytes; ``started_at`` is UTC."""

    id: str
    session: str
    seconds: float
    size: int
    started_at: datetime
