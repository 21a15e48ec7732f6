"""One picture of the view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.session.compositor.cells import Cell, Plan, plan
from genba.session.compositor.face import Face, Faces
from genba.session.compositor.layout import arrange
from genba.session.compositor.newest import Newest
from genba.session.compositor.plates import Plates
from genba.session.compositor.rect import Rect
from genba.session.compositor.texts import clock, texts
from genba.session.compositor.yuv import BLACK, best
from genba.wire.state import CameraState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from genba.session.compositor.layout import Tile
    from genba.session.compositor.source import Source
    from genba.session.compositor.surface import Canvas, Surface
    from genba.session.compositor.yuv import Overlay, Yuv
    from genba.wire.state import Layout

# A tile's face, and the number of the picture in it (0: none): equal ones look the same.
Look = tuple[Face, int]


class Painter:
    """Paints on one thread; reads fonts from disk the first time.

    Only what changed is painted. A part of the view (`Cell`) that looks as it did when this very
    canvas was painted is left, one that looks as on the canvas before is copied from there.
    """

    def __init__(self, width: int, height: int, language: str, yuv: Yuv | None = None) -> None:
        """Paint views of ``width`` x ``height``."""
        self._width, self._height = width & ~1, height & ~1
        self.yuv = yuv or best()
        self.plates = Plates()
        self._faces = Faces(self._width, self._height, texts(language), self.plates)
        self._newest = Newest()
        self._pictures: dict[int, Surface] = {}
        self._plan: Plan | None = None
        self._planned: tuple[object, ...] = ()
        self._last: Canvas | None = None
        self._second = -1.0
        self._clock: Overlay | None = None
        self.painted = self.copied = 0  # cells

    def paint(
        self, canvas: Canvas, sources: Sequence[Source], layout: Layout, now: datetime
    ) -> None:
        """Paint all of ``canvas``, a yuv420p picture of the view's size."""
        by_slot = {s.n: s for s in sources if s.state is not CameraState.EMPTY}
        self._pass(now)
        cells = self._cells(canvas, layout, tuple(by_slot))
        last, self._last = self._last, None
        if last is canvas or (last is not None and last.plan is not canvas.plan):
            last = None
        for k, cell in enumerate(cells):
            looks = [self._look(tile, by_slot.get(tile.n)) for tile in cell.tiles]
            done = (looks, self._clock if cell.clock else None)
            if canvas.done.get(k) == done:
                continue
            canvas.done.pop(k, None)  # in case that painting fails half way
            if last is not None and last.done.get(k) == done:
                for part in cell.parts:
                    self.yuv.copy(last, canvas, part)
                self.copied += 1
            else:
                self._cell(canvas, cell, looks)
                self.painted += 1
            canvas.done[k] = done
        self._last = canvas

    def _pass(self, now: datetime) -> None:
        """Draw the clock anew when another second has begun."""
        second = now.timestamp() // 1
        if second == self._second:
            return
        self._second = second
        size, edge = max(12, self._height // 36), self._faces.edge
        plate = self.plates.passing(clock(now), size, self._width - 2 * edge)
        # Nothing where the view is too small for it.
        self._clock = plate if plate.height + edge <= self._height else None

    def _cells(self, canvas: Canvas, layout: Layout, taken: tuple[int, ...]) -> tuple[Cell, ...]:
        """Return the view's parts, having made sure that the canvas is painted after their plan."""
        corner = self._corner()
        if self._plan is None or self._planned != (layout, taken, corner):
            tiles = arrange(layout, taken, self._width, self._height)
            self._plan = plan(tiles, corner, self._width, self._height)
            self._planned = (layout, taken, corner)
        if canvas.plan is not self._plan:
            canvas.done.clear()
            canvas.plan = self._plan
            if self._plan.bare is not None:
                self.yuv.fill(canvas, self._plan.bare, BLACK)
        return self._plan.cells

    def _corner(self) -> Rect | None:
        """Return where the clock stands."""
        plate, edge = self._clock, self._faces.edge
        if plate is None:
            return None
        x, y = self._width - plate.width - edge, self._height - plate.height - edge
        return Rect(x & ~1, y & ~1, plate.width, plate.height)

    def _look(self, tile: Tile, source: Source | None) -> Look:
        reading = self._newest.of(source) if source is not None else None
        if reading is None:
            self._pictures.pop(tile.n, None)
            return self._faces.of(tile, source, None), 0
        self._pictures[tile.n] = reading.surface
        return self._faces.of(tile, source, reading.surface.size), reading.number

    def _cell(self, canvas: Canvas, cell: Cell, looks: Sequence[Look]) -> None:
        corner = self._corner() if cell.clock else None
        if corner is not None and not any(tile.rect.holds(corner) for tile in cell.tiles):
            self.yuv.fill(canvas, corner, BLACK)
        for face, number in looks:
            face.paint(self.yuv, canvas, self._pictures[face.tile.n] if number else None)
        if corner is not None and self._clock is not None:
            self.yuv.blend(self._clock, canvas, corner.x, corner.y)
