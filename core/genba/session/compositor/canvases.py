"""Pictures to paint on, used again once nobody looks at them."""

from __future__ import annotations

import sys

from av import VideoFrame
from av.video.frame import PictureType

from genba.session.compositor.surface import Canvas

KEPT = 8


def _references(canvas: Canvas) -> int:
    return sys.getrefcount(canvas.frame)


_ALONE = _references(Canvas(VideoFrame(16, 16, "yuv420p")))


class Canvases:
    """A ring that respects its readers; used on one thread.

    A picture (``Canvas.frame``) that anybody else still holds (the encoder, a still, a plugin) is
    passed over, so a slow reader never sees it change. Holders in libav count too: the picture gets
    new memory while an encoder's queue has the old.
    """

    def __init__(self, width: int, height: int) -> None:
        """Make pictures of ``width`` x ``height`` when they are wanted."""
        self._size = (width, height)
        self._ring: list[Canvas] = []

    def take(self) -> Canvas:
        """Return one whose picture nobody else holds; it knows what was painted on it before."""
        for k, canvas in enumerate(self._ring):
            if _references(canvas) == _ALONE:
                # The one used last comes first again: few stay in use, and their pixels in the
                # processor's cache.
                self._ring.insert(0, self._ring.pop(k))
                canvas.reclaim()
                canvas.frame.pict_type = PictureType.NONE  # an encoder may have asked for a key
                return canvas
        canvas = Canvas(VideoFrame(*self._size, "yuv420p"))
        if len(self._ring) < KEPT:
            self._ring.append(canvas)
        return canvas
