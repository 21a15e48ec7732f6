"""The running time and picture number that a demo camera writes into its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from genba.clock import jst
from genba.demo.planes import Planes
from genba.session.compositor.fonts import font

if TYPE_CHECKING:
    from datetime import datetime

_CELL = (16, 34)
_GLYPHS = "0123456789:./# "
LETTERS = 30


class Stamp:
    """Digits drawn once, pasted into each picture at ``x``, ``y`` (even)."""

    def __init__(self, x: int, y: int) -> None:
        """Draw every glyph that a stamp can hold."""
        self._at = (x, y)
        self._glyphs = {glyph: _glyph(glyph) for glyph in _GLYPHS}

    def paint(self, canvas: Planes, moment: datetime, number: int) -> None:
        """Write ``2026/11/24 15:36:01.4 #000123`` (JST)."""
        local = jst(moment)
        tenth = local.microsecond // 100_000
        words = f" {local:%Y/%m/%d %H:%M:%S}.{tenth} #{number % 1_000_000:06}"
        for n, glyph in enumerate(words.ljust(LETTERS)):
            canvas.paste(self._glyphs[glyph], self._at[0] + n * _CELL[0], self._at[1])

    @staticmethod
    def size() -> tuple[int, int]:
        """Width and height in pixels."""
        return LETTERS * _CELL[0], _CELL[1]


def _glyph(glyph: str) -> Planes:
    cell = Image.new("RGB", _CELL, "#101418")
    ImageDraw.Draw(cell).text(
        (_CELL[0] / 2, _CELL[1] / 2 + 10), glyph, "#ffffff", font(26), anchor="ms"
    )
    return Planes.of(cell)
