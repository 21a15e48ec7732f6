"""How long the way takes at least."""

from __future__ import annotations

DRIFT = 3e-4  # seconds a second: how much slower than ours a sender's clock may run
JUMP = 2.0  # seconds: a clock that is off by more begins anew


class Fastest:
    """Follows the packets that travelled fastest: their delay is the way, the rest is jitter."""

    def __init__(self) -> None:
        """Begin with the first packet."""
        self.offset: float | None = None
        self._at = 0.0

    def follow(self, transit: float, now: float) -> float:
        """Take a packet's arrival less its sender's time; return what to add to that time."""
        if self.offset is None or abs(transit - self.offset) > JUMP:
            self.offset = transit
        else:
            self.offset = min(transit, self.offset + DRIFT * max(0.0, now - self._at))
        self._at = now
        return self.offset
