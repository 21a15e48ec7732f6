"""From one source to many sinks, none of which can hurt another."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
S = TypeVar("S")


class Sink(Protocol[T_contra]):
    """Takes what flows; on the event loop, without blocking. Raising ends it, and it alone."""

    def push(self, item: T_contra, /) -> None:
        """Take one item."""
        ...


def _nothing() -> None:
    """Do nothing: nobody asked to be told."""


class Fanout(Generic[T]):
    """Sinks in the order they came; all on the event loop.

    ``on_first`` is called when a sink joins an empty fan-out, ``on_last`` when the last one has
    left, ``on_add`` after any has joined. A sink that raises is removed and logged.
    """

    def __init__(
        self,
        *,
        on_first: Callable[[], None] = _nothing,
        on_last: Callable[[], None] = _nothing,
        on_add: Callable[[], None] = _nothing,
    ) -> None:
        """Begin without sinks."""
        self._sinks: dict[Sink[T], None] = {}
        self._shared: dict[object, object] = {}
        self._on_first = on_first
        self._on_last = on_last
        self._on_add = on_add

    def __len__(self) -> int:
        """Return the number of sinks."""
        return len(self._sinks)

    def __bool__(self) -> bool:
        """Be true also without sinks: it is a thing, not a list."""
        return True

    def add(self, sink: Sink[T]) -> None:
        """Push to ``sink`` from the next item on; once, however often it is added."""
        if sink in self._sinks:
            return
        self._sinks[sink] = None
        if len(self._sinks) == 1:
            self._on_first()
        self._on_add()

    def remove(self, sink: Sink[T]) -> None:
        """Push no more to it; nothing happens where it is not there."""
        if sink in self._sinks:
            del self._sinks[sink]
            if not self._sinks:
                self._on_last()

    def push(self, item: T) -> None:
        """Give one item to every sink."""
        for sink in tuple(self._sinks):
            try:
                sink.push(item)
            except Exception:
                log.exception("%s failed and is removed", type(sink).__name__)
                self.remove(sink)

    def shared(self, kind: Callable[[Fanout[T]], S]) -> S:
        """Return what ``kind`` makes of this fan-out: one for all who ask, kept for its life."""
        if kind not in self._shared:
            self._shared[kind] = kind(self)
        return cast("S", self._shared[kind])
