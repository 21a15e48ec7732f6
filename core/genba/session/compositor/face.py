"""How one tile looks, apart from the camera's picture itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genba.session.compositor.cells import outer
from genba.session.compositor.yuv import BLACK, DARK
from genba.wire.state import CameraState

if TYPE_CHECKING:
    from genba.session.compositor.layout import Tile
    from genba.session.compositor.plates import Plates
    from genba.session.compositor.rect import Rect
    from genba.session.compositor.source import Source
    from genba.session.compositor.surface import Canvas, Surface
    from genba.session.compositor.texts import Texts
    from genba.session.compositor.yuv import Overlay, Yuv

FRAME = 150  # luma of the line around a picture in the picture
NOT_LIVE = (CameraState.LOST, CameraState.PAUSED, CameraState.CONNECTING)

Size = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """All of a tile's painting that can be thought out before: where the picture goes, its words.

    Made once for a tile, a source and a size of its pictures; equal only to itself.
    """

    tile: Tile
    shown: Rect  # where in the tile the picture stands
    below: int | None  # the grey of what it leaves free; None: nothing
    live: bool
    words: tuple[tuple[Overlay, int, int], ...]

    def paint(self, yuv: Yuv, canvas: Canvas, picture: Surface | None) -> None:
        """Paint the tile with this picture."""
        if self.tile.framed:
            yuv.fill(canvas, outer(self.tile), FRAME)
        if self.below is not None:
            yuv.fill(canvas, self.tile.rect, self.below)
        if picture is not None:
            yuv.scale(picture, canvas, self.shown)
            if not self.live:
                yuv.fade(canvas, self.shown)
        for plate, x, y in self.words:
            yuv.blend(plate, canvas, x, y)


class Faces:
    """Makes them for a view of one size; used on one thread. Keeps the newest of each slot."""

    def __init__(self, width: int, height: int, words: Texts, plates: Plates) -> None:
        """Make tiles of views of ``width`` x ``height``."""
        self._width, self._height = width, height
        self._texts = words
        self._plates = plates
        self._known: dict[int, tuple[Tile, Source | None, Size | None, Face]] = {}
        self.edge = max(4, height // 90) & ~1  # pixels between words and the tile's edge

    def of(self, tile: Tile, source: Source | None, size: Size | None) -> Face:
        """Return how a tile looks; no source: it is free; no size: there is no picture yet."""
        known = self._known.get(tile.n)
        if known is not None and known[:3] == (tile, source, size):
            return known[3]
        if source is None:
            words = [self._say(tile.rect, self._texts.empty(tile.n))]
            face = Face(tile, tile.rect, DARK, live=False, words=tuple(words))
        else:
            face = self._camera(tile, source, size)
        self._known[tile.n] = (tile, source, size, face)
        return face

    def _camera(self, tile: Tile, source: Source, size: Size | None) -> Face:
        rect = tile.rect
        shown = rect if size is None else rect.letterbox(*size)
        words = []
        plate = self._plate((self._texts.label(source),), rect)
        # At the tile's left, where a portrait picture leaves room, but on top of the picture.
        x, y = rect.x + self.edge, shown.y + self.edge
        if x + plate.width <= self._width and y + plate.height <= self._height:
            words.append((plate, x, y))
        if trouble := self._texts.trouble(source):
            words.append(self._say(rect, trouble))
        below = DARK if size is None else BLACK if shown != rect else None
        return Face(tile, shown, below, source.state not in NOT_LIVE, tuple(words))

    def _say(self, rect: Rect, lines: tuple[str, ...]) -> tuple[Overlay, int, int]:
        """Put words over the middle of a tile."""
        plate = self._plate(lines, rect)
        x = max(rect.x, rect.x + (rect.width - plate.width) // 2 & ~1)
        y = max(0, rect.y + (rect.height - plate.height) // 2 & ~1)
        return plate, x, y

    def _plate(self, lines: tuple[str, ...], rect: Rect) -> Overlay:
        return self._plates.get(lines, self._letters(rect), rect.width - 2 * self.edge)

    def _letters(self, rect: Rect) -> int:
        """Return the height of letters for a tile: 24 of 720 when large, never tiny."""
        return max(12, round(max(min(rect.height / 18, self._height / 30), self._height / 52)))
