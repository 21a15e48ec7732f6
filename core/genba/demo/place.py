"""A scene of the demo: a background that stands and things that move over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from PIL import Image, ImageDraw

from genba.demo.planes import Planes
from genba.session.compositor.fonts import font

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIDTH, HEIGHT = 960, 540  # pixels of every demo camera
_FINE = 2  # drawn this many times as large, then made small: smooth edges


class Mover(Protocol):
    """Something that moves."""

    def paint(self, canvas: Planes, seconds: float) -> None:
        """Copy its pixels of that moment (seconds since the camera began) onto the canvas."""
        ...


@dataclass(frozen=True, slots=True)
class Flipbook:
    """Shows one of its pages at ``x``, ``y``; ``page`` chooses it by the time."""

    x: int
    y: int
    pages: Sequence[Planes]
    page: Callable[[float], int]

    def paint(self, canvas: Planes, seconds: float) -> None:
        """Copy the page of that moment."""
        canvas.paste(self.pages[self.page(seconds) % len(self.pages)], self.x, self.y)


class Band:
    """A picture that passes behind a window of ``width`` pixels, again and again."""

    def __init__(self, x: int, y: int, width: int, picture: Image.Image, speed: float) -> None:
        """Take the window's place and the picture; ``speed`` is in pixels a second."""
        self._at, self._width, self._speed = (x, y), width, speed
        self._length = picture.width
        twice = Image.new("RGB", (picture.width + width, picture.height))
        for left in range(0, twice.width, picture.width):
            twice.paste(picture, (left, 0))
        self._strip = Planes.of(twice)

    def paint(self, canvas: Planes, seconds: float) -> None:
        """Copy the columns of that moment."""
        start = int(seconds * self._speed) % self._length // 2 * 2
        canvas.paste(self._strip.columns(start, self._width), *self._at)


@dataclass(frozen=True, slots=True)
class Place:
    """What a demo camera films."""

    background: Planes
    movers: tuple[Mover, ...]

    def paint(self, canvas: Planes, seconds: float) -> None:
        """Draw what moves; the background must have been pasted once."""
        for mover in self.movers:
            mover.paint(canvas, seconds)


class Sketch:
    """Pillow's pen at twice the size, with the few shapes that the places are made of."""

    def __init__(self, width: int, height: int, colour: str) -> None:
        """Begin with one colour."""
        self._size = (width, height)
        self.image = Image.new("RGB", (width * _FINE, height * _FINE), colour)
        self.pen = ImageDraw.Draw(self.image)

    @classmethod
    def over(cls, image: Image.Image) -> Sketch:
        """Begin with a finished picture."""
        sketch = cls(image.width, image.height, "black")
        sketch.image.paste(image.resize(sketch.image.size, Image.Resampling.BICUBIC))
        return sketch

    def box(
        self, x: float, y: float, width: float, height: float, colour: str, *, radius: float = 0
    ) -> None:
        """Fill a rectangle, its corners round if asked."""
        self.pen.rounded_rectangle(
            [x * _FINE, y * _FINE, (x + width) * _FINE - 1, (y + height) * _FINE - 1],
            radius * _FINE,
            colour,
        )

    def disc(self, x: float, y: float, radius: float, colour: str) -> None:
        """Fill a circle around ``x``, ``y``."""
        self.pen.ellipse(
            [
                (x - radius) * _FINE,
                (y - radius) * _FINE,
                (x + radius) * _FINE,
                (y + radius) * _FINE,
            ],
            colour,
        )

    def shape(self, points: Sequence[tuple[float, float]], colour: str) -> None:
        """Fill a polygon."""
        self.pen.polygon([(x * _FINE, y * _FINE) for x, y in points], colour)

    def line(self, points: Sequence[tuple[float, float]], width: float, colour: str) -> None:
        """Draw a line."""
        scaled = [(x * _FINE, y * _FINE) for x, y in points]
        self.pen.line(scaled, colour, round(width * _FINE), joint="curve")

    def shade(
        self, box: tuple[int, int, int, int], first: tuple[int, ...], last: tuple[int, ...]
    ) -> None:
        """Fill ``x, y, width, height`` with colours from ``first`` (top) to ``last``."""
        x, y, width, height = (n * _FINE for n in box)
        for row in range(height):
            mixed = (
                a + (b - a) * row // max(1, height - 1) for a, b in zip(first, last, strict=True)
            )
            self.pen.line([(x, y + row), (x + width - 1, y + row)], tuple(mixed))

    def pipe(
        self, x: float, y: float, width: float, height: float, colour: tuple[int, ...]
    ) -> None:
        """Draw a lying pipe: dark, light, dark."""
        rows = int(height * _FINE)
        for row in range(rows):
            light = 1 - abs(row / rows - 0.35) * 1.1
            mixed = tuple(max(0, min(255, int(c * (0.45 + 0.7 * light)))) for c in colour)
            self.pen.line(
                [(x * _FINE, y * _FINE + row), ((x + width) * _FINE, y * _FINE + row)], mixed
            )

    def text(self, x: float, y: float, words: str, size: int, colour: str) -> None:
        """Write words with their middle at ``x``, ``y``."""
        self.pen.text((x * _FINE, y * _FINE), words, colour, font(size * _FINE), anchor="mm")

    def sign(self, x: float, y: float, words: str) -> None:
        """Hang up the sign that names the place, its middle at ``x``, ``y``."""
        width = font(40 * _FINE).getlength(words) / _FINE + 56
        self.box(x - width / 2 + 3, y - 29, width, 64, "#20262a", radius=8)
        self.box(x - width / 2, y - 32, width, 64, "#fdfdf6", radius=8)
        self.box(x - width / 2 + 5, y - 27, width - 10, 54, "#14532d", radius=5)
        self.text(x, y - 1, words, 40, "#ffffff")

    def done(self) -> Image.Image:
        """Return the picture at its own size."""
        return self.image.resize(self._size, Image.Resampling.BOX)
