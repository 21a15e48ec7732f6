"""What is true now of a session, as screens and the API show it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from genba.wire.counts import Counts
from genba.wire.latency import Spread, Stage
from genba.wire.viewing import QualityWord, ShedWord

CONNECTIONS = 64
LayoutKind = Literal["grid", "focus", "pip"]


class CameraState(StrEnum):
    """A slot's state, as far as the server can see."""

    EMPTY = "empty"
    CONNECTING = "connecting"  # offer answered, no picture yet
    LIVE = "live"  # pictures arrive
    PAUSED = "paused"  # the worker or the phone paused it
    LOST = "lost"  # no picture for three seconds, or the link broke; its slot is kept


class Layout(BaseModel):
    """How the view is laid out. ``focus`` is the slot shown large (focus and pip)."""

    model_config = ConfigDict(frozen=True)
    kind: LayoutKind = "grid"
    focus: int = 1


class Slot(BaseModel):
    """One camera slot; ``camera`` is the ticket's id while somebody has the slot."""

    n: int
    state: CameraState = CameraState.EMPTY
    camera: str | None = None
    name: str = ""
    since: datetime | None = None
    codec: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0
    kbps: int = 0
    loss: float = 0  # share of packets, 0 to 1, over the last seconds
    rtt_ms: int | None = None
    has_audio: bool = False
    heard: bool = False  # a check of its link has come, so that its datagrams find the way here
    cipher: str = ""  # DTLS version and suite, SRTP profile
    error: str | None = None  # an error code: why pictures that arrive are not taken
    last_picture: datetime | None = None


class Recording(BaseModel):
    """The view's recording: while ``running`` the rest tells of it."""

    running: bool = False
    id: str | None = None
    since: datetime | None = None
    error: str | None = None  # an error code that a person must see


class PublicationInfo(BaseModel):
    """One view being put somewhere."""

    id: str
    kind: str
    state: str
    viewers: int = 0
    since: datetime
    expires: datetime | None = None
    join_url: str | None = None
    meeting_url: str | None = None
    share_url: str | None = None
    error: str | None = None  # a text key of the plugin
    reason: str | None = None  # an EndReason once ended


class Connection(BaseModel):
    """One media link and what protects it."""

    way: Literal["in", "out"]  # it sends to us, or we to it
    # "look": a supporter's close look at one camera, which ``name`` then is
    kind: Literal["camera", "desk", "guest", "test", "look"]
    name: str = ""  # a guest has none
    codec: str = ""
    quality: QualityWord | None = None  # of the view that it is sent
    shed: ShedWord | None = None  # why it is sent no moving picture
    rtt_ms: int | None = None
    cipher: str = ""  # DTLS version and suite, SRTP profile; empty until it stands


class Figures(BaseModel):
    """How the session's engine does."""

    fps: float = 0
    ticks: int = 0
    late_ticks: int = 0
    encoder_kbps: int = 0
    key_frames: int = 0
    viewers: int = 0
    looks: int = 0  # at single cameras, passed through undecoded
    memory_mb: int = 0
    cpu_seconds: dict[str, float] = {}  # by group of threads, from the process' beginning
    latency: dict[Stage, Spread] = {}  # stages that no picture passed lately are missing
    counts: Counts = Counts()


class SessionState(BaseModel):
    """Everything that a desk sees; cameras and guests get a part (see control.py)."""

    session: str
    epoch: int
    name: str
    group: str
    started_at: datetime
    width: int
    height: int
    layout: Layout
    slots: list[Slot]
    recording: Recording
    publications: list[PublicationInfo]
    connections: list[Connection] = []  # at most CONNECTIONS: cameras first, guests last
    watching: list[str] = []  # names of viewers that show frames at most 3 s old; "" is a guest
    figures: Figures
