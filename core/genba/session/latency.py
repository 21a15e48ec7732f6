"""How long a picture takes on each part of its way."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from genba.wire.latency import Spread, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from av import VideoFrame

    from genba.api import Packet
    from genba.session.camera.unit import AccessUnit
    from genba.session.mediaclock import MediaClock
    from genba.session.taps import Source

SPAN = 5.0  # seconds that figures look back
AGAIN = 0.5  # seconds that figures which were made are good for
KEPT = 1024  # notes of one stage: six seconds of five cameras
_RATE = 90_000
_JUMP = 2.0  # seconds
_TICKS = 32  # that are remembered until their packets come


class Latency:
    """Notes cost a microsecond and may come from any thread; the sums are made for who asks."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing known."""
        self._now = monotonic
        self._notes: dict[Stage, deque[tuple[float, float]]] = {
            stage: deque(maxlen=KEPT) for stage in Stage
        }
        self._made: dict[Stage, Spread] = {}
        self._made_at = float("-inf")

    def note(self, stage: Stage, seconds: float) -> None:
        """Note that a picture took so long. Any thread."""
        self._notes[stage].append((self._now(), seconds))

    def spreads(self) -> dict[Stage, Spread]:
        """Return mean and 95th percentile of the stages that any picture has passed lately."""
        now = self._now()
        if now - self._made_at >= AGAIN:
            self._made_at = now
            self._made = {
                stage: _spread(lately)
                for stage, notes in self._notes.items()
                if (lately := [s for at, s in notes.copy() if now - at < SPAN])
            }
        return self._made


class Arrivals:
    """A listener that notes what the network and the wait for late packets have cost.

    Nobody can tell how long the fastest picture was on its way: half the round trip stands for it,
    and each picture counts as late as it came after the fastest one of the last seconds.
    """

    def __init__(self, latency: Latency, clock: MediaClock) -> None:
        """Note in ``latency``."""
        self._latency = latency
        self._clock = clock
        self._ways: dict[int, _Way] = {}  # by seat

    def unit(self, source: Source, unit: AccessUnit) -> None:
        """Note a picture that is whole and in turn."""
        now = self._clock.monotonic()
        way = self._ways.get(source.seat.n)
        if way is None or way.source is not source:
            self._ways[source.seat.n] = way = _Way(source)
        link = source.seat.link
        trip = link.peer.rtt if link is not None else None
        late = way.late(now - unit.ts / _RATE, now)
        self._latency.note(Stage.NETWORK, late + (trip or 0.0) / 2)

    def heard(self, source: Source, data: bytes, time: float) -> None:
        """Let sound be."""


class _Way:
    """The way of one link's pictures: the least that it took in this span and the one before.

    The fastest of all times is no measure: clocks drift, and the first pictures of a camera may
    have been quick as no later one is.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._least = self._former = float("inf")
        self._until = float("-inf")

    def late(self, took: float, now: float) -> float:
        """Return how much longer it took than at best; a clock that jumped begins anew."""
        if took - min(self._least, self._former) > _JUMP:
            self._least = self._former = float("inf")
        if now >= self._until:
            self._until = now + SPAN
            self._former, self._least = self._least, took
        self._least = min(self._least, took)
        return took - min(self._least, self._former)


class Painting:
    """Stands between compositor and encoders, and notes what either takes.

    ``put`` is the compositor's sink, on its thread; ``delivered`` is told by the encoders' layers,
    on the event loop.
    """

    def __init__(
        self, latency: Latency, clock: MediaClock, sink: Callable[[VideoFrame, float], None]
    ) -> None:
        """Hand pictures on to ``sink``."""
        self._latency = latency
        self._clock = clock
        self._sink = sink
        self._painted: dict[int, float] = {}  # when, by the tick in RTP units

    def put(self, frame: VideoFrame, moment: float) -> None:
        """Hand a picture on; of a tick's several sizes the first one counts."""
        tick, now = round(moment * _RATE), self._clock.now()
        if tick not in self._painted:
            self._latency.note(Stage.COMPOSE, max(0.0, now - moment))
            self._painted[tick] = now
            if len(self._painted) > _TICKS:
                del self._painted[next(iter(self._painted))]
        self._sink(frame, moment)

    def delivered(self, packet: Packet, came: float, sent: float) -> None:
        """Hear of a picture that came to the loop, and then was sent to all, on the media clock."""
        painted = self._painted.get(round(packet.time * _RATE))
        if painted is not None:
            self._latency.note(Stage.ENCODE, came - painted)
        self._latency.note(Stage.SEND, sent - came)


def _spread(seconds: list[float]) -> Spread:
    seconds.sort()
    rank = -(-len(seconds) * 95 // 100) - 1
    return Spread(
        mean_ms=round(sum(seconds) / len(seconds) * 1000, 1),
        p95_ms=round(seconds[rank] * 1000, 1),
    )
