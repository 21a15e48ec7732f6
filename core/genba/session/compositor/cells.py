"""Which parts of the view can be painted apart from each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genba.session.compositor.rect import Rect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genba.session.compositor.layout import Tile

EDGE = 2  # pixels of the line around a framed tile


def outer(tile: Tile) -> Rect:
    """Return what a tile covers, its frame included."""
    return tile.rect.inset(-EDGE) if tile.framed else tile.rect


@dataclass(frozen=True, slots=True)
class Cell:
    """Tiles that share pixels, in the order in which they are painted.

    ``clock``: the clock stands over them, or (without tiles) on the bare background. ``parts`` are
    all pixels that the cell is made of; no other cell touches them.
    """

    tiles: tuple[Tile, ...]
    clock: bool
    parts: tuple[Rect, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The cells of a view; ``bare`` is its background where tiles leave some, else None.

    A plan is only equal to itself: what was painted by another is all painted anew.
    """

    cells: tuple[Cell, ...]
    bare: Rect | None


def plan(tiles: Sequence[Tile], clock: Rect | None, width: int, height: int) -> Plan:
    """Part a view of ``width`` x ``height`` whose clock covers ``clock``."""
    groups: list[tuple[list[Tile], list[Rect], bool]] = []
    things: list[tuple[Tile | None, Rect]] = [(tile, outer(tile)) for tile in tiles]
    if clock is not None:
        things.append((None, clock))
    for tile, rect in things:
        touching = [g for g in groups if any(rect.touches(part) for part in g[1])]
        # What is painted later stays later: groups come and are merged in the order of tiles.
        merged = [t for g in touching for t in g[0]]
        merged.sort(key=tiles.index)
        parts = [part for g in touching for part in g[1]]
        clocked = tile is None or any(g[2] for g in touching)
        groups = [g for g in groups if g not in touching]
        groups.append((merged if tile is None else [*merged, tile], [*parts, rect], clocked))
    covered = sum(tile.rect.width * tile.rect.height for tile in tiles if not tile.framed)
    return Plan(
        tuple(Cell(tuple(t), clocked, _whole(parts)) for t, parts, clocked in groups),
        None if covered == width * height else Rect(0, 0, width, height),
    )


def _whole(parts: Sequence[Rect]) -> tuple[Rect, ...]:
    """Leave out what lies inside another."""
    return tuple(
        one
        for k, one in enumerate(parts)
        if not any(
            other.holds(one) and (other != one or n < k) for n, other in enumerate(parts) if n != k
        )
    )
