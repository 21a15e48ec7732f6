"""搬入口: boxes on a conveyor belt in front of a shutter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.demo.place import HEIGHT, WIDTH, Band, Place, Sketch
from genba.demo.planes import Planes

if TYPE_CHECKING:
    from PIL import Image

_BELT = (0, 268, 150)  # left, top and height of the moving band
_BOXES = (
    (60, 104, 92, "#c98f4e"),
    (250, 130, 74, "#a96f35"),
    (470, 90, 108, "#d6a565"),
    (640, 140, 84, "#b98243"),
    (880, 108, 96, "#4f86b8"),
    (1060, 120, 70, "#c98f4e"),
)


def dock(name: str) -> Place:
    """Draw it; ``name`` stands on the sign."""
    hall = Sketch(WIDTH, HEIGHT, "#8a5a33")
    hall.shade((0, 0, WIDTH, 268), (150, 96, 54), (122, 78, 44))
    hall.shade((0, 418, WIDTH, 122), (112, 108, 102), (78, 75, 71))
    hall.box(540, 40, 330, 228, "#5c6670", radius=4)
    for row in range(12):
        hall.box(552, 52 + row * 18, 306, 13, "#aab4bc" if row % 2 else "#98a3ac", radius=2)
    for n in range(20):
        hall.shape(
            [(n * 60, 510), (n * 60 + 30, 510), (n * 60 + 14, 530), (n * 60 - 16, 530)], "#e9b93a"
        )
    hall.box(90, 196, 130, 72, "#3f4a52", radius=4)
    for step in range(3):
        hall.box(102, 206 + step * 20, 106, 10, "#6d7b85", radius=2)
    hall.sign(270, 100, name)
    for x in (110, 470, 830):
        hall.box(x, 416, 26, 90, "#3a4046")
    return Place(Planes.of(hall.done()), (Band(_BELT[0], _BELT[1], WIDTH, _belt(), 90),))


def _belt() -> Image.Image:
    belt = Sketch(1280, _BELT[2], "#7a4e2c")
    belt.box(0, 112, 1280, 38, "#23282c")
    for x in range(0, 1280, 40):
        belt.disc(x + 20, 131, 13, "#5b656c")
        belt.disc(x + 20, 131, 5, "#2b3135")
        belt.box(x, 112, 4, 7, "#59636a")
    for n, (x, width, height, colour) in enumerate(_BOXES):
        top = 112 - height
        belt.box(x, top, width, height, colour, radius=3)
        belt.box(x + width / 2 - 9, top, 18, height, "#f0dfc0")
        belt.box(x + 10, 112 - 30, 34, 20, "#fffdf6", radius=2)
        belt.text(x + 27, 112 - 20, f"{n + 1}", 15, "#333333")
    return belt.done()
