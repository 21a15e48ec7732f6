"""How an encoder does."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

WINDOW = 2.0  # seconds that rates are measured over


@dataclass(frozen=True, slots=True)
class Rates:
    """Of the last two seconds: pictures a second, kbit/s, the share of one core, and delay.

    ``delay`` is the mean of the seconds from a picture's time to its packet on the loop.
    """

    fps: float = 0.0
    kbps: int = 0
    cpu: float = 0.0
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class VideoStats:
    """``pictures``, ``key_frames`` and ``dropped`` count from the beginning.

    What was dropped was never encoded: a newer picture came, or the event loop was behind.
    """

    running: bool
    rates: Rates
    pictures: int
    key_frames: int
    dropped: int

    @property
    def fps(self) -> float:
        """Pictures a second."""
        return self.rates.fps

    @property
    def kbps(self) -> int:
        """Bit rate in kbit/s."""
        return self.rates.kbps


@dataclass(frozen=True, slots=True)
class Noted:
    """One packet: when it came, when its picture was made, bytes, its thread's CPU so far."""

    moment: float
    taken: float
    size: int
    cpu: float


class Meter:
    """Rates over a moving window; one thread. All times are of one clock, in seconds."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._seen: deque[Noted] = deque()

    def clear(self) -> None:
        """Forget what was seen: the run is over."""
        self._seen.clear()

    def note(self, packet: Noted) -> None:
        """See one more."""
        self._seen.append(packet)
        self._forget(packet.moment)

    def rates(self, now: float) -> Rates:
        """Return what the last two seconds were like."""
        self._forget(now)
        if len(self._seen) < 2:  # noqa: PLR2004 (a rate needs two moments)
            return Rates()
        first, last, count = self._seen[0], self._seen[-1], len(self._seen)
        span = last.moment - first.moment
        if span <= 0:
            return Rates()
        size = sum(packet.size for packet in self._seen) - first.size
        delay = sum(packet.moment - packet.taken for packet in self._seen) / count
        return Rates(
            fps=round((count - 1) / span, 1),
            kbps=round(size * 8 / span / 1000),
            cpu=(last.cpu - first.cpu) / span,
            delay=delay,
        )

    def _forget(self, now: float) -> None:
        while self._seen and self._seen[0].moment < now - WINDOW:
            self._seen.popleft()
