"""Pixels by libyuv (Debian: libyuv0), about a third of swscale's cost; leaves the GIL."""

from __future__ import annotations

import ctypes
import ctypes.util
from typing import TYPE_CHECKING

import numpy as np

from genba.session.compositor.plainyuv import PlainYuv
from genba.session.compositor.yuv import GREY

if TYPE_CHECKING:
    from genba.session.compositor.rect import Rect
    from genba.session.compositor.surface import Surface
    from genba.session.compositor.yuv import Overlay

BILINEAR, BOX = 2, 3  # libyuv/scale.h, FilterMode
_P, _I = ctypes.c_void_p, ctypes.c_int
_PLANES = (_P, _I, _P, _I, _P, _I)  # address and stride of Y, U and V


def _load() -> ctypes.CDLL:
    """Return the library with the types of what is used; raises OSError where it is missing."""
    try:
        lib = ctypes.CDLL("libyuv.so.0")
    except OSError:  # only now: looking for it elsewhere starts programs, which takes 0.1 s
        lib = ctypes.CDLL(ctypes.util.find_library("yuv") or "libyuv.so")
    # libyuv/scale.h: source, its width and height, destination, its width and height, filter
    lib.I420Scale.argtypes = [*_PLANES, _I, _I, *_PLANES, _I, _I, _I]
    # libyuv/planar_functions.h: destination, x, y, width, height, values of Y, U, V
    lib.I420Rect.argtypes = [*_PLANES, _I, _I, _I, _I, _I, _I, _I]
    # above, below, alpha and its stride, destination, width, height
    lib.I420Blend.argtypes = [*_PLANES, *_PLANES, _P, _I, *_PLANES, _I, _I]
    # libyuv/convert.h: source, destination, width, height
    lib.I420Copy.argtypes = [*_PLANES, *_PLANES, _I, _I]
    return lib


class LibYuv:
    """A `genba.session.compositor.yuv.Yuv`. Raises OSError where the library is missing."""

    def __init__(self) -> None:
        """Load the library."""
        self._lib = _load()
        self._neutral = np.full(4096, GREY, np.uint8)
        self._grey = self._neutral.ctypes.data
        self._plain = PlainYuv()

    def fill(self, canvas: Surface, rect: Rect, luma: int) -> None:
        """Paint ``rect`` in one grey."""
        box = (rect.x, rect.y, rect.width, rect.height)
        self._done(self._lib.I420Rect(*canvas.at(), *box, luma, GREY, GREY))

    def scale(self, picture: Surface, canvas: Surface, rect: Rect) -> None:
        """Scale ``picture`` into ``rect``.

        What libyuv has no fast way for is swscale's: enlarging by other than two (720 to 1080
        lines: 2.8 against 1.0 ms), and less than half the size unless a whole number of pixels
        becomes one (it would weigh them alike where swscale is exact, and is no faster).
        """
        across, down = picture.width / rect.width, picture.height / rect.height
        halved = across <= 2 and down <= 2  # noqa: PLR2004 (between whole and half)
        if across < 1 or down < 1:
            fast = across == down == 0.5  # noqa: PLR2004
        else:
            fast = halved or (across.is_integer() and down.is_integer())
        if not fast:
            self._plain.scale(picture, canvas, rect)
            return
        self._done(
            self._lib.I420Scale(
                *picture.at(),
                picture.width,
                picture.height,
                *canvas.at(rect.x, rect.y),
                rect.width,
                rect.height,
                BILINEAR if halved else BOX,
            )
        )

    def copy(self, other: Surface, canvas: Surface, rect: Rect) -> None:
        """Take ``rect`` over."""
        places = (*other.at(rect.x, rect.y), *canvas.at(rect.x, rect.y))
        self._done(self._lib.I420Copy(*places, rect.width, rect.height))

    def blend(self, overlay: Overlay, canvas: Surface, x: int, y: int) -> None:
        """Lay ``overlay`` over the canvas."""
        if self._neutral.size < overlay.width:
            self._neutral = np.full(overlay.width, GREY, np.uint8)
            self._grey = self._neutral.ctypes.data
        grey = self._grey  # stride 0: one row serves for all
        below = canvas.at(x, y)
        self._done(
            self._lib.I420Blend(
                overlay.luma_at,
                overlay.width,
                grey,
                0,
                grey,
                0,
                *below,
                overlay.alpha_at,
                overlay.width,
                *below,
                overlay.width,
                overlay.height,
            )
        )

    def fade(self, canvas: Surface, rect: Rect) -> None:
        """Take all colour and half the light from ``rect``; rare, so numpy has to do."""
        self._plain.fade(canvas, rect)

    @staticmethod
    def _done(code: int) -> None:
        if code:
            raise ValueError(f"libyuv refused a picture ({code})")
