"""The order that a session process gets, built from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genba import reach
from genba.wire.order import IceServer, Order, RtcOrder, ViewOrder
from genba.wire.ticket import key_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from genba.server.storage.records import SessionRecord
    from genba.settings import Settings
    from genba.wire.resume import Resume

MIB = 1 << 20
NOBODYS = ""  # the group of the session of tests


@dataclass(frozen=True, slots=True)
class Orders:
    """Writes orders; ``key`` signs, ``data`` is absolute.

    ``addresses`` are where ``server.host`` listens, ``public`` those that stand for us outside.
    """

    settings: Settings
    data: Path
    base_url: str
    key: bytes
    addresses: tuple[str, ...]
    public: tuple[str, ...] = ()

    def order(self, record: SessionRecord, resume: Resume | None = None) -> Order:
        """Return the order for a session of the history; ``resume`` is what an epoch has left."""
        settings = self.settings
        width, height = settings.view.size
        return Order(
            session=record.id,
            epoch=record.epoch,
            group=record.group,
            name=record.name,
            started_at=record.started_at,
            language=settings.server.language,
            base_url=self.base_url,
            ticket_key=key_of(self.key, record.id),
            data=self.data,
            min_free_bytes=settings.recordings.min_free_mb * MIB,
            memory_mb=settings.server.session_memory_mb,
            record_cameras=settings.recordings.cameras,
            vp8_to_mp4=settings.recordings.vp8_to_mp4,
            rtc=self._rtc(),
            view=ViewOrder(
                width=width,
                height=height,
                fps=settings.view.fps,
                kbps=settings.view.bit_rate,
                highest=settings.view.highest,
            ),
            resume=resume,
            plugins_off=settings.plugins.off,
            plugin_settings=dict(settings.plugin),
        )

    def trial(self, session: str, now: datetime, plugins: tuple[str, ...]) -> Order:
        """Return the order for the session of tests: nobody's, seen by nobody, as cheap as can be.

        ``plugins`` are those that stay out. It stands at the addresses and takes a port of the
        range that calls use. TURN servers are named by the test itself, to who may use them.
        """
        return Order(
            session=session,
            group=NOBODYS,
            name="test",
            started_at=now,
            language=self.settings.server.language,
            base_url=self.base_url,
            ticket_key=key_of(self.key, session),
            data=self.data,
            memory_mb=self.settings.server.session_memory_mb,
            record_cameras=False,
            rtc=self._rtc().model_copy(update={"ice_servers": ()}),
            view=ViewOrder(width=320, height=180, fps=5, kbps=100),
            plugins_off=(*self.settings.plugins.off, *plugins),
        )

    def _rtc(self) -> RtcOrder:
        rtc = self.settings.rtc
        low, high = reach.ports(rtc.udp_ports)
        return RtcOrder(
            addresses=rtc.addresses or self.addresses,
            public_addresses=self.public,
            port_low=low,
            port_high=high,
            ice_servers=ice_servers(rtc.ice_servers),
        )


def ice_servers(texts: tuple[str, ...]) -> tuple[IceServer, ...]:
    """Read ``urls|username|credential``; the last two may be missing."""
    found = []
    for text in texts:
        urls, _, rest = text.partition("|")
        username, _, credential = rest.partition("|")
        found.append(IceServer(urls=urls, username=username, credential=credential))
    return tuple(found)
