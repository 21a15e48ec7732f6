"""Pixels by PyAV and numpy, for machines without libyuv."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from av.video.reformatter import Interpolation

from genba.session.compositor.rect import Rect
from genba.session.compositor.yuv import GREY, views

if TYPE_CHECKING:
    from av import VideoFrame
    from numpy.typing import NDArray

    from genba.session.compositor.yuv import Overlay


class PlainYuv:
    """A `genba.session.compositor.yuv.Yuv`."""

    def fill(self, canvas: VideoFrame, rect: Rect, luma: int) -> None:
        """Paint ``rect`` in one grey."""
        for plane, value in zip(views(canvas, rect), (luma, GREY, GREY), strict=True):
            plane.fill(value)

    def scale(self, picture: VideoFrame, canvas: VideoFrame, rect: Rect) -> None:
        """Scale ``picture`` into ``rect``."""
        small = picture.width >= 2 * rect.width or picture.height >= 2 * rect.height
        scaled = picture.reformat(
            width=rect.width,
            height=rect.height,
            format="yuv420p",
            interpolation=Interpolation.AREA if small else Interpolation.BILINEAR,
        )
        whole = Rect(0, 0, rect.width, rect.height)
        for into, plane in zip(views(canvas, rect), views(scaled, whole), strict=True):
            into[:] = plane

    def blend(self, overlay: Overlay, canvas: VideoFrame, x: int, y: int) -> None:
        """Lay ``overlay`` over the canvas."""
        luma, u, v = views(canvas, Rect(x, y, overlay.width, overlay.height))
        alpha = overlay.alpha.astype(np.uint32)
        _mix(luma, overlay.luma, alpha)
        left, right = alpha[:, ::2], alpha[:, 1::2]
        quarter = (left[::2] + left[1::2] + right[::2] + right[1::2] + 2) // 4
        _mix(u, GREY, quarter)
        _mix(v, GREY, quarter)


def _mix(
    below: NDArray[np.uint8], above: NDArray[np.uint8] | int, alpha: NDArray[np.uint32]
) -> None:
    below[:] = (above * alpha + below * (255 - alpha) + 255) >> 8
