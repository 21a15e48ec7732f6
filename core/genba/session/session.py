"""One live session: everything that an order becomes, made and unmade in order."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

from genba.api import EndReason, Layer, SessionInfo
from genba.fence import Fence
from genba.session.archive import Archive
from genba.session.audience import Audience
from genba.session.cameras import Cameras
from genba.session.compositor.compositor import Compositor
from genba.session.compositor.mixer import Mixer
from genba.session.encoder.layers import Layers
from genba.session.engine import Engine
from genba.session.events import EventHub
from genba.session.fencewatch import FenceWatch
from genba.session.latency import Arrivals, Latency, Painting
from genba.session.looks import Looks
from genba.session.mediaclock import MediaClock
from genba.session.memory import Memory
from genba.session.peer.socket import PeerSocket
from genba.session.publishing.links import Links
from genba.session.publishing.publications import Publications
from genba.session.publishing.snapshots import Snapshots
from genba.session.publishing.view import SessionView
from genba.session.taps import Taps
from genba.session.threads import Threads
from genba.session.viewers import Viewers
from genba.wire.counts import Counts
from genba.wire.event import SessionEnded
from genba.wire.resume import KeptTake, Resume
from genba.wire.state import CONNECTIONS, Figures, Layout, SessionState

if TYPE_CHECKING:
    from av import VideoFrame

    from genba.api import Publisher
    from genba.clock import Clock
    from genba.wire.order import Order

log = logging.getLogger(__name__)


class Session:
    """Async context manager, on the event loop; ``ended`` is set once somebody ended it."""

    def __init__(self, order: Order, publishers: dict[str, Publisher], clock: Clock) -> None:
        """Prepare; nothing runs before it is entered."""
        self.order = order
        self.publishers = publishers
        self.clock = clock
        self.info = SessionInfo(order.session, order.group, order.name, order.started_at)
        self.audience = Audience()
        self.events = EventHub(self.state, self.resume)
        self.layout = order.resume.layout if order.resume is not None else Layout()
        self.ended = asyncio.Event()
        self.reason = EndReason.SHUTDOWN
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Start all parts, the lowest first."""
        order, view, media = self.order, self.order.view, MediaClock()
        async with AsyncExitStack() as stack:
            stack.callback(self._last_word)
            self._memory = await stack.enter_async_context(Memory(order.memory_mb, self._die))
            self._threads = await stack.enter_async_context(Threads())
            fence = Fence(order.data, order.session, order.epoch)
            await stack.enter_async_context(FenceWatch(fence, self._die))
            socket = await stack.enter_async_context(PeerSocket(order.rtc))
            self._socket = socket
            mixer = Mixer(media)
            self.layers = Layers(view, media, mixer, asyncio.get_running_loop())
            self.latency = Latency()
            painting = Painting(self.latency, media, self.layers.put)
            self.layers.tell(painting.delivered)
            self.compositor = Compositor(
                view.width,
                view.height,
                view.fps,
                media,
                self.clock,
                order.language,
                painting.put,
                self.layers.sizes,
                self.layers.wanted,
            )
            taps = Taps()
            taps.add(Arrivals(self.latency, media))
            engine = Engine(
                order,
                self.clock,
                media,
                socket,
                mixer,
                self.layers,
                self.compositor,
                self.events,
                taps,
                self.latency,
            )
            self.archive = await stack.enter_async_context(Archive(engine))
            stack.push_async_callback(self.layers.close)
            mixer.start()
            stack.push_async_callback(asyncio.to_thread, mixer.stop)
            self.compositor.start()
            stack.push_async_callback(asyncio.to_thread, self.compositor.stop)
            self.links = Links(order, self.clock, self._link_ended)
            stack.push_async_callback(self.links.close)
            self.viewers = await stack.enter_async_context(Viewers(engine, self.links))
            self.cameras = await stack.enter_async_context(Cameras(engine))
            self.looks = await stack.enter_async_context(Looks(engine, self.cameras))
            self.snapshots = Snapshots(self.picture, media)
            seen = SessionView(
                self.info, self.layers, self.links, self.compositor.latest, self.picture
            )
            self.publications = Publications(seen.for_publication, self.clock, self.events.changed)
            stack.push_async_callback(self.publications.close)
            stack.callback(self.events.observe(self.audience.wake))
            await self._go_on()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Tell everybody, then end all parts, the highest first; recordings are finished."""
        self.cameras.closing(self.reason)
        if self.archive.recording.running:
            self.archive.stop()  # finishes while the rest ends
        asked = self.reason is EndReason.STOPPED  # to a page, "stopped" means its own link
        self.audience.end(EndReason.SESSION_ENDED if asked else self.reason)
        await self._stack.aclose()

    def end(self, reason: EndReason) -> None:
        """Have the session end soon; the first reason counts."""
        if not self.ended.is_set():
            self.reason = reason
            self.ended.set()

    async def _go_on(self) -> None:
        """Take up what an earlier epoch has left."""
        resume = self.order.resume
        if resume is None:
            return
        self.compositor.set_layout(self.layout)
        if resume.take is not None:
            await self.archive.resume(resume.take)
        for kept in resume.publications:
            publisher = self.publishers.get(kept.kind)
            if publisher is None:
                log.warning("%s is not there any more: its publication ends", kept.kind)
            else:
                self.publications.resume(publisher, kept)

    def resume(self) -> Resume:
        """Return what the next epoch would go on with, should this process die now."""
        recording = self.archive.recording
        take = None
        if recording.running and recording.id and recording.since:
            take = KeptTake(id=recording.id, since=recording.since)
        return Resume(
            layout=self.layout,
            seats=tuple(kept for seat in self.cameras.seats if (kept := seat.kept())),
            publications=self.publications.kept(),
            take=take,
        )

    def set_layout(self, layout: Layout) -> None:
        """Lay the view out anew from the next picture on; the encoder goes on."""
        self.layout = layout
        self.compositor.set_layout(layout)
        self.events.changed()

    async def picture(self) -> VideoFrame | None:
        """Return the view as it is now, also where nothing is painted while nobody looks."""
        self.layers.want()
        return await self.compositor.picture()

    def state(self) -> SessionState:
        """Return what is true now."""
        order = self.order
        return SessionState(
            session=order.session,
            epoch=order.epoch,
            name=order.name,
            group=order.group,
            started_at=order.started_at,
            width=order.view.width,
            height=order.view.height,
            layout=self.layout,
            slots=[seat.wire() for seat in self.cameras.seats],
            recording=self.archive.recording,
            publications=self.publications.list(),
            connections=[
                *self.cameras.connections(),
                *self.looks.connections(),
                *self.viewers.connections(),
            ][:CONNECTIONS],
            watching=self.audience.watching(),
            figures=self.figures(),
        )

    def figures(self) -> Figures:
        """Return how the engine does."""
        stats = self.layers.video(Layer.H264).stats()
        return Figures(
            fps=round(self.compositor.fps, 1),
            ticks=self.compositor.ticks,
            late_ticks=self.compositor.late,
            encoder_kbps=stats.kbps,
            key_frames=stats.key_frames,
            viewers=len(self.viewers),
            looks=len(self.looks),
            memory_mb=self._memory.megabytes,
            cpu_seconds={group: round(s, 3) for group, s in self._threads.seconds.items()},
            latency=self.latency.spreads(),
            counts=self.counts(),
        )

    def counts(self) -> Counts:
        """Return what was counted from the beginning."""
        own = Counts(socket_dropped=self._socket.dropped, encoder_dropped=self.layers.dropped)
        links = (self.cameras.counts(), self.viewers.counts(), self.looks.counts())
        return Counts.sum((own, *links))

    def crowded(self) -> bool:
        """Say whether memory is too short for anybody more."""
        return self._memory.crowded

    def _die(self) -> None:
        """Die at once, as a crash would: what is written is whole, and the next epoch goes on.

        Closing in order may need the memory that is short, and would tell pages that all is over.
        """
        os.kill(os.getpid(), signal.SIGKILL)

    def _last_word(self) -> None:
        self.events.say(SessionEnded(reason=self.reason))
        self.events.close()

    async def end_bearer(self, ticket: str) -> None:
        """End all that a ticket's bearer has open, and free its slot."""
        self.audience.end(EndReason.STOPPED, ticket)
        await self.cameras.end(ticket)
        await self.viewers.end(ticket, EndReason.STOPPED)
        await self.looks.end(ticket, EndReason.STOPPED)

    async def _link_ended(self, link: str, reason: EndReason) -> None:
        self.audience.end(reason.value, link)
        await self.viewers.end(link, reason)
