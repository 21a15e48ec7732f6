"""The cameras of a session: who sits where, links that come, go, break and come back."""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Self

from genba.api import EndReason
from genba.errors import GenbaError
from genba.session.camera.link import WARM, CameraLink
from genba.session.camera.slot import FrameSlot
from genba.session.seat import Seat
from genba.session.sizing import SMALL, Sizing
from genba.session.tally import Tally
from genba.session.taps import Source
from genba.wire.event import CameraJoined, CameraLeft
from genba.wire.state import CameraState, Connection
from genba.wire.ticket import Ticket, TicketKind

if TYPE_CHECKING:
    from genba.session.camera.sound import SoundBuffer
    from genba.session.engine import Engine
    from genba.wire.counts import Counts

log = logging.getLogger(__name__)
HOLD = 600.0  # seconds that a broken camera's seat waits for it
LOOK_EVERY = 0.25  # seconds between two looks at the seats
PATIENCE = 2.0  # seconds that a camera gets to send its full size for a still
START_KBPS = 2500
NAMELESS = {"ja": "カメラ", "en": "Camera"}  # the picture's label adds the number


class Cameras:
    """On the event loop. Async context manager; leaving it ends every link."""

    def __init__(self, engine: Engine) -> None:
        """Make the order's number of empty seats."""
        self.seats = [Seat(n, engine.clock) for n in range(1, engine.order.slots + 1)]
        for seat in self.seats:
            seat.frames.note = engine.latency.note
        if engine.order.resume is not None:
            for kept in engine.order.resume.seats:
                self.seats[kept.n - 1].restore(kept)
        self._engine = engine
        self._mixer = engine.mixer
        self._events = engine.events
        self._nameless = NAMELESS.get(engine.order.language, NAMELESS["en"])
        self._links: dict[str, tuple[CameraLink, Ticket, Seat | None]] = {}
        self._watching: dict[str, asyncio.Task[None]] = {}
        self._shown: list[tuple[object, ...]] = []
        self._tally = Tally()
        self._sizing = Sizing()
        self._closing = EndReason.SESSION_ENDED
        self._closed = False

    async def __aenter__(self) -> Self:
        """Show the empty seats and begin to look after them."""
        self._engine.taps.request_key = self._request_key
        self._show()
        self._looker = asyncio.create_task(self._look(), name="cameras:look")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """End every link."""
        self._closed = True
        self._looker.cancel()
        await asyncio.gather(self._looker, return_exceptions=True)
        await asyncio.gather(*(link.close(self._closing) for link, _, _ in self._links.values()))
        await asyncio.gather(*self._watching.values())

    def closing(self, reason: EndReason) -> None:
        """Say why links will end when this is left."""
        self._closing = reason

    async def publish(self, ticket: Ticket, offer: str) -> CameraLink:
        """Answer a camera's or a microphone's offer.

        The same ticket coming back takes its old seat and ends its old link. Raises
        ``session.full``, ``offer.*``, and ``ticket.invalid`` for a guest.
        """
        if self._closed:
            raise GenbaError("session.ended")
        if ticket.kind is TicketKind.GUEST:
            raise GenbaError("ticket.invalid", "A viewer's link cannot send.")
        seats = (TicketKind.CAMERA, TicketKind.TEST)
        seat = self._seat_for(ticket) if ticket.kind in seats else None
        frames = seat.frames if seat is not None else FrameSlot()
        taps = self._engine.taps
        source = Source(ticket.id, seat) if seat is not None else None
        link = await CameraLink.open(
            self._engine.socket,
            offer,
            self._engine.media,
            frames,
            start_kbps=START_KBPS,
            on_unit=partial(taps.unit, source) if source is not None else None,
            on_sound=partial(taps.heard, source) if source is not None else None,
            on_sound_only=seat is None,
            wanted=self._engine.layers.wanted,
            warm=WARM,
        )
        if seat is not None and not self._may_sit(seat, ticket):
            await link.close(EndReason.REFUSED)  # another one was quicker while we answered
            raise GenbaError("session.full")
        if seat is not None:  # before the old link ends, so that nobody else gets its seat
            seat.take(ticket.id, ticket.name or self._nameless)
            seat.link = link
        self._links[link.peer.id] = (link, ticket, seat)
        self._watching[link.peer.id] = asyncio.create_task(
            self._watch(link, ticket, seat), name=f"camera:{link.peer.id}"
        )
        self._show()
        await self._replace(link, ticket)
        return link

    def link(self, peer: str, ticket: Ticket) -> CameraLink:
        """Return one's own open link; raises ``link.unknown``."""
        found = self._links.get(peer)
        if found is None or found[1].id != ticket.id or found[1].kind is not ticket.kind:
            raise GenbaError("link.unknown")
        return found[0]

    def counts(self) -> Counts:
        """Return what all links, also those that are gone, have counted."""
        return self._tally.total(link.counts() for link, _, _ in self._links.values())

    def connections(self) -> list[Connection]:
        """Return the links that send, and what protects each."""
        found = []
        for link, ticket, seat in self._links.values():
            stats = link.stats()
            found.append(
                Connection(
                    way="in",
                    kind=ticket.kind.word,
                    name=seat.name if seat is not None else ticket.name,
                    codec=stats.codec,
                    rtt_ms=stats.rtt_ms,
                    cipher=stats.cipher,
                )
            )
        return found

    def _request_key(self, camera: str) -> None:
        seat = self.seat_of(camera)
        if seat is not None and seat.link is not None:
            seat.link.request_key()

    def seat_of(self, camera: str) -> Seat | None:
        """Return the seat that a camera has."""
        return next((s for s in self.seats if s.camera == camera), None)

    def seat(self, n: int) -> Seat:
        """Return seat ``n``; raises ``request.invalid`` beyond the session's slots."""
        if not 1 <= n <= len(self.seats):
            raise GenbaError("request.invalid", f"There are {len(self.seats)} slots.")
        return self.seats[n - 1]

    async def full_size(self, n: int) -> None:
        """Have a camera that was asked to send a small picture send a large one.

        Returns when it is there, or after ``PATIENCE``: not every camera does as it is asked.
        """
        seat = self.seat(n)
        if seat.camera is None or seat.lines != SMALL:
            return
        with self._sizing.full(seat.camera):
            self._size()
            try:
                async with asyncio.timeout(PATIENCE):
                    while (frame := seat.frames.frame) and min(frame.width, frame.height) <= SMALL:  # noqa: ASYNC110  put by a thread
                        await asyncio.sleep(0.02)
            except TimeoutError:
                log.info("camera %s sent no larger picture in time", seat.camera)

    def _size(self) -> None:
        """Look at what size each camera is worth, and have its page told when that is new."""
        engine, view = self._engine, self._engine.order.view
        taken = [s.camera for s in self.seats if s.camera is not None]
        kept = [c for c in taken if engine.taps.recording or engine.taps.looked(c)]
        sizes = {(view.width, view.height), *engine.layers.sizes()}
        if self._sizing.look(
            self.seats, engine.compositor.layout, sizes, kept, engine.media.monotonic()
        ):
            self._events.changed()

    def rename(self, n: int, name: str) -> None:
        """Give the camera of a seat another name, in the picture too."""
        seat = self.seat(n)
        if seat.camera is None:
            raise GenbaError("not_found")
        seat.name = name
        self._show()

    def taken(self, n: int) -> str:
        """Return the camera of a seat; raises ``not_found`` when it is free."""
        camera = self.seat(n).camera
        if camera is None:
            raise GenbaError("not_found")
        return camera

    async def end(self, ticket: str) -> None:
        """End all links of a ticket and free its seat; quiet where there is none."""
        for link, owner, _ in list(self._links.values()):
            if owner.id == ticket:
                await link.close(EndReason.STOPPED)
        seat = self.seat_of(ticket)
        if seat is not None and seat.link is None:
            self._leave(seat, EndReason.STOPPED)

    def pause(self, camera: str, *, paused: bool) -> None:
        """Hear from a camera's page that it paused, or goes on."""
        seat = self.seat_of(camera)
        if seat is not None:
            seat.paused = paused
            self._show()

    def _seat_for(self, ticket: Ticket) -> Seat:
        """Choose: its old seat, the one that it was invited to, the first free one."""
        old = self.seat_of(ticket.id)
        if old is not None:
            return old
        free = [s for s in self.seats if s.camera is None]
        if not free:
            raise GenbaError("session.full", f"{len(self.seats)} cameras are connected.")
        return next((s for s in free if s.n == ticket.slot), free[0])

    def _may_sit(self, seat: Seat, ticket: Ticket) -> bool:
        return seat.camera in (None, ticket.id)

    async def _replace(self, newest: CameraLink, ticket: Ticket) -> None:
        """End the older links of a ticket."""
        for link, owner, _ in list(self._links.values()):
            if link is not newest and owner.id == ticket.id and owner.kind is ticket.kind:
                await link.close(EndReason.REPLACED)

    async def _watch(self, link: CameraLink, ticket: Ticket, seat: Seat | None) -> None:
        """Follow one link from its answer to its end."""
        source = f"{ticket.kind.value}:{ticket.id}"
        sound = link.sound
        if sound is not None:
            self._hear(source, sound, supporter=seat is None)
        picture = asyncio.create_task(link.first_picture.wait(), name="camera:first-picture")
        ended = asyncio.create_task(link.peer.closed.wait(), name="camera:ended")
        try:
            await asyncio.wait((picture, ended), return_when=asyncio.FIRST_COMPLETED)
            if seat is not None and link.first_picture.is_set() and seat.link is link:
                self._join(seat)
            await ended
        finally:
            picture.cancel()
            ended.cancel()
            self._links.pop(link.peer.id, None)
            self._tally.gone(link.counts())
            self._watching.pop(link.peer.id, None)
            if sound is not None and not self._replaced(ticket):
                self._mixer.remove_input(source)
            if seat is not None and seat.link is link:
                self._ended(seat, link.peer.reason)
            await link.close(link.peer.reason)  # joins the decode thread, off the loop

    def _replaced(self, ticket: Ticket) -> bool:
        return any(t.id == ticket.id and t.kind is ticket.kind for _, t, _ in self._links.values())

    def _hear(self, source: str, sound: SoundBuffer, *, supporter: bool) -> None:
        self._mixer.remove_input(source)
        self._mixer.add_input(source, sound, supporter=supporter)

    def _join(self, seat: Seat) -> None:
        if not seat.joined and seat.camera is not None:
            seat.joined = True
            self._events.say(CameraJoined(camera=seat.camera, slot=seat.n, name=seat.name))
        self._show()

    def _ended(self, seat: Seat, reason: EndReason) -> None:
        """Free the seat of a camera that said goodbye; keep that of one that broke off."""
        seat.link = None
        seat.left_at = time.monotonic()
        log.info("camera %s: link ended (%s)", seat.camera, reason)
        if reason in (EndReason.LEFT, EndReason.STOPPED, EndReason.REFUSED, self._closing):
            self._leave(seat, reason)
        elif not seat.joined:
            self._leave(seat, EndReason.FAILED)
        self._show()

    def _leave(self, seat: Seat, reason: EndReason) -> None:
        if seat.joined and seat.camera is not None:
            self._events.say(
                CameraLeft(camera=seat.camera, slot=seat.n, name=seat.name, reason=reason)
            )
        seat.free()
        self._show()

    def _show(self) -> None:
        """Tell compositor and screens, when something that they show is new."""
        sources = [s.source() for s in self.seats]
        shown: list[tuple[object, ...]] = [
            (s.name, s.state, s.last_picture if s.state is CameraState.LOST else None)
            for s in sources
        ]
        if shown != self._shown:
            self._shown = shown
            self._engine.compositor.set_sources(sources)
            self._events.changed()

    async def _look(self) -> None:
        while True:
            try:
                self._look_once()
            except Exception:
                log.exception("looking after the cameras failed; it goes on")
            await asyncio.sleep(LOOK_EVERY)

    def _look_once(self) -> None:
        for seat in self.seats:
            state = seat.look()
            if state is CameraState.LOST and seat.link is None:
                if time.monotonic() - seat.left_at > HOLD:
                    self._leave(seat, EndReason.LOST)
            elif state is CameraState.LIVE:
                self._join(seat)
        self._show()
        self._size()
        self._events.changed_slowly()
