"""Packets in the order in which they were sent, for who cannot take them otherwise."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

WAITING = 12  # packets that wait for one before them; then that one is lost


class InOrder:
    """Hands packets on; what comes twice, or after its place was given up, is dropped."""

    def __init__(self, take: Callable[[bytes, float], None]) -> None:
        """Hand them to ``take``."""
        self._take = take
        self._waiting: list[tuple[int, bytes, float]] = []
        self._next: int | None = None

    def put(self, sequence: int, data: bytes, time: float) -> None:
        """Take one, with its extended sequence number."""
        if self._next is None:
            self._next = sequence
        if sequence >= self._next:
            heapq.heappush(self._waiting, (sequence, data, time))
        self._hand_on(WAITING)

    def flush(self) -> None:
        """Hand all on: a new stream begins, or none."""
        self._hand_on(0)
        self._next = None

    def _hand_on(self, most: int) -> None:
        waiting = self._waiting
        while waiting and (waiting[0][0] <= (self._next or 0) or len(waiting) > most):
            sequence, data, time = heapq.heappop(waiting)
            if self._next is not None and sequence >= self._next:
                self._next = sequence + 1
                self._take(data, time)
