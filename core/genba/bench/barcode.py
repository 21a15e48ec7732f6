"""The moment at which a picture was drawn, written into the picture as a row of bars.

24 bars from left to right, black or white: 20 bits of milliseconds (modulo 2**20, 17 minutes),
the lowest first, and four of check, so that a bar that was misread is no wrong age but none. The
row lies in the upper third, where a view has neither a camera's name nor its clock. ``barcode.js``
beside this draws and reads the same; a test compares them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

BITS, CHECK = 20, 4
BARS = BITS + CHECK
CYCLE = 1 << BITS  # milliseconds
TOP, HEIGHT = 0.2, 0.1  # of the picture's height
OLDEST = 10_000  # milliseconds; what seems older is a misreading
_BLACK, _WHITE, _MIDDLE = 16, 235, 126  # luma of limited range
_SALT = 0b1010  # so that neither a black picture nor a white one is a moment


def encode(milliseconds: float) -> list[bool]:
    """Return the bars of a moment."""
    value = int(milliseconds) % CYCLE
    word = value | _check(value) << BITS
    return [bool(word >> bar & 1) for bar in range(BARS)]


def decode(bars: Sequence[bool]) -> int | None:
    """Return the moment in milliseconds modulo ``CYCLE``; None where the check fails."""
    word = sum(1 << bar for bar, white in enumerate(bars) if white)
    value = word % CYCLE
    return value if word >> BITS == _check(value) else None


def age(now: float, stamp: int) -> float | None:
    """Return how many milliseconds ago ``stamp`` was; None for what cannot be."""
    passed = (now - stamp) % CYCLE
    return passed if passed <= OLDEST else None


def paint(luma: NDArray[np.uint8], milliseconds: float) -> None:
    """Draw the bars into a plane of luma, as a page draws them into a canvas."""
    height, width = luma.shape
    rows = slice(round(TOP * height), round((TOP + HEIGHT) * height))
    edges = [round(bar * width / BARS) for bar in range(BARS + 1)]
    for bar, white in enumerate(encode(milliseconds)):
        luma[rows, edges[bar] : edges[bar + 1]] = _WHITE if white else _BLACK


def read(luma: NDArray[np.uint8]) -> int | None:
    """Return the moment that a plane of luma shows, of whatever size it is now."""
    height, width = luma.shape
    row = luma[int((TOP + HEIGHT / 2) * height)]
    return decode([bool(row[int((bar + 0.5) * width / BARS)] > _MIDDLE) for bar in range(BARS)])


def _check(value: int) -> int:
    return sum(value >> shift & 0xF for shift in range(0, BITS, CHECK)) % 16 ^ _SALT
