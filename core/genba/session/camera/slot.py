"""Where the newest picture of a camera stands."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import av


class FrameSlot:
    """Holds one picture; a newer one takes its place. Put from a decode thread, read from any.

    A picture that was put is not written into any more.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._newest: tuple[av.VideoFrame | None, float] = (None, -math.inf)
        self.count = 0

    @property
    def frame(self) -> av.VideoFrame | None:
        """The newest picture (yuv420p), or None."""
        return self._newest[0]

    @property
    def time(self) -> float:
        """The newest picture's moment on the media clock in seconds; -inf at first."""
        return self._newest[1]

    @property
    def newest(self) -> tuple[av.VideoFrame | None, float]:
        """Picture and time that belong together."""
        return self._newest

    def put(self, frame: av.VideoFrame, time: float) -> None:
        """Show this picture from now on."""
        self._newest = (frame, time)
        self.count += 1

    def clear(self) -> None:
        """Forget the picture; ``count`` goes on."""
        self._newest = (None, -math.inf)
