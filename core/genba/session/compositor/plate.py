"""Words on a dark plate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from genba.session.compositor.fonts import Font, font
from genba.session.compositor.yuv import BLACK, Overlay

if TYPE_CHECKING:
    from collections.abc import Sequence

WHITE = 235  # luma of limited range
SHADE = 168  # how much of the picture the plate hides, of 255
SMALLEST = 9  # pixels; below that nobody reads it anyway


def draw_plate(lines: Sequence[str], size: int, width: int) -> Overlay:
    """Return ``lines``, centred, in letters ``size`` high; never wider than ``width`` pixels.

    What is too long is first drawn smaller, to three quarters, then cut with an ellipsis.
    Costs about a millisecond: keep the result.
    """
    size, shown = _fit(lines, size, width)
    face = font(size)
    pad_x, pad_y, pitch = _pad(size), size // 4, size * 4 // 3
    widths = [_length(face, line) for line in shown]
    w = min((max(widths) + 2 * pad_x + 1) & ~1, width & ~1)
    h = (pitch * len(shown) + 2 * pad_y + 1) & ~1
    image = Image.new("L", (w, h))
    draw = ImageDraw.Draw(image)
    for k, (line, length) in enumerate(zip(shown, widths, strict=True)):
        draw.text(((w - length) // 2, pad_y + k * pitch), line, fill=255, font=face)
    ink = np.asarray(image, np.uint16)
    # Letters are opaque, the plate around them lets some of the picture through.
    alpha = np.maximum(ink, SHADE)
    luma = BLACK + ink * (WHITE - BLACK) // 255
    return Overlay(
        np.ascontiguousarray(luma, np.uint8),
        np.ascontiguousarray(alpha, np.uint8),
    )


def _pad(size: int) -> int:
    return size // 2


def _length(face: Font, line: str) -> int:
    return int(face.getlength(line)) + 1


def _fit(lines: Sequence[str], size: int, width: int) -> tuple[int, list[str]]:
    """Return the size and the lines that fit into ``width``."""
    least = max(SMALLEST, size * 3 // 4)
    while size > least and not all(_fits(line, size, width) for line in lines):
        size -= 1
    return size, [_cut(line, size, width) for line in lines]


def _fits(line: str, size: int, width: int) -> bool:
    return _length(font(size), line) + 2 * _pad(size) <= width


def _cut(line: str, size: int, width: int) -> str:
    if _fits(line, size, width):
        return line
    while line and not _fits(f"{line}…", size, width):
        line = line[:-1]
    return f"{line.rstrip()}…"
