"""What a test of the connection found: a phone says it, the server keeps it, the doctor reads it.

No address, no name, no picture: browser and network as far as they explain a fault.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

StepName = Literal[
    "browser",
    "server",
    "websocket",
    "codec",
    "udp",
    "turn_udp",
    "turn_tcp",
    "turn_tls",
    "video",
    "camera",
    "microphone",
]
StepState = Literal["ok", "slow", "failed", "untested"]
Verdict = Literal["good", "relay", "slow", "bad"]
TURNS: tuple[StepName, ...] = ("turn_udp", "turn_tcp", "turn_tls")

_Word = Annotated[str, Field(max_length=24, pattern=r"^[A-Za-z0-9 ._-]*$")]
_Milliseconds = Annotated[int, Field(ge=0, le=600_000)]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Said):
    """One thing that was tried. ``why`` is a word of docs/reachable.md, empty where all is well."""

    name: StepName
    state: StepState
    why: str = Field("", max_length=24, pattern=r"^[a-z0-9_]*$")
    ms: _Milliseconds | None = None


class Browser(_Said):
    """The browser as it calls itself, without what would tell two phones apart."""

    name: _Word = ""
    version: _Word = ""
    system: _Word = ""
    phone: bool = False


class Figures(_Said):
    """What was measured while made-up pictures went up for some seconds."""

    connect_ms: _Milliseconds | None = None
    first_picture_ms: _Milliseconds | None = None
    kbps: int | None = Field(None, ge=0, le=1_000_000)
    loss: float | None = Field(None, ge=0, le=1)
    rtt_ms: _Milliseconds | None = None


class Way(_Said):
    """Which way the pictures took."""

    relay: Literal["", "udp", "tcp", "tls"] = ""
    family: Literal[4, 6] | None = None
    network: _Word = ""  # "wifi", "cellular", where the browser says so
    codec: _Word = ""


class Findings(_Said):
    """What the phone says."""

    steps: list[Step] = Field(max_length=16)
    browser: Browser = Browser()
    figures: Figures = Figures()
    way: Way = Way()
    codecs: list[_Word] = Field(default_factory=list, max_length=8)


class Report(BaseModel):
    """Findings with what the server adds: when (UTC), and what it saw itself.

    ``heard``: a check of this very test reached the media port; ``inside``: the phone asked from
    a private address; ``public``: the server named an address outside.
    """

    model_config = ConfigDict(frozen=True)
    code: str
    at: datetime
    findings: Findings
    heard: bool = False
    inside: bool = False
    public: bool = False

    def step(self, name: StepName) -> Step | None:
        """Return one step, or None where the phone did not come so far."""
        return next((one for one in self.findings.steps if one.name == name), None)

    @property
    def verdict(self) -> Verdict:
        """Whether pictures get through, and how."""
        state = {one.name: one.state for one in self.findings.steps}
        direct = state.get("udp") in ("ok", "slow")
        relayed = any(state.get(name) in ("ok", "slow") for name in TURNS)
        if "failed" in (state.get("browser"), state.get("server"), state.get("video")):
            return "bad"
        if not direct:
            return "relay" if relayed else "bad"
        return "slow" if "slow" in (state.get("udp"), state.get("video")) else "good"
