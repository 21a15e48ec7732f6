"""Supporters' close looks: one camera each, passed through undecoded."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, Self

from genba.api import EndReason
from genba.errors import GenbaError
from genba.session.publishing.look import Look
from genba.session.publishing.passage import Passage
from genba.session.tally import Tally
from genba.wire.latency import Stage
from genba.wire.state import Connection
from genba.wire.ticket import Ticket, TicketKind

if TYPE_CHECKING:
    from genba.session.camera.unit import AccessUnit
    from genba.session.cameras import Cameras
    from genba.session.engine import Engine
    from genba.session.taps import Source
    from genba.wire.counts import Counts

log = logging.getLogger(__name__)

MOST = 16  # looks of one session


@dataclass(frozen=True, slots=True)
class _Open:
    look: Look
    ticket: Ticket
    camera: str


class Looks:
    """On the event loop. Async context manager; leaving it ends every look.

    A look goes on while its camera is paused, lost, turned, or back on a new link; it ends when the
    camera has left its seat, or comes back with another codec.
    """

    def __init__(self, engine: Engine, cameras: Cameras) -> None:
        """Begin with nobody."""
        self._engine = engine
        self._cameras = cameras
        self._passages: dict[str, Passage] = {}
        self._all: dict[str, _Open] = {}
        self._watching: dict[str, asyncio.Task[None]] = {}
        self._gone: deque[_Open] = deque(maxlen=MOST)
        self._ending: set[asyncio.Task[None]] = set()
        self._tally = Tally()
        self._closed = False

    async def __aenter__(self) -> Self:
        """Begin to notice cameras that leave."""
        self._unobserve = self._engine.events.observe(self._look_round)
        self._engine.taps.looked = self._passages.__contains__
        return self

    async def __aexit__(self, *exc: object) -> None:
        """End every look."""
        self._closed = True
        self._unobserve()
        await asyncio.gather(*(o.look.close(EndReason.SESSION_ENDED) for o in self._all.values()))
        await asyncio.gather(*self._watching.values(), *self._ending)

    def __len__(self) -> int:
        """Return how many are open."""
        return len(self._all)

    async def open(self, ticket: Ticket, camera: str, offer: str) -> Look:
        """Answer a supporter's offer for the camera of this id.

        Raises ``not_found`` for a camera that is not there, and for whoever is no supporter;
        ``camera.away`` while nothing is known of what it sends; ``camera.codec``, ``offer.*``.
        """
        seat = self._cameras.seat_of(camera)
        if ticket.kind is not TicketKind.DESK or seat is None:
            raise GenbaError("not_found")
        if self._closed:
            raise GenbaError("session.ended")
        if len(self._all) >= MOST:
            raise GenbaError("server.busy", "Too many close looks.")
        form = seat.link.form if seat.link is not None else None
        if form is None:
            raise GenbaError("camera.away")
        codec, profile = form
        passage = self._passage(camera, codec)
        try:
            look = await Look.open(
                self._engine.socket, offer, passage, self._engine.media, profile=profile
            )
        except GenbaError:
            self._forget(camera, passage)
            raise
        self._all[look.peer.id] = _Open(look, ticket, camera)
        self._watching[look.peer.id] = asyncio.create_task(
            self._watch(look), name=f"look:{look.peer.id}"
        )
        self._engine.events.changed()
        return look

    def find(self, peer: str, ticket: Ticket) -> Look | None:
        """Return one's own look, or None; also one that has just ended.

        A page that hangs up says so twice, and its datagram is quicker than its ``DELETE``.
        """
        found = self._all.get(peer) or next(
            (one for one in self._gone if one.look.peer.id == peer), None
        )
        if found is None or found.ticket.id != ticket.id or found.ticket.kind is not ticket.kind:
            return None
        return found.look

    def counts(self) -> Counts:
        """Return what all looks, also those that are gone, have counted."""
        return self._tally.total(one.look.counts() for one in self._all.values())

    def connections(self) -> list[Connection]:
        """Return the open looks, each by its camera's name, and what protects them."""
        found = []
        for one in self._all.values():
            seat, peer = self._cameras.seat_of(one.camera), one.look.peer
            found.append(
                Connection(
                    way="out",
                    kind="look",
                    name=seat.name if seat is not None else "",
                    codec=one.look.passage.codec,
                    rtt_ms=None if peer.rtt is None else round(peer.rtt * 1000),
                    cipher=peer.cipher,
                )
            )
        return found

    async def end(self, ticket: str, reason: EndReason) -> None:
        """End all looks of one ticket."""
        mine = [one.look for one in self._all.values() if one.ticket.id == ticket]
        await asyncio.gather(*(look.close(reason) for look in mine))

    def unit(self, source: Source, unit: AccessUnit) -> None:
        """Pass a picture on; a camera that came back with another codec ends its looks."""
        passage = self._passages.get(source.camera)
        if passage is None:
            return
        if passage.codec == unit.codec:
            passage.unit(unit, source)
            self._engine.latency.note(Stage.LOOK, self._engine.media.monotonic() - unit.arrival)
        else:
            self._end_looks(source.camera, EndReason.REPLACED)

    def heard(self, source: Source, data: bytes, time: float) -> None:
        """Let sound be: a look has none of its own."""

    def _passage(self, camera: str, codec: Literal["h264", "vp8"]) -> Passage:
        """Return the one that all looks at a camera share."""
        passage = self._passages.get(camera)
        if passage is not None and passage.codec != codec:
            self._end_looks(camera, EndReason.REPLACED)
            passage = None
        if passage is None:
            passage = Passage(codec, partial(self._engine.taps.request_key, camera))
            self._passages[camera] = passage
            self._engine.taps.add(self)
        return passage

    def _look_round(self) -> None:
        for camera in {one.camera for one in self._all.values()}:
            if self._cameras.seat_of(camera) is None:
                self._end_looks(camera, EndReason.LEFT)

    def _end_looks(self, camera: str, reason: EndReason) -> None:
        passage = self._passages.pop(camera, None)
        for one in self._all.values():
            if one.camera == camera and one.look.passage is passage:
                log.info("a look at camera %s ends (%s)", camera, reason)
                task = asyncio.create_task(one.look.close(reason), name=f"look:{camera}:end")
                self._ending.add(task)
                task.add_done_callback(self._ending.discard)

    async def _watch(self, look: Look) -> None:
        try:
            await look.peer.closed.wait()
        finally:
            one = self._all.pop(look.peer.id)
            self._gone.append(one)
            self._tally.gone(look.counts())
            self._watching.pop(look.peer.id, None)
            self._forget(one.camera, look.passage)
            await look.close(look.peer.reason)
            self._engine.events.changed()

    def _forget(self, camera: str, passage: Passage) -> None:
        """Hear a camera no more that nobody looks at, and none at all once nobody looks."""
        if any(one.look.passage is passage for one in self._all.values()):
            return
        if self._passages.get(camera) is passage:
            del self._passages[camera]
        if not self._passages:
            self._engine.taps.remove(self)
