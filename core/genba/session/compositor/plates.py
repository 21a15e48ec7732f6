"""Plates that were drawn once."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from genba.session.compositor.plate import draw_plate

if TYPE_CHECKING:
    from genba.session.compositor.yuv import Overlay

MOST = 64


class Plates:
    """Used on one thread. Keeps the `MOST` plates used last."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: OrderedDict[tuple[tuple[str, ...], int, int], Overlay] = OrderedDict()
        self._passing: tuple[str, int, int] | None = None
        self._plate: Overlay | None = None
        self.drawn = 0

    def get(self, lines: tuple[str, ...], size: int, width: int) -> Overlay:
        """Return the plate; see `draw_plate`."""
        key = (lines, size, width)
        plate = self._kept.get(key)
        if plate is None:
            plate = self._kept[key] = draw_plate(lines, size, width)
            self.drawn += 1
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return plate

    def passing(self, line: str, size: int, width: int) -> Overlay:
        """Return the plate of a text that changes all the time; only the newest is kept."""
        if self._plate is None or self._passing != (line, size, width):
            self._plate = draw_plate((line,), size, width)
            self._passing = (line, size, width)
            self.drawn += 1
        return self._plate
