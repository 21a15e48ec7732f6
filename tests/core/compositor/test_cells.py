from __future__ import annotations

import numpy as np
import pytest

from genba.session.compositor.cells import outer, plan
from genba.session.compositor.layout import arrange
from genba.session.compositor.rect import Rect
from genba.wire.state import Layout

CLOCK = Rect(976, 684, 296, 28)


def cells(kind: str, taken: list[int], clock: Rect | None = CLOCK) -> list[tuple[list[int], bool]]:
    tiles = arrange(Layout.model_validate({"kind": kind}), taken, 1280, 720)
    made = plan(tiles, clock, 1280, 720)
    return [([t.n for t in cell.tiles], cell.clock) for cell in made.cells]


def test_tiles_side_by_side_are_painted_apart_and_the_clock_with_what_is_below_it() -> None:
    assert cells("grid", [1, 2, 3, 4]) == [([1], False), ([2], False), ([3], False), ([4], True)]
    assert cells("grid", [1, 2], None) == [([1], False), ([2], False)]
    assert cells("grid", [1]) == [([1], True)]


def test_tiles_over_one_another_are_painted_together_in_their_order() -> None:
    assert cells("pip", [1, 2, 3]) == [([1, 2, 3], True)]


def test_a_clock_over_two_tiles_joins_them_and_one_over_none_stands_alone() -> None:
    assert cells("focus", [1, 2, 3, 4], Rect(900, 684, 372, 28)) == [
        ([2], False),
        ([3], False),
        ([1, 4], True),
    ]
    assert cells("focus", [1, 2]) == [([1], False), ([2], False), ([], True)]


@pytest.mark.parametrize("kind", ["grid", "focus", "pip"])
@pytest.mark.parametrize("count", range(1, 5))
@pytest.mark.parametrize("clock", [None, CLOCK, Rect(600, 340, 200, 40)])
def test_no_two_cells_share_a_pixel(kind: str, count: int, clock: Rect | None) -> None:
    layout = Layout.model_validate({"kind": kind})
    tiles = arrange(layout, list(range(1, count + 1)), 1280, 720)
    made = plan(tiles, clock, 1280, 720)
    owner = np.zeros((720, 1280), int)
    for k, cell in enumerate(made.cells, 1):
        for r in cell.parts:
            part = owner[r.y : r.y + r.height, r.x : r.x + r.width]
            assert np.isin(part, [0, k]).all()
            part[:] = k
        for tile in cell.tiles:
            assert any(part.holds(outer(tile)) for part in cell.parts)
    assert (made.bare is None) == bool((owner > 0).all()) or kind == "pip"
    assert sorted(t.n for cell in made.cells for t in cell.tiles) == sorted(t.n for t in tiles)
