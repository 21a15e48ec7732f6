"""What the API takes and gives. Times are ISO 8601 in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from genba.api import EndReason
from genba.wire.media import Gap
from genba.wire.order import IceServer
from genba.wire.report import Findings, Verdict
from genba.wire.state import CameraState, LayoutKind, PublicationInfo, SessionState

if TYPE_CHECKING:
    from genba.server.storage.records import SessionRecord
    from genba.wire.media import MediaFile

MediaState = Literal["writing", "finishing", "ready", "failed"]
_HERE = (CameraState.LIVE, CameraState.PAUSED)


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class NewSession(_Asked):
    """Opens a session; without a name it is called by its time."""

    name: str = Field("", max_length=60)


class SessionView(BaseModel):
    """One session in a list. ``cameras`` counts those that send or have paused.

    ``restarts`` says how often its process died and came back; while it is ``returning`` links
    and pages wait for it.
    """

    id: str
    name: str
    group: str
    started_at: datetime
    ended_at: datetime | None = None
    reason: EndReason | None = None
    cameras: int = 0
    recording: bool = False
    restarts: int = 0
    returning: bool = False

    @classmethod
    def of(
        cls, record: SessionRecord, state: SessionState | None, *, returning: bool = False
    ) -> Self:
        """Make it from the history's row and the newest state."""
        return cls(
            **record.model_dump(
                include={"id", "name", "group", "started_at", "ended_at", "reason", "restarts"}
            ),
            returning=returning,
            cameras=sum(slot.state in _HERE for slot in state.slots) if state else 0,
            recording=bool(state and state.recording.running),
        )


class Sessions(BaseModel):
    """The newest first."""

    sessions: list[SessionView]


class SessionDetail(SessionView):
    """One session; ``state`` is null once it has ended."""

    state: SessionState | None = None


class _Ways(BaseModel):
    """Where a ticket's bearer connects, always with ``Authorization: Bearer <ticket>``."""

    whip: str
    whep: str
    control: str = Field(
        description="WebSocket; offer the subprotocols `genba.v1` and `ticket.<ticket>`."
    )
    expires: datetime
    ice_servers: list[IceServer]


class DeskTicket(_Ways):
    """What a supporter's console, or a program in its place, connects with."""

    ticket: str


class NewInvitation(_Asked):
    """Invites one camera. ``slot`` 0 or null: wherever there is room."""

    name: str = Field("", max_length=40)
    slot: int | None = Field(None, ge=0, le=4)
    minutes: int | None = Field(None, ge=1, le=10080)


class InvitationView(BaseModel):
    """Eight digits, their address and QR code, and what a camera without a page needs."""

    id: str
    code: str = Field(description="As people read it: `1234-5678`.")
    url: str
    qr_svg: str = Field(description="The address as a picture: the text of an SVG.")
    name: str
    slot: int | None
    created_at: datetime
    expires: datetime
    camera_token: str = Field(description="For WHIP: `Authorization: Bearer <camera_token>`.")
    whip: str


class InvitationList(BaseModel):
    """Those that still let somebody in, the newest first."""

    invitations: list[InvitationView]


class Join(_Asked):
    """Eight digits as typed: full-width, with spaces or hyphens."""

    code: str = Field(min_length=8, max_length=20)


class Joined(_Ways):
    """What the invited camera connects with; coming back with the same code keeps its slot."""

    token: str
    session: str
    session_name: str
    name: str
    slot: int
    recording: bool


class LayoutBody(BaseModel):
    """How the view is laid out; ``focus`` is the slot shown large."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: LayoutKind
    focus: int = Field(1, ge=1, le=4)


class CameraName(_Asked):
    """A camera's new name, in the picture too."""

    name: str = Field(min_length=1, max_length=40)


class CameraView(BaseModel):
    """A slot and the name that it now has."""

    n: int
    name: str


class NewLink(_Asked):
    """A guest's link; without minutes it lives as long as the plugin says."""

    minutes: int | None = Field(None, ge=1, le=1440)


class NewPublication(_Asked):
    """Puts the view somewhere. Without a kind, whoever recognises ``text`` takes it."""

    kind: str = Field("", max_length=40)
    text: str = Field("", max_length=4096, description="A pasted meeting link.")
    options: dict[str, str] = Field(default_factory=dict, max_length=20)


class Publications(BaseModel):
    """What is shared now, and what has ended lately."""

    publications: list[PublicationInfo]


class FieldView(BaseModel):
    """One question of a publisher's form; ``label`` is a key of the plugin's texts."""

    name: str
    label: str
    kind: Literal["meeting", "minutes", "flag", "text"]
    default: str
    choices: list[str]
    required: bool


class GuideStepView(BaseModel):
    """A picture of what to click: its address and its text's key."""

    picture: str
    text: str


class PublisherView(BaseModel):
    """One way to share. Keys of texts are found below the plugin's name."""

    kind: str
    plugin: str
    label: str
    icon: str
    fields: list[FieldView]
    guide: list[GuideStepView]


class Publishers(BaseModel):
    """Every way there is to share."""

    publishers: list[PublisherView]


class RecordingId(BaseModel):
    """Which recording was started or stopped."""

    id: str


class RecordingView(BaseModel):
    """A recording's file; ``file`` can be fetched once ``state`` is ``ready``.

    All files of one press on record have the same ``take``, the id of the view's file (slot 0).
    ``gaps`` says where a file shows nothing new, and why.
    """

    id: str
    session: str
    session_name: str
    state: MediaState
    started_at: datetime
    seconds: float
    size: int
    width: int
    height: int
    take: str
    slot: int
    camera_name: str
    part: int
    suffix: Literal["mp4", "mkv", "jpg"]
    gaps: list[Gap]
    file: str

    @classmethod
    def of(cls, meta: MediaFile) -> Self:
        """Make it from the sidecar."""
        kept = meta.model_dump(include=set(cls.model_fields) - {"file"})
        return cls(**kept, file=f"/api/v1/recordings/{meta.id}/file")


class Recordings(BaseModel):
    """The newest first."""

    recordings: list[RecordingView]


class NewStill(_Asked):
    """Of one camera at its own size, or of the view (slot 0 or null)."""

    slot: int | None = Field(None, ge=0, le=4)


class NewStillView(BaseModel):
    """A still that was just taken."""

    id: str
    url: str
    width: int
    height: int


class StillView(BaseModel):
    """A still of a session."""

    id: str
    url: str
    session: str
    slot: int
    camera_name: str
    started_at: datetime = Field(description="When it was taken.")
    size: int
    width: int
    height: int

    @classmethod
    def of(cls, meta: MediaFile) -> Self:
        """Make it from the sidecar."""
        kept = meta.model_dump(include=set(cls.model_fields) - {"url"})
        return cls(**kept, url=f"/api/v1/stills/{meta.id}/file")


class Stills(BaseModel):
    """The newest first."""

    stills: list[StillView]


class Description(BaseModel):
    """OpenAPI 3.1."""

    model_config = ConfigDict(extra="allow")
    openapi: str


class ProblemView(BaseModel):
    """An error (RFC 9457); docs/errors.md lists the codes."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    advice: str
    request_id: str


class NewTest(_Asked):
    """Begins a test; with the eight digits of an invitation TURN is tried as well."""

    code: str = Field("", max_length=20)


class BegunTest(BaseModel):
    """``relay``: whether there are TURN servers and they are named here, or to the invited alone.

    ``udp_ports`` is the range that a firewall has to let through; empty: any port.
    """

    code: str
    ticket: str
    expires: datetime
    whip: str
    ice_servers: list[IceServer]
    relay: Literal["none", "offered", "invited"]
    udp_ports: str


class ReportView(BaseModel):
    """What a test found, said by the phone, and what the server saw of it."""

    code: str
    at: datetime
    verdict: Verdict
    findings: Findings
    heard: bool
    inside: bool
    public: bool


class Reports(BaseModel):
    """The newest first."""

    reports: list[ReportView]
