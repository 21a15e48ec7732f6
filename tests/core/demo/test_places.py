"""The demo's pictures: each its own place, and something in each moves."""

from __future__ import annotations

from datetime import UTC, datetime

import av
import numpy as np
import pytest
from PIL import Image

from genba.demo.place import HEIGHT, WIDTH
from genba.demo.places import PLACES
from genba.demo.planes import Planes
from genba.demo.stamp import LETTERS, Stamp


def test_the_four_places_have_the_names_that_people_say() -> None:
    assert list(PLACES) == ["ポンプ室", "制御盤", "屋上", "搬入口"]


@pytest.mark.parametrize("name", list(PLACES))
def test_something_moves(name: str) -> None:
    place = PLACES[name](name)
    frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    canvas = Planes.on(frame)
    canvas.paste(place.background, 0, 0)
    place.paint(canvas, 0.0)
    before = canvas.y.copy()
    place.paint(canvas, 0.7)
    assert np.count_nonzero(canvas.y != before) > WIDTH * HEIGHT // 200


def test_places_look_different() -> None:
    means = {
        tuple(int(plane.mean()) // 4 for plane in (b.y, b.u, b.v))
        for b in (PLACES[name](name).background for name in PLACES)
    }
    assert len(means) == len(PLACES)


def test_a_sign_shows_the_name_that_was_given() -> None:
    one, other = (PLACES["屋上"](name).background for name in ("屋上", "北棟"))
    assert np.count_nonzero(one.y != other.y) > 200


def test_the_stamp_tells_japanese_time_and_number() -> None:
    frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    canvas = Planes.on(frame)
    canvas.paste(Planes.of(Image.new("RGB", (WIDTH, HEIGHT))), 0, 0)
    stamp = Stamp(0, 0)
    noon = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    stamp.paint(canvas, noon, 5)
    first = canvas.y.copy()
    stamp.paint(canvas, noon, 5)
    assert np.array_equal(first, canvas.y)
    stamp.paint(canvas, noon, 6)
    cell = Stamp.size()[0] // LETTERS
    hour = Planes(first, canvas.u, canvas.v).columns(12 * cell, 2 * cell).y
    hour = hour[: Stamp.size()[1]]
    assert np.array_equal(hour[:, :cell], stamp._glyphs["1"].y)
    assert np.array_equal(hour[:, cell:], stamp._glyphs["2"].y)
    changed = np.flatnonzero((first != canvas.y).any(axis=0))
    assert changed.min() >= 29 * cell
    assert changed.max() < 30 * cell


def test_colours_are_those_of_video() -> None:
    planes = Planes.of(Image.new("RGB", (4, 4), "#ffffff"))
    assert (planes.y[0, 0], planes.u[0, 0], planes.v[0, 0]) == (235, 128, 128)
    with pytest.raises(ValueError, match="odd size"):
        Planes.of(Image.new("RGB", (3, 4)))
