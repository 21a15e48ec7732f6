"""What a desk can ask of its session, and how the session answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from genba.wire.state import LayoutKind


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SetLayout(_Command):
    """Lay the view out; the encoder goes on."""

    do: Literal["layout"] = "layout"
    kind: LayoutKind
    focus: int = Field(default=1, ge=1, le=4)


class StartRecording(_Command):
    """Record the view with everyone's sound. Data: ``{"id": recording}``."""

    do: Literal["record"] = "record"


class StopRecording(_Command):
    """Stop; the file is made ready behind the scenes. Data: ``{"id": recording}``."""

    do: Literal["stop_recording"] = "stop_recording"


class TakeStill(_Command):
    """Keep a JPEG of the view (slot 0) or of one camera. Data: ``{"id", "width", "height"}``."""

    do: Literal["still"] = "still"
    slot: int = Field(default=0, ge=0, le=4)


class Publish(_Command):
    """Start a publication; ``kind`` may be empty: whoever recognises ``text`` takes it.

    Data: a PublicationInfo.
    """

    do: Literal["publish"] = "publish"
    kind: str = Field(default="", max_length=40)
    text: str = Field(default="", max_length=4096)
    options: dict[str, str] = Field(default_factory=dict, max_length=20)


class StopPublication(_Command):
    """End a publication; its links stop working."""

    do: Literal["stop_publication"] = "stop_publication"
    id: str = Field(max_length=64)


class RenameCamera(_Command):
    """Give a slot's camera another name, in the picture too."""

    do: Literal["rename"] = "rename"
    slot: int = Field(ge=1, le=4)
    name: str = Field(min_length=1, max_length=40)


class RemoveCamera(_Command):
    """End a camera's link and free its slot."""

    do: Literal["remove"] = "remove"
    slot: int = Field(ge=1, le=4)


class EndBearer(_Command):
    """End all that a ticket's bearer has open here: link, sound, control; free its slot."""

    do: Literal["end_bearer"] = "end_bearer"
    id: str = Field(max_length=64)


class EndSession(_Command):
    """End the session: recording finished first, everybody told."""

    do: Literal["end"] = "end"


Command = Annotated[
    SetLayout
    | StartRecording
    | StopRecording
    | TakeStill
    | Publish
    | StopPublication
    | RenameCamera
    | RemoveCamera
    | EndBearer
    | EndSession,
    Field(discriminator="do"),
]
COMMAND: TypeAdapter[Command] = TypeAdapter(Command)


class Reply(BaseModel):
    """``data`` of a command done, or ``error``: a problem (RFC 9457)."""

    ok: bool
    data: dict[str, Any] = Field(default_factory=dict)
    error: dict[str, Any] | None = None
