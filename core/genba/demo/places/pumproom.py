"""ポンプ室: pipes, a pump and a fan that turns."""

from __future__ import annotations

from math import cos, radians, sin

from genba.demo.place import HEIGHT, WIDTH, Flipbook, Place, Sketch
from genba.demo.planes import Planes

_FAN = 300  # side of the square that the fan fills
_AT = (96, 130)
_BLADES, _PAGES = 5, 18  # a fifth of a turn in so many pages
_TURNS = 0.5  # a second


def pump_room(name: str) -> Place:
    """Draw it; ``name`` stands on the sign."""
    room = Sketch(WIDTH, HEIGHT, "#1f5c63")
    room.shade((0, 0, WIDTH, 400), (28, 94, 102), (52, 132, 138))
    room.shade((0, 400, WIDTH, 140), (92, 102, 104), (60, 68, 72))
    room.pipe(0, 60, WIDTH, 34, (206, 172, 60))
    room.pipe(430, 176, WIDTH - 430, 44, (70, 130, 190))
    for x in (150, 520, 800):
        room.box(x, 54, 18, 46, "#8f7a2e", radius=3)
    for x in (560, 760):
        room.box(x, 168, 20, 60, "#2f5f90", radius=3)
    room.box(520, 400, 340, 34, "#3a4246", radius=4)
    room.pipe(540, 290, 190, 112, (196, 70, 58))
    room.pipe(730, 312, 100, 70, (150, 156, 162))
    room.box(712, 282, 22, 128, "#7d2b24", radius=4)
    room.box(640, 220, 40, 72, "#3b73ab", radius=2)
    room.disc(660, 250, 30, "#d9dee2")
    room.disc(660, 250, 25, "#fbfbfb")
    room.line([(660, 250), (676, 238)], 4, "#c0392b")
    room.sign(690, 130, name)
    room.box(_AT[0] - 16, _AT[1] - 16, _FAN + 32, _FAN + 32, "#2b3336", radius=14)
    pages = [_fan(360 / _BLADES * n / _PAGES) for n in range(_PAGES)]
    rate = _TURNS * _BLADES * _PAGES
    fan = Flipbook(*_AT, pages, lambda seconds: int(seconds * rate))
    return Place(Planes.of(room.done()), (fan,))


def _fan(angle: float) -> Planes:
    middle = _FAN / 2
    fan = Sketch(_FAN, _FAN, "#2b3336")
    fan.disc(middle, middle, 146, "#0d1416")
    for blade in range(_BLADES):
        start = angle + 360 / _BLADES * blade
        rim = [_turned(start + bend, 134) for bend in range(0, 46, 5)]
        fan.shape([_turned(start - 14, 26), *rim, _turned(start + 30, 26)], "#e8b339")
        fan.line([_turned(start + 2, 30), _turned(start + 2, 128)], 3, "#fbe3a0")
    fan.disc(middle, middle, 36, "#c9ced1")
    fan.disc(middle, middle, 12, "#596164")
    for radius in (66, 104, 140):
        box = [(middle - radius) * 2, (middle - radius) * 2]
        fan.pen.ellipse([*box, *((middle + radius) * 2 for _ in box)], outline="#78858a", width=5)
    return Planes.of(fan.done())


def _turned(degrees: float, radius: float) -> tuple[float, float]:
    turn = radians(degrees)
    return _FAN / 2 + radius * cos(turn), _FAN / 2 + radius * sin(turn)
