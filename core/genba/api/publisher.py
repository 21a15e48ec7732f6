"""The objects that the core and a publisher hand to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime, timedelta

    from av import VideoFrame

    from genba.api.events import EndReason, SessionInfo
    from genba.api.packet import Packet


class Layer(StrEnum):
    """An encoding of the view; one that nobody asks for is not made."""

    H264 = "h264"
    VP8 = "vp8"


@dataclass(frozen=True, slots=True)
class Field:
    """One question of the share form. ``label`` is a text key of the plugin's locales.

    ``meeting`` asks for a pasted meeting link; ``minutes`` for one of ``choices``; ``flag`` is
    a check box ("1" or "").
    """

    name: str
    label: str
    kind: Literal["meeting", "minutes", "flag", "text"] = "text"
    default: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class GuideStep:
    """A picture of what to click, with its text key. ``picture`` is below the plugin's static."""

    picture: str
    text: str


@dataclass(frozen=True, slots=True)
class PublisherInfo:
    """How the supporter's screen names a publisher. ``kind`` is unique, e.g. ``teams``."""

    kind: str
    label: str
    icon: str
    fields: tuple[Field, ...] = ()
    guide: tuple[GuideStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the supporter wants the view: the pasted ``text`` and the form's ``options``."""

    text: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


class PublicationState(StrEnum):
    """What is true now of a publication; never a hope."""

    PREPARING = "preparing"
    WAITING = "waiting"  # everything is ready, nobody has opened it yet
    ON_AIR = "on_air"  # a viewer shows frames that are at most three seconds old
    ENDED = "ended"


class Publication(Protocol):
    """A view that is being put somewhere; read on the event loop, whenever."""

    @property
    def join_url(self) -> str | None:
        """What a guest opens (a browser link), or None."""
        ...

    @property
    def meeting_url(self) -> str | None:
        """What opens the meeting in its own client, or None."""
        ...

    @property
    def share_url(self) -> str | None:
        """The share-ready window to show in the meeting, or None."""
        ...

    @property
    def state(self) -> PublicationState:
        """What is true now."""
        ...

    @property
    def viewers(self) -> int:
        """How many links are open on it now."""
        ...

    async def wait_ended(self) -> EndReason:
        """Return when it has ended by itself: expired, refused, gone."""
        ...


class Link(Protocol):
    """A short-lived way to look at the view without signing in. All on the event loop."""

    @property
    def id(self) -> str:
        """Random; names the link in logs, opens nothing."""
        ...

    @property
    def url(self) -> str:
        """The absolute address ``/v/<ticket>``; whoever has it can look until it expires."""
        ...

    @property
    def expires(self) -> datetime:
        """In UTC."""
        ...

    @property
    def viewers(self) -> int:
        """How many are connected by it now."""
        ...

    @property
    def shown(self) -> bool:
        """Whether one of them has shown a frame within the last three seconds."""
        ...

    def revoke(self) -> None:
        """End it now: its viewers are disconnected, its address answers 410."""
        ...

    async def wait_ended(self) -> EndReason:
        """Return once it is revoked or expired."""
        ...


class View(Protocol):
    """The composed picture and mixed sound of one session; read-only, on the event loop."""

    @property
    def session(self) -> SessionInfo:
        """Whose view it is."""
        ...

    def video(
        self, layer: Layer = Layer.H264
    ) -> AbstractAsyncContextManager[AsyncIterator[Packet]]:
        """Yield pictures as encoded for everybody, from a key picture on.

        A reader slower than the view loses whole pictures up to the next key picture.
        """
        ...

    def audio(self) -> AbstractAsyncContextManager[AsyncIterator[Packet]]:
        """Yield the cameras' sound: Opus, 48 kHz mono, 20 ms a packet; slow: the oldest go."""
        ...

    def frames(self, fps: int) -> AbstractAsyncContextManager[AsyncIterator[VideoFrame]]:
        """Yield yuv420p pictures of the view's size, not to be written into; slow: the newest."""
        ...

    async def snapshot(self) -> bytes:
        """Return the view now as a JPEG."""
        ...

    def link(self, purpose: str, ttl: timedelta) -> Link:
        """Make a link for a publisher's kind; it ends with the session at the latest."""
        ...


class Publisher(Protocol):
    """Puts views somewhere; one object for the life of the process."""

    @property
    def info(self) -> PublisherInfo:
        """How the screen names it."""
        ...

    def recognises(self, destination: Destination) -> bool:
        """Say whether a pasted meeting link is for this publisher. Pure and quick."""
        ...

    def publish(
        self, view: View, destination: Destination
    ) -> AbstractAsyncContextManager[Publication]:
        """Enter to publish, leave to stop. Raises PublishError on entry when it cannot."""
        ...
