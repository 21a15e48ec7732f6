"""From a stream's RTP time to the session's media clock."""

from __future__ import annotations

DRIFT = 3e-4  # seconds a second: how much slower than ours a camera's clock may run
JUMP = 2.0  # seconds: a stream that is off by more begins anew


class Timeline:
    """Follows the packets that travelled fastest: their delay is the way, the rest is jitter."""

    def __init__(self, rate: int) -> None:
        """Take the RTP clock rate."""
        self._rate = rate
        self._offset: float | None = None
        self._last_ts = 0
        self._last = 0.0

    def moment(self, ts: int, arrival: float) -> float:
        """Return the media time of an extended RTP time; ``arrival`` is a media time too.

        Never goes back, and is never later than the arrival.
        """
        transit = arrival - ts / self._rate
        if self._offset is None or abs(transit - self._offset) > JUMP:
            self._offset = transit
        else:
            passed = max(0, ts - self._last_ts) / self._rate
            self._offset = min(transit, self._offset + DRIFT * passed)
        self._last_ts = ts
        self._last = max(self._last, ts / self._rate + self._offset)
        return min(self._last, arrival)
