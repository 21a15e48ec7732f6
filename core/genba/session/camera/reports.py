"""A stream's RTP time on its sender's wall clock, from sender reports (RFC 3550, 6.4.1)."""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.ma  # the first median would load it: 0.1 s of the event loop

KEPT = 64  # reports: one to five minutes
SPAN = 10.0  # seconds of reports from which on the clocks' rates are compared
FASTEST = 1e-3  # share by which they may differ; what is more is no clock
STEP = 0.25  # seconds off what the former reports say: a clock was set


class Reports:
    """A line through the reports of the last minutes that single odd ones do not bend.

    The RTP clock of sound is the sound card's, so its rate is not exactly that of the wall clock.
    """

    def __init__(self, rate: int) -> None:
        """Take the RTP clock rate."""
        self._rate = rate
        self._pairs: deque[tuple[float, float]] = deque(maxlen=KEPT)
        self._line = (0.0, 0.0, 1.0)

    def __bool__(self) -> bool:
        """Say whether there was any."""
        return bool(self._pairs)

    def wall(self, ts: int) -> float:
        """Return the sender's wall clock in seconds at an extended RTP time."""
        at, wall, slope = self._line
        return wall + (ts / self._rate - at) * slope

    def denies(self, wall: float, ts: int) -> bool:
        """Say whether a new report does not go with the former ones."""
        return bool(self._pairs) and abs(self.wall(ts) - wall) > STEP

    def add(self, wall: float, ts: int) -> None:
        """Take a report."""
        self._pairs.append((ts / self._rate, wall))
        at, walls = np.array(self._pairs).T
        slope = 1.0
        if np.ptp(at) >= SPAN:  # the median of all slopes (Theil and Sen)
            first, second = np.triu_indices(len(at), 1)
            apart = at[second] - at[first]
            far = np.abs(apart) > SPAN / 4
            slope = float(np.median((walls[second] - walls[first])[far] / apart[far]))
            slope = min(1 + FASTEST, max(1 - FASTEST, slope))
        middle = float(at.mean())
        self._line = (middle, float(np.median(walls - (at - middle) * slope)), slope)

    def clear(self) -> None:
        """Forget them."""
        self._pairs.clear()
