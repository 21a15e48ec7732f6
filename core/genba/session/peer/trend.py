"""Whether packets take longer and longer: a queue grows somewhere on the way.

The trendline filter of Google congestion control (draft-ietf-rmcat-gcc-02, section 5, with the
line fit that libwebrtc has had since): what the differences of one-way times add up to is
smoothed, a line is laid through the last ones, and its slope is held against a threshold that
adapts itself to the noise of the way.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

WINDOW = 20  # groups that the line is laid through
SMOOTHING = 0.9
GAIN = 4.0
MOST_GROUPS = 60
THRESHOLD, LOWEST, HIGHEST = 12.5, 6.0, 600.0  # ms
UP, DOWN = 0.0087, 0.039  # how fast the threshold follows
LONG_ENOUGH = 0.01  # seconds that it must be over


class Load(Enum):
    """What the way is under."""

    UNDER = auto()  # a queue empties
    NORMAL = auto()
    OVER = auto()  # a queue grows


class Trend:
    """Add groups of packets as they are reported, then ``judge`` once a report."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self.load = Load.NORMAL
        self._points: deque[tuple[float, float]] = deque(maxlen=WINDOW)  # arrival, smoothed delay
        self._last: tuple[float, float] | None = None
        self._delay = self._smoothed = 0.0  # ms
        self._groups = 0
        self._threshold = THRESHOLD
        self._judged = self._over_since = 0.0
        self._over = 0
        self._slope = 0.0

    def add(self, sent: float, arrived: float) -> None:
        """Take the last times of one group, in seconds of either side's clock."""
        if self._last is not None:
            more = (arrived - self._last[1]) - (sent - self._last[0])
            self._groups += 1
            self._delay += more * 1000
            self._smoothed = SMOOTHING * self._smoothed + (1 - SMOOTHING) * self._delay
            self._points.append((arrived, self._smoothed))
        self._last = (sent, arrived)

    def judge(self, now: float) -> Load:
        """Say what the way is under."""
        slope = self._fitted()
        strength = min(self._groups, MOST_GROUPS) * slope * GAIN
        if strength > self._threshold:
            self._over_since = self._over_since if self._over else now
            self._over += 1
            if self._over > 1 and now - self._over_since > LONG_ENOUGH and slope >= self._slope:
                self.load = Load.OVER
        else:
            self._over = 0
            self.load = Load.UNDER if strength < -self._threshold else Load.NORMAL
        self._slope = slope
        self._adapt(abs(strength), now)
        return self.load

    def _fitted(self) -> float:
        """Return ms of delay a ms."""
        count = len(self._points)
        if count < WINDOW // 2:
            return 0.0
        first = self._points[0][0]
        xs = ys = squares = products = 0.0
        for x, y in self._points:
            x -= first  # noqa: PLW2901  small numbers keep their digits
            xs += x
            ys += y
            squares += x * x
            products += x * y
        below = squares - xs * xs / count
        return (products - xs * ys / count) / below / 1000 if below > 0 else 0.0

    def _adapt(self, strength: float, now: float) -> None:
        passed = min((now - self._judged) * 1000, 100.0)
        self._judged = now
        if strength > self._threshold + 15:  # a sudden peak, a roaming phone's for one
            return
        follow = DOWN if strength < self._threshold else UP
        self._threshold += follow * (strength - self._threshold) * passed
        self._threshold = max(LOWEST, min(HIGHEST, self._threshold))
