from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genba.bench import barcode

MOMENTS = st.integers(0, 1 << 42)


@given(MOMENTS)
def test_a_moment_is_read_as_it_was_written(moment: int) -> None:
    assert barcode.decode(barcode.encode(moment)) == moment % barcode.CYCLE


@given(MOMENTS, st.integers(0, barcode.BARS - 1))
def test_one_bar_misread_is_no_moment(moment: int, bar: int) -> None:
    bars = barcode.encode(moment)
    bars[bar] = not bars[bar]
    assert barcode.decode(bars) is None


@pytest.mark.parametrize("white", [False, True])
def test_a_picture_of_one_colour_is_no_moment(white: bool) -> None:  # noqa: FBT001
    assert barcode.decode([white] * barcode.BARS) is None


@given(MOMENTS, st.integers(0, barcode.OLDEST))
def test_the_age_is_what_has_passed_also_where_the_count_begins_anew(
    moment: int, passed: int
) -> None:
    assert barcode.age(moment + passed, moment % barcode.CYCLE) == passed


def test_what_seems_very_old_or_of_the_future_has_no_age() -> None:
    assert barcode.age(20_000, 20_000 - barcode.OLDEST - 1) is None
    assert barcode.age(20_000, 20_001) is None


@pytest.mark.parametrize("size", [(1280, 720), (640, 360), (640, 720), (480, 270), (426, 240)])
def test_the_bars_survive_being_scaled_into_a_tile(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).integers(16, 236, (720, 1280), np.uint8)
    barcode.paint(picture, 777_777)
    width, height = size
    rows = np.arange(height) * 720 // height
    columns = np.arange(width) * 1280 // width
    assert barcode.read(np.ascontiguousarray(picture[rows][:, columns])) == 777_777
