"""The view's pace: one picture a tick, whether cameras deliver or not."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from fractions import Fraction
from typing import TYPE_CHECKING

from genba.session.compositor.canvases import Canvases
from genba.session.compositor.painter import Painter
from genba.wire.state import Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from av import VideoFrame

    from genba.clock import Clock
    from genba.session.compositor.source import Source
    from genba.session.mediaclock import MediaClock

log = logging.getLogger(__name__)

TIME_BASE = Fraction(1, 90_000)


class Compositor:
    """Paints on a thread of its own at ticks ``t0 + n / fps`` of the monotonic clock.

    ``sink(picture, time)`` is called on that thread at every tick with a yuv420p picture and the
    tick's media time; it must be quick and must not write into the picture. Ticks that could not
    be kept are left out and counted in ``late``; they are never made up for. What fails while
    painting or in the sink is logged, and the next tick comes all the same.
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
        ``wanted`` whether anybody needs a picture at all.
        """
        self._size = (width, height)
        self._sizes = sizes
        self._wanted = wanted
        self._rate = fps
        self._clock = clock
        self._wall = wall
        self._language = language
        self._sink = sink
        self._sources: tuple[Source, ...] = ()
        self._layout = Layout()
        self._latest: VideoFrame | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="compositor", daemon=True)
        self._recent: deque[float] = deque(maxlen=fps + 1)
        self._ailing = False
        self.ticks = 0
        self.late = 0

    def set_sources(self, sources: Sequence[Source]) -> None:
        """Show these slots from the next tick on. Any thread."""
        self._sources = tuple(sources)

    def set_layout(self, layout: Layout) -> None:
        """Lay the view out so from the next tick on. Any thread."""
        self._layout = layout

    def latest(self) -> VideoFrame | None:
        """Return the newest picture, which will not be written into any more. Any thread."""
        return self._latest

    @property
    def fps(self) -> float:
        """Pictures a second, measured over the last second. Any thread."""
        recent = list(self._recent)
        if len(recent) < 2:  # noqa: PLR2004 (a rate needs two moments)
            return 0.0
        return (len(recent) - 1) / (recent[-1] - recent[0])

    @property
    def idle(self) -> bool:
        """Whether nothing is painted because nobody needs a picture. Any thread."""
        return not self._wanted()

    async def picture(self) -> VideoFrame | None:
        """Return a picture of now in the view's own size, painted for the asker if need be."""
        return self.latest()

    def start(self) -> None:
        """Start the thread; once."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it; blocks for a tick, so never on the event loop."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        painter = Painter(*self._size, self._language)
        canvases = Canvases(*self._size)
        start, n = time.monotonic(), 0
        while not self._stopping.is_set():
            n += 1
            wait = start + n / self._rate - time.monotonic()
            if wait < -1 / self._rate:
                missed = int(-wait * self._rate)
                n += missed
                self.late += missed
            elif wait > 0 and self._stopping.wait(wait):
                return
            self._tick(painter, canvases, start + n / self._rate)

    def _tick(self, painter: Painter, canvases: Canvases, moment: float) -> None:
        canvas = canvases.take()
        at = self._clock.at(moment)
        canvas.pts, canvas.time_base = round(at / TIME_BASE), TIME_BASE
        try:
            painter.paint(canvas, self._sources, self._layout, self._wall.now())
            self._latest = canvas
            self._sink(canvas, at)
        except Exception:
            if not self._ailing:  # once per trouble, not thirty times a second
                log.exception("the view's picture failed")
            self._ailing = True
        else:
            self._ailing = False
        self.ticks += 1
        self._recent.append(time.monotonic())
