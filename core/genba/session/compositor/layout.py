"""Where each camera stands in the view.

A person says "the camera at the lower left", so a slot keeps its place: in a grid, slot *n* is
always tile *n*, and the number of tiles follows the highest slot that is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genba.session.compositor.rect import Rect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genba.wire.state import Layout

SMALL = 3  # pictures beside or over a large one, at most


@dataclass(frozen=True, slots=True)
class Tile:
    """Slot ``n`` is shown in ``rect``; tiles are drawn in order, ``framed`` ones over others."""

    n: int
    rect: Rect
    framed: bool = False


def arrange(layout: Layout, taken: Sequence[int], width: int, height: int) -> tuple[Tile, ...]:
    """Return the tiles of a ``width`` x ``height`` view while the slots ``taken`` have a camera.

    With nobody there, one tile says how slot 1 is joined. One camera alone fills the view in
    every layout. A grid of three shows how slot 4 is joined in the place that is free. Where the
    ``focus`` slot has no camera, the lowest taken one is shown large in its place.
    """
    full = Rect(0, 0, width & ~1, height & ~1)
    if len(taken) <= 1:
        return (Tile(taken[0] if taken else 1, full),)
    if layout.kind == "grid":
        return _grid(max(taken), full)
    large = layout.focus if layout.focus in taken else min(taken)
    others = [n for n in sorted(taken) if n != large][:SMALL]
    if layout.kind == "focus":
        return _focus(large, others, full)
    return _pip(large, others, full)


def _grid(highest: int, full: Rect) -> tuple[Tile, ...]:
    half_w, half_h = full.width // 2 & ~1, full.height // 2 & ~1
    if highest <= 2:  # noqa: PLR2004 (two side by side, each of full height)
        return tuple(Tile(k + 1, Rect(k * half_w, 0, half_w, full.height)) for k in range(2))
    return tuple(
        Tile(k + 1, Rect(k % 2 * half_w, k // 2 * half_h, half_w, half_h)) for k in range(4)
    )


def _focus(large: int, others: Sequence[int], full: Rect) -> tuple[Tile, ...]:
    """Lay one out in three quarters of the width, the others in a column at its right."""
    left, high = full.width * 3 // 4 & ~1, full.height // SMALL & ~1
    column = (Tile(n, Rect(left, k * high, full.width - left, high)) for k, n in enumerate(others))
    return (Tile(large, Rect(0, 0, left, full.height)), *column)


def _pip(large: int, others: Sequence[int], full: Rect) -> tuple[Tile, ...]:
    """Lay one out in full, the others in a column from the lower right up.

    The column leaves the lowest edge to the clock. A quarter is also what scales cheapest.
    """
    w, h, gap = full.width // 4 & ~1, full.height // 4 & ~1, full.height // 60 & ~1
    bottom = full.height - (full.height // 12 & ~1)
    small = (
        Tile(n, Rect(full.width - gap - w, bottom - (k + 1) * (h + gap) + gap, w, h), framed=True)
        for k, n in enumerate(others)
    )
    return (Tile(large, full), *small)
