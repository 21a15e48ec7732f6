"""From a codec's thread to the event loop."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

T = TypeVar("T")


class Handover(Generic[T]):
    """Carries items to the loop, in order, ``bound`` of them at most.

    Who puts looks at ``full`` before making another item, so that a loop that is behind costs
    pictures that were never encoded, not ones that later ones need.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, take: Callable[[T], None], bound: int
    ) -> None:
        """Have ``take`` called on the loop with each item."""
        self._loop = loop
        self._take = take
        self._bound = bound
        self._lock = threading.Lock()
        self._waiting: list[T] = []

    @property
    def full(self) -> bool:
        """Whether the loop is as far behind as it may be. Any thread."""
        return len(self._waiting) >= self._bound

    def put(self, item: T) -> bool:
        """Hand one over; False: the loop is behind or has ended, and the item is dropped."""
        with self._lock:
            if self.full:
                return False
            self._waiting.append(item)
            if len(self._waiting) > 1:
                return True  # a call is on its way already
        try:
            self._loop.call_soon_threadsafe(self._carry)
        except RuntimeError:  # the loop is closed
            return False
        return True

    def _carry(self) -> None:
        with self._lock:
            items, self._waiting = self._waiting, []
        for item in items:
            self._take(item)
