"""How many pictures a second come."""

from __future__ import annotations

import collections
import threading

OVER = 2.0  # seconds that are looked back at
_MOST = 256


class Rate:
    """Noted on one thread, read on any; moments are those of ``time.monotonic()``."""

    def __init__(self) -> None:
        """Begin without any."""
        self.last: float | None = None  # the newest one's moment
        self._lock = threading.Lock()
        self._recent: collections.deque[float] = collections.deque(maxlen=_MOST)

    def note(self, now: float) -> None:
        """Count one."""
        with self._lock:
            self._recent.append(now)
        self.last = now

    def fps(self, now: float) -> float:
        """Return the rate of the last seconds."""
        with self._lock:
            recent = [moment for moment in self._recent if now - moment < OVER]
            whole = len(self._recent) == _MOST or bool(recent and recent[0] != self._recent[0])
        if len(recent) < 2:  # noqa: PLR2004
            return 0.0
        return len(recent) / (OVER if whole else max(0.5, now - recent[0]))
