"""Where the newest picture of a camera stands."""

from __future__ import annotations

import math
import threading
import time as clock
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from genba.wire.latency import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    import av

    from genba.session.camera.lipsync import LipSync

WAITING = 12  # pictures that wait for their sound; then the oldest is shown


class _Standing(NamedTuple):
    frame: av.VideoFrame | None
    time: float
    due: float
    ready: float
    put: float


_NONE = _Standing(None, -math.inf, -math.inf, -math.inf, -math.inf)


class FrameSlot:
    """Holds one picture; a newer one takes its place. Put from a decode thread, read from any.

    A picture that was put is not written into any more. ``sync`` says when it is due to be shown,
    and hears when it first is; without, that is at once.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self.sync: LipSync | None = None
        self.note: Callable[[Stage, float], None] | None = None  # told of what pictures wait for
        self.count = 0
        self._lock = threading.Lock()
        self._waiting: deque[_Standing] = deque()
        self._newest = _NONE
        self._fresh = False

    @property
    def frame(self) -> av.VideoFrame | None:
        """The newest picture (yuv420p), or None."""
        return self.newest[0]

    @property
    def time(self) -> float:
        """The newest picture's moment on the media clock in seconds; -inf at first."""
        return self.newest[1]

    @property
    def ready(self) -> float:
        """The moment, by ``time.monotonic()``, from which that picture could be shown."""
        return self._newest.ready

    @property
    def newest(self) -> tuple[av.VideoFrame | None, float]:
        """Picture and time that belong together."""
        sync = self.sync
        with self._lock:
            self._show_due(sync)
            standing, fresh = self._newest, self._fresh
            self._fresh = False
        if fresh and sync is not None:
            sync.shown(standing.time)
        if fresh and self.note is not None:
            self.note(Stage.SLOT, clock.monotonic() - standing.put)
        return standing.frame, standing.time

    def put(self, frame: av.VideoFrame, time: float) -> None:
        """Show this picture from when it is due until the next one is."""
        sync = self.sync
        due, ready = -math.inf, (now := clock.monotonic())
        if sync is not None:
            due = sync.due(time)
            ready += max(0.0, due - sync.now())
        with self._lock:
            self.count += 1
            self._waiting.append(_Standing(frame, time, due, ready, now))
            if len(self._waiting) > WAITING:
                self._show(self._waiting.popleft())
            # Where nobody looks, too: each picture that waits is more than a megabyte.
            self._show_due(sync)

    def clear(self) -> None:
        """Forget the picture; ``count`` goes on."""
        with self._lock:
            self._waiting.clear()
            self._newest, self._fresh = _NONE, False

    def _show_due(self, sync: LipSync | None) -> None:
        now = sync.now() if sync is not None else math.inf
        while self._waiting and self._waiting[0].due <= now:
            self._show(self._waiting.popleft())

    def _show(self, standing: _Standing) -> None:
        self._newest, self._fresh = standing, True
