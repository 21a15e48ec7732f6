"""What was sent lately, in case a viewer did not get it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

KEPT = 2.0  # seconds: some clients ask again only at their next loss
MOST = 4096  # packets; a quarter of what sequence numbers can tell apart


@dataclass(slots=True)
class Sent:
    """One burst: its packets have the sequence numbers from ``first`` on.

    ``stamps``: the extensions and the transport-wide number that each left with, where they are to
    go again just as they were.
    """

    at: float
    first: int
    timestamp: int
    payloads: list[bytes]
    stamps: list[tuple[bytes, int]] | None = None
    again: dict[int, float] | None = None  # index: when it was last sent again


class History:
    """Bursts of the last two seconds, the oldest going first; payloads are shared, not copied."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._bursts: deque[Sent] = deque()
        self._packets = 0

    def add(self, burst: Sent) -> None:
        """Keep one more, and drop what is too old or too much."""
        self._bursts.append(burst)
        self._packets += len(burst.payloads)
        while self._bursts[0].at < burst.at - KEPT or (
            self._packets > MOST and len(self._bursts) > 1
        ):
            self._packets -= len(self._bursts.popleft().payloads)

    def find(self, sequence: int) -> tuple[Sent, int] | None:
        """Return the burst that a packet was in, and its index there."""
        for burst in reversed(self._bursts):
            index = (sequence - burst.first) & 0xFFFF
            if index < len(burst.payloads):
                return burst, index
        return None

    def latest(self) -> Sent | None:
        """Return the burst that was sent last."""
        return self._bursts[-1] if self._bursts else None

    def clear(self) -> None:
        """Forget everything."""
        self._bursts.clear()
        self._packets = 0
