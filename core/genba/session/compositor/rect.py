"""A part of a picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rect:
    """In pixels from the top left; all four are even, because chroma has half the size."""

    x: int
    y: int
    width: int
    height: int

    def letterbox(self, width: int, height: int) -> Rect:
        """Return the largest part in the middle that has the shape of ``width`` x ``height``."""
        scale = min(self.width / width, self.height / height)
        w = max(2, round(width * scale) & ~1)
        h = max(2, round(height * scale) & ~1)
        return Rect(
            self.x + ((self.width - w) // 2 & ~1), self.y + ((self.height - h) // 2 & ~1), w, h
        )

    def inset(self, edge: int) -> Rect:
        """Return what is left without ``edge`` pixels at each side."""
        return Rect(self.x + edge, self.y + edge, self.width - 2 * edge, self.height - 2 * edge)

    def touches(self, other: Rect) -> bool:
        """Say whether the two have pixels in common."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )

    def holds(self, other: Rect) -> bool:
        """Say whether all of ``other`` lies inside."""
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.x + other.width <= self.x + self.width
            and other.y + other.height <= self.y + self.height
        )
