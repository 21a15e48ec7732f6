"""One picture of the view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from av.video.reformatter import ColorRange

from genba.session.compositor.layout import Tile, arrange
from genba.session.compositor.plates import Plates
from genba.session.compositor.rect import Rect
from genba.session.compositor.texts import clock, texts
from genba.session.compositor.yuv import BLACK, DARK, best, fade
from genba.wire.state import CameraState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from av import VideoFrame

    from genba.session.compositor.source import Source
    from genba.session.compositor.yuv import Overlay, Yuv
    from genba.wire.state import Layout

FRAME = 150  # luma of the line around a picture in the picture
NOT_LIVE = (CameraState.LOST, CameraState.PAUSED, CameraState.CONNECTING)


class Painter:
    """Paints on one thread; reads fonts from disk the first time."""

    def __init__(self, width: int, height: int, language: str, yuv: Yuv | None = None) -> None:
        """Paint views of ``width`` x ``height``."""
        self._width, self._height = width & ~1, height & ~1
        self._texts = texts(language)
        self._yuv = yuv or best()
        self.plates = Plates()
        self._plain: dict[int, tuple[VideoFrame, VideoFrame]] = {}

    def paint(
        self, canvas: VideoFrame, sources: Sequence[Source], layout: Layout, now: datetime
    ) -> None:
        """Paint all of ``canvas``, a yuv420p picture of the view's size."""
        by_slot = {source.n: source for source in sources}
        taken = [s.n for s in sources if s.state is not CameraState.EMPTY]
        tiles = arrange(layout, taken, self._width, self._height)
        if sum(tile.rect.width * tile.rect.height for tile in tiles) != self._width * self._height:
            self._yuv.fill(canvas, Rect(0, 0, self._width, self._height), BLACK)
        for tile in tiles:
            if tile.framed:
                self._yuv.fill(canvas, tile.rect.inset(-2), FRAME)
            source = by_slot.get(tile.n)
            if source is None or source.state is CameraState.EMPTY:
                self._empty(canvas, tile)
            else:
                self._camera(canvas, tile, source)
        self._clock(canvas, now)

    def _empty(self, canvas: VideoFrame, tile: Tile) -> None:
        self._yuv.fill(canvas, tile.rect, DARK)
        self._say(canvas, tile.rect, self._texts.empty(tile.n))

    def _camera(self, canvas: VideoFrame, tile: Tile, source: Source) -> None:
        rect = tile.rect
        picture = self._readable(source)
        if picture is None:
            shown = rect
            self._yuv.fill(canvas, rect, DARK)
        else:
            shown = rect.letterbox(picture.width, picture.height)
            if shown != rect:
                self._yuv.fill(canvas, rect, BLACK)
            self._yuv.scale(picture, canvas, shown)
            if source.state in NOT_LIVE:
                fade(canvas, shown)
        edge = self._edge
        label = self.plates.get(
            (self._texts.label(source),), self._letters(rect), rect.width - 2 * edge
        )
        # At the tile's left, where a portrait picture leaves room, but on top of the picture.
        self._lay(canvas, label, rect.x + edge, shown.y + edge)
        trouble = self._texts.trouble(source)
        if trouble:
            self._say(canvas, rect, trouble)

    def _readable(self, source: Source) -> VideoFrame | None:
        """Return the camera's picture as yuv420p of limited range, converted once a picture."""
        picture = source.slot.frame
        if picture is None:
            self._plain.pop(source.n, None)
            return None
        full = picture.color_range == ColorRange.JPEG or picture.format.name == "yuvj420p"
        if picture.format.name == "yuv420p" and not full:
            return picture
        known = self._plain.get(source.n)
        if known is None or known[0] is not picture:
            plain = picture.reformat(
                format="yuv420p",
                src_color_range=ColorRange.JPEG if full else None,
                dst_color_range=ColorRange.MPEG if full else None,
            )
            known = self._plain[source.n] = (picture, plain)
        return known[1]

    def _say(self, canvas: VideoFrame, rect: Rect, lines: tuple[str, ...]) -> None:
        """Lay words over the middle of a tile."""
        plate = self.plates.get(lines, self._letters(rect), rect.width - 2 * self._edge)
        x = rect.x + (rect.width - plate.width) // 2
        y = rect.y + (rect.height - plate.height) // 2
        self._lay(canvas, plate, x, y)

    def _clock(self, canvas: VideoFrame, now: datetime) -> None:
        edge = self._edge
        size = max(12, self._height // 36)
        plate = self.plates.passing(clock(now), size, self._width - 2 * edge)
        x, y = self._width - plate.width - edge, self._height - plate.height - edge
        self._lay(canvas, plate, x, y)

    def _lay(self, canvas: VideoFrame, plate: Overlay, x: int, y: int) -> None:
        x, y = x & ~1, y & ~1
        if x + plate.width <= self._width and y + plate.height <= self._height:
            self._yuv.blend(plate, canvas, x, y)

    @property
    def _edge(self) -> int:
        return max(4, self._height // 90) & ~1

    def _letters(self, rect: Rect) -> int:
        """Return the height of letters for a tile: 24 of 720 when large, never tiny."""
        return max(12, round(max(min(rect.height / 18, self._height / 30), self._height / 52)))
