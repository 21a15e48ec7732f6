"""The open WHEP links of a session."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Self

from genba.api import EndReason
from genba.errors import GenbaError
from genba.session.compositor.mixer import Mix
from genba.session.publishing.viewer import ASKED, Viewer
from genba.session.tally import Tally
from genba.wire.state import Connection
from genba.wire.ticket import Ticket, TicketKind

if TYPE_CHECKING:
    from genba.session.engine import Engine
    from genba.session.publishing.choice import Asked
    from genba.session.publishing.links import Links
    from genba.wire.counts import Counts

log = logging.getLogger(__name__)

MOST = 200  # viewers of one session
GUESTS = 150  # of them: the rest is kept for supporters and cameras
LOOK = 0.5  # seconds between looks at what the viewers' links carry


class Viewers:
    """On the event loop. Async context manager; leaving it ends every link."""

    def __init__(self, engine: Engine, links: Links) -> None:
        """Begin with nobody."""
        self._engine = engine
        self._links = links
        self._events = engine.events
        self._all: dict[str, tuple[Viewer, Ticket]] = {}
        self._watching: dict[str, asyncio.Task[None]] = {}
        self._tally = Tally()
        self._closed = False
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start to look after the links."""
        self._looking = asyncio.create_task(self._look(), name="viewers:look")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """End every link."""
        self._closed = True
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await asyncio.gather(
            *(viewer.close(EndReason.SESSION_ENDED) for viewer, _ in self._all.values())
        )
        await asyncio.gather(*self._watching.values())

    def __len__(self) -> int:
        """Return how many links show the picture."""
        return sum(t.kind is not TicketKind.CAMERA for _, t in self._all.values())

    async def open(self, ticket: Ticket, offer: str, asked: Asked = ASKED) -> Viewer:
        """Answer a viewer's offer; a camera gets sound only: everyone but itself."""
        if self._closed:
            raise GenbaError("session.ended")
        if ticket.kind is TicketKind.TEST:
            raise GenbaError("ticket.invalid", "A test sends, and sees nothing.")
        guests = sum(t.kind is TicketKind.GUEST for _, t in self._all.values())
        if ticket.kind is TicketKind.GUEST:
            self._links.get(ticket.id)
            if guests >= GUESTS:
                raise GenbaError("server.busy", "Too many viewers.")
        if len(self._all) - guests >= MOST - GUESTS and ticket.kind is not TicketKind.GUEST:
            raise GenbaError("server.busy", "Too many viewers.")
        own = ticket.kind is TicketKind.CAMERA
        viewer = await Viewer.open(
            self._engine.socket,
            offer,
            self._engine.layers,
            self._engine.media,
            mix=Mix.for_camera(f"{ticket.kind.value}:{ticket.id}") if own else Mix.cameras(),
            with_video=not own,
            asked=asked,
        )
        if not own:
            self._engine.compositor.wake()  # its first picture is to be there when the call stands
        self._all[viewer.peer.id] = (viewer, ticket)
        self._watching[viewer.peer.id] = asyncio.create_task(
            self._watch(viewer, ticket), name=f"viewer:{viewer.peer.id}"
        )
        self._events.changed()
        return viewer

    def counts(self) -> Counts:
        """Return what all links, also those that are gone, have counted."""
        return self._tally.total(viewer.counts() for viewer, _ in self._all.values())

    def connections(self) -> list[Connection]:
        """Return the links that are sent to, guests last, and what protects each."""
        found = []
        for viewer, ticket in self._all.values():
            stats, viewing = viewer.stats(), viewer.viewing
            found.append(
                Connection(
                    way="out",
                    kind=ticket.kind.word,
                    name=ticket.name,
                    codec=stats.codec,
                    quality=viewing.quality if viewing is not None else None,
                    shed=viewing.shed if viewing is not None else None,
                    rtt_ms=None if stats.rtt is None else round(stats.rtt * 1000),
                    cipher=stats.cipher,
                )
            )
        return sorted(found, key=lambda one: one.kind == "guest")

    def get(self, peer: str, ticket: Ticket) -> Viewer:
        """Return one's own open link; raises ``link.unknown``."""
        found = self._all.get(peer)
        if found is None or found[1].id != ticket.id or found[1].kind is not ticket.kind:
            raise GenbaError("link.unknown")
        return found[0]

    async def end(self, ticket: str, reason: EndReason) -> None:
        """End all links of one ticket."""
        mine = [viewer for viewer, owner in self._all.values() if owner.id == ticket]
        await asyncio.gather(*(viewer.close(reason) for viewer in mine))

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            if not self._all:
                continue
            rates = self._engine.layers.rates()
            changed = False
            for viewer, ticket in tuple(self._all.values()):
                try:
                    changed |= viewer.look(rates)
                except Exception:  # one viewer's trouble is nobody else's
                    log.exception("a viewer by %s is not looked after", ticket.kind.word)
            if changed:
                self._events.changed()

    async def _watch(self, viewer: Viewer, ticket: Ticket) -> None:
        guest = ticket.kind is TicketKind.GUEST
        if guest:
            self._links.opened(ticket.id)
        try:
            await viewer.peer.closed.wait()
        finally:
            if guest:
                self._links.closed(ticket.id)
            self._all.pop(viewer.peer.id, None)
            self._tally.gone(viewer.counts())
            self._watching.pop(viewer.peer.id, None)
            await viewer.close(viewer.peer.reason)
            self._events.changed()
