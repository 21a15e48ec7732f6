"""The few things that are done to pixels; all on I420 pictures, in place, on one thread."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from av import VideoFrame
    from numpy.typing import NDArray

    from genba.session.compositor.rect import Rect
    from genba.session.compositor.surface import Surface

log = logging.getLogger(__name__)

BLACK, DARK, GREY = 16, 30, 128  # luma of limited range; chroma without colour


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """A picture without colour and how much of it covers what is below (0 to 255)."""

    luma: NDArray[np.uint8]
    alpha: NDArray[np.uint8]  # same shape, even in both directions, both contiguous
    luma_at: int = field(init=False)  # addresses; numpy takes microseconds to tell them
    alpha_at: int = field(init=False)

    def __post_init__(self) -> None:
        """Find the addresses."""
        object.__setattr__(self, "luma_at", self.luma.ctypes.data)
        object.__setattr__(self, "alpha_at", self.alpha.ctypes.data)

    @property
    def width(self) -> int:
        """In pixels."""
        return int(self.luma.shape[1])

    @property
    def height(self) -> int:
        """In pixels."""
        return int(self.luma.shape[0])


class Yuv(Protocol):
    """Rectangles and places must lie inside the canvas and be even; a caller's promise."""

    def fill(self, canvas: Surface, rect: Rect, luma: int) -> None:
        """Paint ``rect`` in one grey."""
        ...

    def scale(self, picture: Surface, canvas: Surface, rect: Rect) -> None:
        """Scale the whole of ``picture`` into ``rect``, its shape disregarded.

        Down to half the size, and up, it is interpolated; what is smaller is the mean of all pixels
        that fall into one.
        """
        ...

    def copy(self, other: Surface, canvas: Surface, rect: Rect) -> None:
        """Take ``rect`` over from ``other``, a canvas of the same size."""
        ...

    def blend(self, overlay: Overlay, canvas: Surface, x: int, y: int) -> None:
        """Lay ``overlay`` over the canvas, its top left at ``x``, ``y``."""
        ...

    def fade(self, canvas: Surface, rect: Rect) -> None:
        """Take all colour and half the light from ``rect``: this is not live."""
        ...


def views(canvas: VideoFrame, rect: Rect, planes: int = 3) -> list[NDArray[np.uint8]]:
    """Return the parts of the planes that make up ``rect``, to be written into."""
    found = []
    for k, plane in enumerate(canvas.planes[:planes]):
        d = 2 if k else 1
        flat = np.frombuffer(plane, np.uint8)  # type: ignore[call-overload] # stubs know no buffers
        rows: NDArray[np.uint8] = flat.reshape(-1, plane.line_size)
        found.append(
            rows[
                rect.y // d : (rect.y + rect.height) // d, rect.x // d : (rect.x + rect.width) // d
            ]
        )
    return found


def best() -> Yuv:
    """Return libyuv where it is installed, else the way that needs nothing (three times slower)."""
    from genba.session.compositor.libyuv import LibYuv
    from genba.session.compositor.plainyuv import PlainYuv

    try:
        return LibYuv()
    except OSError as error:
        log.warning("libyuv is not installed (%s): composing costs three times as much", error)
        return PlainYuv()
