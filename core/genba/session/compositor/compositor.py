"""The view's pace: one picture a tick, whether cameras deliver or not."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from fractions import Fraction
from typing import TYPE_CHECKING

from genba.session.compositor.asked import Asked
from genba.session.compositor.easel import Easel
from genba.session.compositor.phase import Phase
from genba.wire.state import CameraState, Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from av import VideoFrame

    from genba.clock import Clock
    from genba.session.compositor.source import Source
    from genba.session.mediaclock import MediaClock

log = logging.getLogger(__name__)

TIME_BASE = Fraction(1, 90_000)


class Compositor:
    """Paints on a thread of its own, ``fps`` times a second of the monotonic clock.

    ``sink(picture, time)`` is called on that thread at every tick with a yuv420p picture and the
    tick's media time, once for each size that is needed; it must be quick and must not write into
    the picture. Ticks follow each other at a fixed pace, except that all of them move by a few
    milliseconds a second, to come just after the most active camera's pictures (`Phase`).
    Ticks that could not be kept are left out and counted in ``late``; they are never made up for.
    What fails while painting or in the sink is logged, and the next tick comes all the same.
    """

    def __init__(  # noqa: PLR0917 (the view's measures, clocks and sink: each is needed once)
        self,
        width: int,
        height: int,
        fps: int,
        clock: MediaClock,
        wall: Clock,
        language: str,
        sink: Callable[[VideoFrame, float], None],
        sizes: Callable[[], Collection[tuple[int, int]]] = tuple,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Prepare; nothing runs before ``start``. ``wall`` is what the picture's clock shows.

        ``sizes`` tells, at each tick, which sizes besides the view's own the sink is to be given;
        ``wanted`` whether anybody needs a picture at all. Both are asked on the thread.
        """
        self._size = (width, height)
        self._sizes = sizes
        self._wanted = wanted
        self._period = 1 / fps
        self._clock = clock
        self._wall = wall
        self._language = language
        self._sink = sink
        self._sources: tuple[Source, ...] = ()
        self._layout = Layout()
        self._latest: VideoFrame | None = None
        self._asked = Asked()
        self._stopping = False
        self._poked = threading.Event()
        self._thread = threading.Thread(target=self._run, name="compositor", daemon=True)
        self._recent: deque[float] = deque(maxlen=fps + 1)
        self._phase = Phase(self._period)
        self._ailing = False
        self.idle = False  # nothing is painted, because nobody needs a picture
        self.ticks = 0
        self.late = 0

    def set_sources(self, sources: Sequence[Source]) -> None:
        """Show these slots from the next tick on. Any thread."""
        self._sources = tuple(sources)

    def set_layout(self, layout: Layout) -> None:
        """Lay the view out so from the next tick on. Any thread."""
        self._layout = layout

    @property
    def layout(self) -> Layout:
        """How the view is laid out. Any thread."""
        return self._layout

    def latest(self) -> VideoFrame | None:
        """Return the newest picture, which will not be written into any more. Any thread.

        It is old where the compositor is ``idle``.
        """
        return self._latest

    @property
    def asked(self) -> bool:
        """Whether somebody waits in ``picture``. Any thread."""
        return bool(self._asked)

    async def picture(self) -> VideoFrame | None:
        """Return a picture of now in the view's own size, painted for the asker where none is.

        Where cameras' pictures were not decoded either, it waits for those, a second at most. None
        when nothing has ever been painted in that time.
        """
        if not self.idle and self._latest is not None:
            return self._latest
        asking = self._asked.add(asyncio.get_running_loop(), time.monotonic())
        self.wake()
        return await asking

    def wake(self) -> None:
        """Have a thread that is ``idle`` look at once whether a picture is needed. Any thread."""
        self._poked.set()

    @property
    def fps(self) -> float:
        """Pictures a second, measured over the last second. Any thread."""
        recent = list(self._recent)
        if self.idle or len(recent) < 2:  # noqa: PLR2004 (a rate needs two moments)
            return 0.0
        return (len(recent) - 1) / (recent[-1] - recent[0])

    def start(self) -> None:
        """Start the thread; once."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it; blocks for a tick, so never on the event loop."""
        self._stopping = True
        self._poked.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._asked.give_up(self._latest)

    def _run(self) -> None:
        easel = Easel(*self._size, self._language)
        due = time.monotonic() + self._period
        while True:
            woken = self._poked.wait(max(0.0, due - time.monotonic()))
            self._poked.clear()
            if self._stopping:
                return
            if woken and self.idle:
                due = time.monotonic()  # a new beginning: whoever asks needs one at once
            elif woken:
                continue
            missed = max(0, int((time.monotonic() - due) / self._period))
            due += missed * self._period
            if self._needless():
                due += self._period
                continue
            self.late += missed
            self._tick(easel, due)
            due += self._period + self._phase.move(due)

    def _needless(self) -> bool:
        """Say whether nobody needs a picture at this tick."""
        needless = not (self._asked or self._wanted())
        if needless != self.idle:
            self._recent.clear()
            self.idle = needless
        return needless

    def _tick(self, easel: Easel, moment: float) -> None:
        at = self._clock.at(moment)
        sources = self._sources
        own = None
        try:
            for frame in easel.paint(self._sizes(), sources, self._layout, self._wall.now()):
                frame.pts, frame.time_base = round(at / TIME_BASE), TIME_BASE
                if own is None:
                    self._latest = own = frame
                self._sink(frame, at)
        except Exception:
            if not self._ailing:  # once per trouble, not thirty times a second
                log.exception("the view's picture failed")
            self._ailing = True
        else:
            self._ailing = False
        self.ticks += 1
        self._recent.append(time.monotonic())
        self._look(sources, own)

    def _look(self, sources: Sequence[Source], own: VideoFrame | None) -> None:
        """Note when cameras' pictures came, and answer those who wait for one of now."""
        for source in sources:
            if source.state is CameraState.LIVE:
                self._phase.arrived(source.n, source.slot.ready)
        if self._asked and own is not None:
            live = [s.slot.ready for s in sources if s.state is CameraState.LIVE]
            self._asked.answer(own, min(live, default=time.monotonic()))
