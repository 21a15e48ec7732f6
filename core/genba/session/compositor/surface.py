"""A picture whose pixels are reached quickly."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av import VideoFrame

    from genba.session.compositor.cells import Plan

Place = tuple[int, int, int, int, int, int]  # address and stride of a pixel of Y, U and V


class Surface:
    """A yuv420p picture, and where its pixels lie, found out once; used on one thread.

    Asking PyAV for its planes thirty times a second costs more than a small plate of words.
    """

    __slots__ = ("_places", "frame", "height", "size", "width")

    def __init__(self, frame: VideoFrame) -> None:
        """Look at ``frame``, whose memory must stay where it is."""
        self.frame = frame
        self.width: int = frame.width
        self.height: int = frame.height
        self.size = (self.width, self.height)
        self._places: dict[tuple[int, int], Place] = {}

    def at(self, x: int = 0, y: int = 0) -> Place:
        """Return where the pixel lies; both are even."""
        place = self._places.get((x, y))
        if place is None:
            luma, u, v = self.frame.planes
            place = (
                luma.buffer_ptr + y * luma.line_size + x,
                luma.line_size,
                u.buffer_ptr + y // 2 * u.line_size + x // 2,
                u.line_size,
                v.buffer_ptr + y // 2 * v.line_size + x // 2,
                v.line_size,
            )
            self._places[x, y] = place
        return place


class Canvas(Surface):
    """A picture to paint on, and what is on it: ``done`` names it for each cell of ``plan``."""

    __slots__ = ("done", "plan")

    def __init__(self, frame: VideoFrame) -> None:
        """Begin with a picture of which nothing is known."""
        super().__init__(frame)
        self.plan: Plan | None = None
        self.done: dict[int, object] = {}

    def reclaim(self) -> None:
        """Make sure that nobody in libav reads it either; what is on it stays."""
        self.frame.make_writable()
        if self._places and self.at()[0] != self.frame.planes[0].buffer_ptr:
            self._places.clear()
