"""What a session process tells the web process as it happens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter

from genba.api.events import EndReason
from genba.wire.resume import Resume
from genba.wire.state import SessionState


class CameraJoined(BaseModel):
    """A camera's first picture is there."""

    event: Literal["camera_joined"] = "camera_joined"
    camera: str
    slot: int
    name: str


class CameraLeft(BaseModel):
    """A camera's link has ended and its slot is free."""

    event: Literal["camera_left"] = "camera_left"
    camera: str
    slot: int
    name: str
    reason: EndReason


class RecordingStored(BaseModel):
    """An MP4 is ready: ``recordings/<id>.mp4`` with ``<id>.json`` beside it."""

    event: Literal["recording_stored"] = "recording_stored"
    id: str
    seconds: float
    size: int
    started_at: datetime


class SessionEnded(BaseModel):
    """The last word of a session."""

    event: Literal["session_ended"] = "session_ended"
    reason: EndReason


class StateChanged(BaseModel):
    """The whole state; sent first of all, then when something changed, at most ten a second."""

    event: Literal["state"] = "state"
    state: SessionState


class ResumeChanged(BaseModel):
    """What to give back with the next order, should the process die; sent when it changed."""

    event: Literal["resume"] = "resume"
    resume: Resume


Event = Annotated[
    CameraJoined | CameraLeft | RecordingStored | SessionEnded | StateChanged | ResumeChanged,
    Field(discriminator="event"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
