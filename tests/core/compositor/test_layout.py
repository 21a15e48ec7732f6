from __future__ import annotations

from itertools import combinations

import pytest

from genba.session.compositor.layout import Tile, arrange
from genba.session.compositor.rect import Rect
from genba.wire.state import Layout, LayoutKind

GRID, FOCUS, PIP = (Layout(kind=k, focus=2) for k in ("grid", "focus", "pip"))


def test_nobody_there_is_one_tile_that_waits_for_camera_1() -> None:
    assert arrange(GRID, [], 1280, 720) == (Tile(1, Rect(0, 0, 1280, 720)),)


@pytest.mark.parametrize("layout", [GRID, FOCUS, PIP])
def test_one_camera_fills_the_view_in_every_layout(layout: Layout) -> None:
    assert arrange(layout, [3], 1280, 720) == (Tile(3, Rect(0, 0, 1280, 720)),)


def test_two_cameras_stand_side_by_side() -> None:
    left, right = arrange(GRID, [1, 2], 1280, 720)
    assert (left.n, left.rect) == (1, Rect(0, 0, 640, 720))
    assert (right.n, right.rect) == (2, Rect(640, 0, 640, 720))


@pytest.mark.parametrize("taken", [[1, 2, 3], [1, 4], [1, 2, 3, 4]])
def test_a_slot_keeps_its_place_in_the_grid(taken: list[int]) -> None:
    assert [(t.n, t.rect.x, t.rect.y) for t in arrange(GRID, taken, 1280, 720)] == [
        (1, 0, 0),
        (2, 640, 0),
        (3, 0, 360),
        (4, 640, 360),
    ]


def test_focus_is_one_large_and_up_to_three_small_at_the_right() -> None:
    large, *small = arrange(FOCUS, [1, 2, 3, 4], 1280, 720)
    assert (large.n, large.rect) == (2, Rect(0, 0, 960, 720))
    assert [t.n for t in small] == [1, 3, 4]
    assert {t.rect.x for t in small} == {960}
    assert [t.rect.y for t in small] == [0, 240, 480]


def test_pip_is_one_in_full_and_the_others_over_its_lower_right() -> None:
    large, *small = arrange(PIP, [1, 2, 3], 1280, 720)
    assert (large.n, large.rect, large.framed) == (2, Rect(0, 0, 1280, 720), False)
    assert [t.n for t in small] == [1, 3]
    assert all(t.framed and t.rect.x > 640 and t.rect.y > 250 for t in small)


def test_a_focus_without_camera_gives_its_place_to_the_lowest_taken_slot() -> None:
    assert arrange(FOCUS, [3, 4], 1280, 720)[0].n == 3


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (640, 360), (854, 480)])
@pytest.mark.parametrize("kind", ["grid", "focus", "pip"])
def test_tiles_are_even_and_inside_the_view(kind: LayoutKind, size: tuple[int, int]) -> None:
    width, height = size
    for count in range(5):
        for taken in combinations((1, 2, 3, 4), count):
            for focus in (1, 2, 3, 4):
                tiles = arrange(Layout(kind=kind, focus=focus), taken, width, height)
                assert set(taken) <= {t.n for t in tiles}
                for rect in (t.rect for t in tiles):
                    assert not (rect.x | rect.y | rect.width | rect.height) & 1
                    assert rect.x >= 0
                    assert rect.y >= 0
                    assert rect.x + rect.width <= width
                    assert rect.y + rect.height <= height


@pytest.mark.parametrize("shape", [(1280, 720), (720, 1280), (640, 480), (4000, 16), (17, 33)])
def test_letterbox_keeps_the_shape_and_stays_in_the_middle(shape: tuple[int, int]) -> None:
    tile = Rect(640, 360, 640, 360)
    rect = tile.letterbox(*shape)
    assert rect.width == tile.width or rect.height == tile.height
    assert abs(rect.width / rect.height - shape[0] / shape[1]) <= 2 * shape[0] / shape[1] / min(
        rect.width, rect.height
    )
    assert abs((rect.x - tile.x) - (tile.x + tile.width - rect.x - rect.width)) <= 2
    assert not (rect.x | rect.y | rect.width | rect.height) & 1
