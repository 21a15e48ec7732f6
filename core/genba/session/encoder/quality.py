"""How good an encoding of the view is."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genba.wire.order import ViewOrder

_LINES = {"low": 360, "standard": 720, "high": 1080}
_KBPS = {"low": 500, "standard": 2500, "high": 4500}
_LESS = 0.6  # of the view's own rate: what is less must not take more


class Quality(StrEnum):
    """From what a narrow link carries to what a large screen shows, in this order."""

    LOW = "low"
    STANDARD = "standard"
    HIGH = "high"

    @classmethod
    def of(cls, view: ViewOrder) -> Quality:
        """Return the quality that the view itself has, by its lines."""
        fitting = [quality for quality in cls if _LINES[quality] <= view.height]
        return fitting[-1] if fitting else cls.LOW

    def order(self, view: ViewOrder) -> ViewOrder:
        """Return how the view is encoded at this quality: its shape and pace, other lines.

        The view's own quality is the view as it was ordered.
        """
        if self is Quality.of(view):
            return view
        lines = _LINES[self]
        width = round(view.width * lines / view.height / 2) * 2  # chroma is half as wide
        kbps = _KBPS[self]
        less = lines < view.height
        kbps = min(kbps, round(view.kbps * _LESS)) if less else max(kbps, view.kbps)
        return view.model_copy(update={"width": width, "height": lines, "kbps": kbps})
