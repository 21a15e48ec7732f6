"""One clock for every stream of a session."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970 (RFC 3550, section 4)


class MediaClock:
    """Seconds since the session began; every sender report and file timestamp derives from it.

    The wall clock is read once: a later step of it cannot tear sound from picture. Any thread.
    """

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Begin now."""
        self.monotonic = monotonic
        self._wall = wall() + NTP_EPOCH
        self._start = monotonic()

    def now(self) -> float:
        """Return seconds since the beginning."""
        return self.monotonic() - self._start

    def at(self, monotonic: float) -> float:
        """Return the media time of a reading of ``monotonic``, by default ``time.monotonic()``."""
        return monotonic - self._start

    def wall(self, moment: float) -> float:
        """Return the Unix time of a media time."""
        return self._wall - NTP_EPOCH + moment

    def ntp(self, moment: float) -> int:
        """Return the 64-bit NTP timestamp of a media time, for sender reports."""
        return int((self._wall + moment) * 2**32) & (2**64 - 1)
