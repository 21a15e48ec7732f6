"""How fast somebody may talk."""

from __future__ import annotations

import time


class Bucket:
    """A token bucket: ``burst`` at once, ``rate`` a second for ever."""

    def __init__(self, rate: float, burst: float) -> None:
        """Begin full."""
        self._rate = rate
        self._burst = self._left = burst
        self._at = time.monotonic()

    def take(self) -> bool:
        """Take one; False where there is none."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
