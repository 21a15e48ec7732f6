"""Pictures to paint on, used again once nobody looks at them."""

from __future__ import annotations

import sys

from av import VideoFrame
from av.video.frame import PictureType

KEPT = 8


def _references(of: list[VideoFrame], index: int) -> int:
    return sys.getrefcount(of[index])


_ALONE = _references([VideoFrame(16, 16, "yuv420p")], 0)


class Canvases:
    """A ring that respects its readers; used on one thread.

    A picture that anybody else still holds (the encoder, a still, a plugin) is passed over, so a
    slow reader never sees it change. Holders in libav count too: ``make_writable`` gives the
    picture new memory while an encoder's queue has the old.
    """

    def __init__(self, width: int, height: int) -> None:
        """Make pictures of ``width`` x ``height`` when they are wanted."""
        self._size = (width, height)
        self._ring: list[VideoFrame] = []

    def take(self) -> VideoFrame:
        """Return a picture that nobody else holds; what is in it is undefined."""
        for k in range(len(self._ring)):
            if _references(self._ring, k) == _ALONE:
                canvas = self._ring.pop(k)
                self._ring.append(canvas)  # the one released longest ago comes first
                canvas.make_writable()
                canvas.pict_type = PictureType.NONE  # an encoder may have asked for a key picture
                return canvas
        canvas = VideoFrame(*self._size, "yuv420p")
        if len(self._ring) < KEPT:
            self._ring.append(canvas)
        return canvas
