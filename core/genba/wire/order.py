"""What a session process is told once, when it stops being a spare."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from genba.wire.resume import Resume


class IceServer(BaseModel):
    """One entry of RTCConfiguration.iceServers, given to clients by Link headers."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    urls: str
    username: str = ""
    credential: str = Field("", repr=False)

    def link(self) -> str:
        """Return the value of a Link header (RFC 9725, section 4.6)."""
        link = f'<{self.urls}>; rel="ice-server"'
        if self.username:
            link += (
                f'; username="{self.username}"; credential="{self.credential}"'
                '; credential-type="password"'
            )
        return link


class RtcOrder(BaseModel):
    """Where the session's one UDP socket stands."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    addresses: tuple[str, ...] = ("127.0.0.1",)  # local ones that offer candidates; or wildcards
    public_addresses: tuple[str, ...] = ()  # before them where the server stands behind 1:1 NAT
    port_low: int = 0  # 0: any free port
    port_high: int = 0
    ice_servers: tuple[IceServer, ...] = ()


class ViewOrder(BaseModel):
    """The picture that everybody sees."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    width: int = 1280
    height: int = 720
    fps: int = 30
    kbps: int = 2500
    highest: int = 1080  # lines; who asks for more than the view has gets so many at most


class Order(BaseModel):
    """All that a session process knows of the world.

    ``ticket_key`` is that of this session alone, and secret: never logged.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64"
    )
    session: str
    epoch: int = 1
    group: str
    name: str
    slots: int = Field(default=4, ge=1, le=4)
    started_at: datetime
    language: str = "ja"
    base_url: str  # of pages, without a slash at the end; links start with it
    ticket_key: bytes = Field(repr=False)
    data: Path  # holds recordings/ and stills/
    min_free_bytes: int = 0  # no recording starts with less free disk
    memory_mb: int = 0  # resident; above it the process ends, and the session comes back; 0: any
    record_cameras: bool = True  # beside the view, when somebody records
    vp8_to_mp4: bool = False  # code a camera's VP8 anew when its recording is finished
    rtc: RtcOrder = RtcOrder()
    view: ViewOrder = ViewOrder()
    resume: Resume | None = Field(default=None, repr=False)  # what an earlier epoch has left
    plugins_off: tuple[str, ...] = ()
    plugin_settings: dict[str, str | int | bool] = Field(default_factory=dict, repr=False)

    def settings_of(self, plugin: str) -> dict[str, str | int | bool]:
        """Return one plugin's settings by short name."""
        prefix = f"{plugin}."
        return {
            name.removeprefix(prefix): value
            for name, value in self.plugin_settings.items()
            if name.startswith(prefix)
        }
