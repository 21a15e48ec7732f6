"""制御盤: a cabinet with a gauge whose needle swings and lamps that blink."""

from __future__ import annotations

from math import cos, radians, sin
from typing import TYPE_CHECKING

from genba.demo.place import HEIGHT, WIDTH, Flipbook, Place, Sketch
from genba.demo.planes import Planes

if TYPE_CHECKING:
    from collections.abc import Callable

_SIDE = 280  # of the square that the gauge fills
_AT = (110, 140)
_LAMP = 52
_RED = 200  # degrees of the dial from which it warns
_NEEDLE = 60  # positions
_LAMPS = (("#d33f35", "#4c1a17", 0.8), ("#35b558", "#143d20", 1.7), ("#f0b429", "#4f3c12", 2.6))


def panel(name: str) -> Place:
    """Draw it; ``name`` stands on the sign."""
    room = Sketch(WIDTH, HEIGHT, "#3d3f58")
    room.shade((0, 0, WIDTH, HEIGHT), (58, 60, 92), (38, 40, 60))
    room.box(40, 24, 880, 490, "#22242f", radius=10)
    room.box(46, 28, 428, 478, "#b9bdc4", radius=6)
    room.box(482, 28, 432, 478, "#b9bdc4", radius=6)
    room.box(62, 44, 396, 446, "#c9cdd3", radius=4)
    room.box(498, 44, 400, 446, "#c9cdd3", radius=4)
    room.sign(698, 92, name)
    for row in range(2):
        for column in range(5):
            x, y = 524 + column * 72, 270 + row * 106
            room.box(x, y, 52, 84, "#2a2d36", radius=4)
            room.box(
                x + 14, y + 16, 24, 36, "#e6e8ea" if (row + column) % 3 else "#ef7d32", radius=3
            )
            room.text(x + 26, y + 68, f"{row * 5 + column + 1}", 14, "#aeb4bd")
    for x in (70, 446, 506, 886):
        for y in (54, 478):
            room.disc(x, y, 5, "#8b9098")
    room.text(250, 452, "圧力 MPa", 26, "#22252c")
    dial = [_gauge(position / (_NEEDLE - 1)) for position in range(_NEEDLE)]
    movers = [Flipbook(*_AT, dial, _swing)]
    for n, (bright, dark, period) in enumerate(_LAMPS):
        both = [_lamp(bright, lit=True), _lamp(dark, lit=False)]
        movers.append(Flipbook(560 + n * 112, 160, both, _blink(period)))
    return Place(Planes.of(room.done()), tuple(movers))


def _blink(period: float) -> Callable[[float], int]:
    return lambda seconds: int(seconds / period)


def _swing(seconds: float) -> int:
    """Return the needle's position: two slow waves, never twice the same for a while."""
    share = 0.55 + 0.28 * sin(seconds * 1.3) + 0.14 * sin(seconds * 3.1)
    return max(0, min(_NEEDLE - 1, round(share * (_NEEDLE - 1))))


def _gauge(share: float) -> Planes:
    middle = _SIDE / 2
    dial = Sketch(_SIDE, _SIDE, "#c9cdd3")
    dial.disc(middle, middle, 138, "#3a3f4a")
    dial.disc(middle, middle, 126, "#fafaf5")
    for tick in range(0, 271, 27):
        outer, inner = _turned(135 + tick, 116), _turned(135 + tick, 98)
        dial.line([inner, outer], 5, "#c0392b" if tick > _RED else "#2b2f38")
        dial.text(*_turned(135 + tick, 80), f"{tick // 27 / 10:.1f}", 17, "#2b2f38")
    degrees = 135 + 270 * share
    tail, left, right = (_turned(degrees + turn, 22) for turn in (180, 90, 270))
    dial.shape([_turned(degrees, 108), left, tail, right], "#d8372b")
    dial.disc(middle, middle, 15, "#3a3f4a")
    return Planes.of(dial.done())


def _lamp(colour: str, *, lit: bool) -> Planes:
    lamp = Sketch(_LAMP, _LAMP, "#c9cdd3")
    lamp.disc(_LAMP / 2, _LAMP / 2, 25, "#50555f")
    lamp.disc(_LAMP / 2, _LAMP / 2, 20, colour)
    if lit:
        lamp.disc(_LAMP / 2 - 6, _LAMP / 2 - 7, 6, "#fff6e8")
    return Planes.of(lamp.done())


def _turned(degrees: float, radius: float) -> tuple[float, float]:
    turn = radians(degrees)
    return _SIDE / 2 + radius * cos(turn), _SIDE / 2 + radius * sin(turn)
