"""Packets as they come; pictures in order, each as soon as its last packet is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WINDOW = 2048  # packets


@dataclass(slots=True)
class Missing:
    """A packet that has not come, though a later one has."""

    since: float
    tries: int = 0
    asked: float = 0.0


@dataclass(frozen=True, slots=True)
class Whole:
    """All payloads of one RTP time."""

    ts: int
    payloads: list[bytes]


class Reorder:
    """Holds at most ``WINDOW`` packets; beyond that what is blocked is given up.

    Sequence numbers are extended ones. Event loop.
    """

    def __init__(self) -> None:
        """Begin with whatever packet comes first."""
        self._packets: dict[int, tuple[int, int, bytes]] = {}
        self._head: int | None = None
        self._high = 0
        self.missing: dict[int, Missing] = {}

    def insert(self, sequence: int, ts: int, marker: int, payload: bytes, now: float) -> bool:
        """Take a packet; False: it came twice, too late, or beyond the window."""
        if self._head is None:
            self._head, self._high = sequence, sequence - 1
        if sequence < self._head or sequence in self._packets:
            return False
        if sequence - self._head >= WINDOW:
            return False
        self.missing.pop(sequence, None)
        for gone in range(self._high + 1, sequence):
            self.missing[gone] = Missing(now)
        self._high = max(self._high, sequence)
        self._packets[sequence] = (ts, marker, payload)
        return True

    def overrun(self, sequence: int) -> bool:
        """Tell whether a packet lies beyond the window."""
        return self._head is not None and sequence - self._head >= WINDOW

    def whole(self) -> Iterator[Whole]:
        """Yield the pictures that are complete and in turn, and let them go."""
        while self._head is not None and (first := self._packets.get(self._head)):
            ts, marker, _ = first
            at = self._head
            payloads = []
            while (packet := self._packets.get(at)) and packet[0] == ts:
                payloads.append(packet[2])
                marker = packet[1]
                at += 1
                if marker:
                    break
            if not marker and at not in self._packets:
                return  # it is still arriving
            for sequence in range(self._head, at):
                del self._packets[sequence]
            self._head = at
            yield Whole(ts, payloads)

    def skip(self, begins: Callable[[bytes], bool]) -> None:
        """Give up what is blocked: go on at the next key picture that is here, or at the end."""
        head = self._head or 0
        later = sorted(sequence for sequence in self._packets if sequence > head)
        start = next((s for s in later if begins(self._packets[s][2])), self._high + 1)
        for sequence in [s for s in self._packets if s < start]:
            del self._packets[sequence]
        for sequence in [s for s in self.missing if s < start]:
            del self.missing[sequence]
        self._head = start

    def reset(self) -> None:
        """Forget everything: a new stream begins."""
        self._packets.clear()
        self.missing.clear()
        self._head = None
