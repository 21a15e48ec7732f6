"""Whether a viewer shows each picture at once, or holds pictures back so that they come evenly.

A browser left to itself holds every picture back by some 25 ms. Where packets are lost and the way
is long, that is worth it: a picture whose packet has to come again is then not seen to hesitate.
"""

from __future__ import annotations

from collections import deque

LONG = 0.030  # seconds of round trip; what a shorter way loses is there again before it is missed
LOSSES, WITHIN = 3, 5.0  # requests for lost packets, in so many seconds, are more than chance
CALM = 20.0  # seconds without such trouble until pictures are shown at once again


class Smoothing:
    """One viewer's; moments are in seconds of any steady clock."""

    def __init__(self) -> None:
        """Begin without trouble."""
        self._asked: deque[float] = deque(maxlen=LOSSES)
        self._until = float("-inf")

    def lost(self, now: float, round_trip: float | None) -> None:
        """Hear that packets have to come again."""
        if round_trip is None or round_trip < LONG:
            return
        self._asked.append(now)
        if len(self._asked) == LOSSES and now - self._asked[0] <= WITHIN:
            self._until = now + CALM

    def wanted(self, now: float) -> bool:
        """Tell whether pictures had better be held back."""
        return now < self._until
