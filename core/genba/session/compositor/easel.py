"""The view in every size that somebody needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.session.compositor.canvases import Canvases
from genba.session.compositor.painter import Painter
from genba.session.compositor.rect import Rect

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from av import VideoFrame

    from genba.session.compositor.source import Source
    from genba.wire.state import Layout

Size = tuple[int, int]


class Easel:
    """Used on one thread. Sizes beside the view's own cost memory only while they are asked for."""

    def __init__(self, width: int, height: int, language: str) -> None:
        """Paint views of ``width`` x ``height``, and others as they are asked for."""
        self._own = (width, height)
        self._language = language
        self._painter = Painter(width, height, language)
        self._canvases = Canvases(width, height)
        self._larger: dict[Size, Painter] = {}
        self._others: dict[Size, Canvases] = {}

    def paint(
        self,
        sizes: Collection[Size],
        sources: Sequence[Source],
        layout: Layout,
        now: datetime,
    ) -> Iterator[VideoFrame]:
        """Yield the view's own size, then each of ``sizes``: each picture is whole when it comes.

        Smaller ones are made from the view's own; larger ones from the cameras' pictures, so that
        they show more.
        """
        for size in self._others.keys() - set(sizes):
            del self._others[size]
            self._larger.pop(size, None)
        own = self._canvases.take()
        self._painter.paint(own, sources, layout, now)
        yield own.frame
        for size in sizes:
            if size == self._own:
                continue
            canvases = self._others.get(size)
            if canvases is None:
                canvases = self._others[size] = Canvases(*size)
            canvas = canvases.take()
            if size[0] * size[1] <= self._own[0] * self._own[1]:
                self._painter.yuv.scale(own, canvas, Rect(0, 0, size[0] & ~1, size[1] & ~1))
            else:
                painter = self._larger.get(size)
                if painter is None:
                    painter = self._larger[size] = Painter(*size, self._language)
                painter.paint(canvas, sources, layout, now)
            yield canvas.frame
