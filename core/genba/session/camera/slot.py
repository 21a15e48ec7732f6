"""Where the newest picture of a camera stands."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    import av

    from genba.session.camera.lipsync import LipSync

WAITING = 12  # pictures that wait for their sound; then the oldest is shown


class _Standing(NamedTuple):
    frame: av.VideoFrame | None
    time: float
    held: float
    due: float


_NONE = _Standing(None, -math.inf, 0.0, 0.0)


class FrameSlot:
    """Holds one picture; a newer one takes its place. Put from a decode thread, read from any.

    A picture that was put is not written into any more. ``sync`` says how long it waits until it
    is shown, and hears when it first is.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Begin empty; ``now`` is any clock in seconds."""
        self.sync: LipSync | None = None
        self.count = 0
        self._now = now
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
    def newest(self) -> tuple[av.VideoFrame | None, float]:
        """Picture and time that belong together."""
        with self._lock:
            while self._waiting and self._waiting[0].due <= self._now():
                self._show(self._waiting.popleft())
            standing, fresh, sync = self._newest, self._fresh, self.sync
            self._fresh = False
        if fresh and sync is not None:
            sync.shown(standing.time, standing.held)
        return standing.frame, standing.time

    def put(self, frame: av.VideoFrame, time: float) -> None:
        """Show this picture from now on, or as soon as its sound is there."""
        held = self.sync.hold if self.sync is not None else 0.0
        standing = _Standing(frame, time, held, self._now() + held)
        with self._lock:
            self.count += 1
            if not held and not self._waiting:
                self._show(standing)
                return
            self._waiting.append(standing)
            if len(self._waiting) > WAITING:
                self._show(self._waiting.popleft())

    def clear(self) -> None:
        """Forget the picture; ``count`` goes on."""
        with self._lock:
            self._waiting.clear()
            self._newest, self._fresh = _NONE, False

    def _show(self, standing: _Standing) -> None:
        self._newest, self._fresh = standing, True
