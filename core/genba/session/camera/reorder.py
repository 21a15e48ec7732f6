"""Packets as they come; pictures in order, each as soon as its last packet is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOW = 2048  # packets


@dataclass(slots=True)
class Missing:
    """A packet that has not come, though a later one has."""

    since: float
    tries: int = 0
    asked: float = float("-inf")


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
        self.missing: dict[int, Missing] = {}
        self._head: int | None = None  # the first packet of the picture at hand
        self._next = 0  # the first one that is not here
        self._high = 0
        self._ts = 0
        self._payloads: list[bytes] = []  # of the picture at hand, up to the first hole
        self._beyond: dict[int, tuple[int, int, bytes]] = {}  # what came from behind the hole
        self._whole: list[Whole] = []

    def insert(self, sequence: int, ts: int, marker: int, payload: bytes, now: float) -> bool:
        """Take a packet; False: it came twice, too late, or beyond the window."""
        if self._head is None:
            self._head = self._next = sequence
        if sequence == self._next and not self._beyond:  # as nearly always
            self._high = sequence
            self._append(ts, marker, payload)
            return True
        if sequence < self._next or sequence in self._beyond or self.overrun(sequence):
            return False
        self.missing.pop(sequence, None)
        for gone in range(max(self._high + 1, self._next), sequence):
            self.missing[gone] = Missing(now)
        self._high = max(self._high, sequence)
        self._beyond[sequence] = (ts, marker, payload)
        self._close()
        return True

    def overrun(self, sequence: int) -> bool:
        """Tell whether a packet lies beyond the window."""
        return self._head is not None and sequence - self._head >= WINDOW

    def whole(self) -> list[Whole]:
        """Return the pictures that are complete and in turn, and let them go."""
        whole = self._whole
        if whole:
            self._whole = []
        return whole

    def skip(self, begins: Callable[[bytes], bool]) -> None:
        """Give up what is blocked: go on at the next key picture that is here, or at the end."""
        found = (s for s in sorted(self._beyond) if begins(self._beyond[s][2]))
        self._go_on(next(found, max(self._high + 1, self._next)))

    def skip_to(self, is_key: Callable[[list[bytes]], bool]) -> bool:
        """Give up what is blocked if all of a later key picture is here; say whether it was."""
        run: list[bytes] = []
        begin = after = -1
        for sequence in sorted(self._beyond):
            ts, marker, payload = self._beyond[sequence]
            if not run or sequence != after or ts != self._beyond[begin][0]:
                begin, run = sequence, []
            run.append(payload)
            after = sequence + 1
            if marker:
                if is_key(run):
                    self._go_on(begin)
                    return True
                run = []
        return False

    def reset(self) -> None:
        """Forget everything: a new stream begins."""
        self.missing.clear()
        self._beyond.clear()
        self._payloads = []
        self._whole = []
        self._head = None

    def _append(self, ts: int, marker: int, payload: bytes) -> None:
        if self._payloads and ts != self._ts:
            self._finish()
        self._ts = ts
        self._payloads.append(payload)
        self._next += 1
        if marker:
            self._finish()

    def _finish(self) -> None:
        self._whole.append(Whole(self._ts, self._payloads))
        self._payloads = []
        self._head = self._next

    def _close(self) -> None:
        """Go on with what is here beyond a hole that is none any more."""
        while packet := self._beyond.pop(self._next, None):
            self._append(*packet)

    def _go_on(self, start: int) -> None:
        for gone in [sequence for sequence in self._beyond if sequence < start]:
            del self._beyond[gone]
        for gone in [sequence for sequence in self.missing if sequence < start]:
            del self.missing[gone]
        self._payloads = []
        self._head = self._next = start
        self._close()
