"""Pixels by PyAV and numpy, for machines without libyuv."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from av import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from genba.session.compositor.rect import Rect
from genba.session.compositor.yuv import BLACK, GREY, views

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genba.session.compositor.surface import Surface
    from genba.session.compositor.yuv import Overlay

SHAPES = 32  # scalers that are kept, each for one pair of sizes of planes


class PlainYuv:
    """A `genba.session.compositor.yuv.Yuv`."""

    def __init__(self) -> None:
        """Begin without scalers."""
        self._scalers: dict[tuple[tuple[int, ...], ...], VideoReformatter] = {}

    def fill(self, canvas: Surface, rect: Rect, luma: int) -> None:
        """Paint ``rect`` in one grey."""
        for plane, value in zip(views(canvas.frame, rect), (luma, GREY, GREY), strict=True):
            plane.fill(value)

    def scale(self, picture: Surface, canvas: Surface, rect: Rect) -> None:
        """Scale ``picture`` into ``rect``, plane by plane.

        As a whole, swscale would move the colours by the fraction of a pixel that a decoder has
        told it of, and leave them there.
        """
        whole = Rect(0, 0, picture.width & ~1, picture.height & ~1)
        planes = zip(views(picture.frame, whole), views(canvas.frame, rect), strict=True)
        for plane, into in planes:
            height, width = into.shape
            scaled = self._scaler(plane.shape, into.shape).reformat(
                VideoFrame.from_numpy_buffer(plane, format="gray"),
                width=width,
                height=height,
                interpolation=Interpolation.AREA,  # which is bilinear down to half the size, and up
                threads=1,
            )
            into[:] = views(scaled, Rect(0, 0, width, height), 1)[0]

    def copy(self, other: Surface, canvas: Surface, rect: Rect) -> None:
        """Take ``rect`` over."""
        planes = zip(views(canvas.frame, rect), views(other.frame, rect), strict=True)
        for into, plane in planes:
            into[:] = plane

    def blend(self, overlay: Overlay, canvas: Surface, x: int, y: int) -> None:
        """Lay ``overlay`` over the canvas."""
        luma, u, v = views(canvas.frame, Rect(x, y, overlay.width, overlay.height))
        alpha = overlay.alpha.astype(np.uint32)
        _mix(luma, overlay.luma, alpha)
        left, right = alpha[:, ::2], alpha[:, 1::2]
        quarter = (left[::2] + left[1::2] + right[::2] + right[1::2] + 2) // 4
        _mix(u, GREY, quarter)
        _mix(v, GREY, quarter)

    def fade(self, canvas: Surface, rect: Rect) -> None:
        """Take all colour and half the light from ``rect``."""
        luma, u, v = views(canvas.frame, rect)
        np.right_shift(luma, 1, out=luma)
        np.add(luma, BLACK // 2, out=luma)  # half of the way to black, which is 16
        u.fill(GREY)
        v.fill(GREY)

    def _scaler(self, *shapes: tuple[int, ...]) -> VideoReformatter:
        """Return what has scaled such a plane before: making one anew costs more than to scale."""
        scaler = self._scalers.get(shapes)
        if scaler is None:
            if len(self._scalers) == SHAPES:
                self._scalers.clear()
            scaler = self._scalers[shapes] = VideoReformatter()
        return scaler


def _mix(
    below: NDArray[np.uint8], above: NDArray[np.uint8] | int, alpha: NDArray[np.uint32]
) -> None:
    below[:] = (above * alpha + below * (255 - alpha) + 255) >> 8
