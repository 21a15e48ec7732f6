"""What waits for the disk."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Backlog(Generic[T]):
    """A queue bounded by bytes; put from any thread, taken by one. Nothing is dropped silently."""

    def __init__(self, most: int) -> None:
        """Let at most ``most`` bytes wait."""
        self._most = most
        self._items: deque[tuple[T, int]] = deque()
        self._bytes = 0
        self._closed = False
        self._change = threading.Condition()

    def put(self, item: T, size: int) -> bool:
        """Add an item of ``size`` bytes; False when there is no room or it is closed."""
        with self._change:
            if self._closed or self._bytes + size > self._most:
                return False
            self._items.append((item, size))
            self._bytes += size
            self._change.notify()
            return True

    def take(self) -> T | None:
        """Return the oldest, waiting for it; None once it is closed and empty."""
        with self._change:
            while not self._items and not self._closed:
                self._change.wait()
            if not self._items:
                return None
            item, size = self._items.popleft()
            self._bytes -= size
            return item

    def close(self, *, discard: bool = False) -> None:
        """Take nothing more; what waits is still given out, unless discarded."""
        with self._change:
            self._closed = True
            if discard:
                self._items.clear()
                self._bytes = 0
            self._change.notify_all()
