"""屋上: clouds that pass over a roof."""

from __future__ import annotations

from genba.demo.place import HEIGHT, WIDTH, Band, Flipbook, Place, Sketch
from genba.demo.planes import Planes

_SKY = 300  # rows of moving sky
_CLOUDS = ((120, 90, 1.0), (430, 190, 0.7), (720, 70, 1.3), (1020, 160, 0.9), (1180, 40, 0.6))
_PUFFS = ((0, 0, 44), (-48, 14, 32), (50, 12, 36), (92, 22, 22), (-84, 24, 18), (16, 20, 40))
_HOUSES = ((0, 70), (120, 110), (300, 56), (470, 90), (640, 64), (800, 120))
_BEACON = 24


def roof(name: str) -> Place:
    """Draw it; ``name`` stands on the sign."""
    sky = Sketch(1280, _SKY, "#7db8ea")
    sky.shade((0, 0, 1280, _SKY), (72, 146, 218), (168, 210, 240))
    for x, y, large in _CLOUDS:
        for tone, drop in (("#d5e2ee", 8), ("#fbfdff", 0)):
            for dx, dy, radius in _PUFFS:
                sky.disc(x + dx * large, y + dy * large + drop, radius * large, tone)
    view = Sketch(WIDTH, HEIGHT, "#a8d2f0")
    for n, (x, height) in enumerate(_HOUSES):
        view.box(x, 400 - height, 150, height, "#8fa6b8" if n % 2 else "#7c94a8")
        for window in range(3):
            view.box(x + 22 + window * 40, 414 - height, 18, 14, "#c7d6e2")
    view.shade((0, 392, WIDTH, 148), (176, 170, 158), (140, 132, 122))
    view.box(0, 380, WIDTH, 22, "#d8d2c4")
    for x in range(20, WIDTH, 60):
        view.box(x, 316, 5, 66, "#e8edf0")
    view.box(0, 316, WIDTH, 6, "#e8edf0", radius=2)
    view.box(0, 346, WIDTH, 4, "#e8edf0", radius=2)
    view.box(700, 346, 190, 130, "#cfd8dc", radius=6)
    for x in (716, 806):
        view.box(x, 366, 68, 88, "#90a4ae", radius=4)
        for row in range(6):
            view.box(x + 6, 374 + row * 13, 56, 5, "#5f7682", radius=2)
    view.box(96, 330, 10, 150, "#b23b2e")
    view.line([(60, 352), (101, 330), (142, 352)], 5, "#b23b2e")
    view.sign(400, 450, name)
    lamp = [_beacon("#ff5a48"), _beacon("#5d221d")]
    beacon = Flipbook(90, 304, lamp, lambda seconds: int(seconds * 1.6))
    return Place(Planes.of(view.done()), (Band(0, 0, WIDTH, sky.done(), 46), beacon))


def _beacon(colour: str) -> Planes:
    lamp = Sketch(_BEACON, _BEACON, "#a8d2f0")
    lamp.disc(_BEACON / 2, _BEACON / 2, 10, colour)
    return Planes.of(lamp.done())
