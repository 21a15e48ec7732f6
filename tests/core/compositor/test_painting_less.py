"""What did not change is not painted again, and looks the same all the same."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from genba.session.compositor.canvases import Canvases
from genba.session.compositor.easel import Easel
from genba.session.compositor.libyuv import LibYuv
from genba.session.compositor.painter import Painter
from genba.session.compositor.plainyuv import PlainYuv
from genba.session.compositor.source import Source
from genba.session.compositor.surface import Canvas
from genba.wire.state import CameraState, Layout
from tests.kit.pictures import Holder, plain, planes, varied

if TYPE_CHECKING:
    import av

NOON = datetime(2026, 4, 1, 3, 4, 5, tzinfo=UTC)
SIZES = [(640, 360), (360, 640), (320, 240)]


def cameras() -> list[Source]:
    return [
        Source(n, Holder(varied(640, 360, n)), f"現場{n}", CameraState.LIVE) for n in range(1, 5)
    ]


def show(source: Source, seed: int) -> None:
    assert isinstance(source.slot, Holder)
    source.slot.frame = varied(*SIZES[seed % len(SIZES)], seed)


def paint(painter: Painter, canvases: Canvases, sources: list[Source], now: datetime) -> Canvas:
    canvas = canvases.take()
    painter.paint(canvas, sources, Layout(), now)
    return canvas


def test_a_tile_is_painted_once_copied_once_and_then_left() -> None:
    painter, canvases, sources = Painter(640, 360, "ja"), Canvases(640, 360), cameras()
    one = paint(painter, canvases, sources, NOON).frame  # held, as the encoder holds it
    assert (painter.painted, painter.copied) == (4, 0)
    two = paint(painter, canvases, sources, NOON).frame
    assert (painter.painted, painter.copied) == (4, 4), "the second canvas takes them over"
    assert all(np.array_equal(a, b) for a, b in zip(planes(one), planes(two), strict=True))
    del one
    paint(painter, canvases, sources, NOON)
    assert (painter.painted, painter.copied) == (4, 4), "the first canvas has them already"
    show(sources[0], 9)
    paint(painter, canvases, sources, NOON)
    assert (painter.painted, painter.copied) == (5, 4), "one camera's tile and no other"
    paint(painter, canvases, sources, NOON + timedelta(seconds=1))
    assert painter.painted == 6, "the tile below the clock"


def test_labels_are_drawn_when_they_change_and_not_for_each_picture() -> None:
    painter, canvases, sources = Painter(640, 360, "ja"), Canvases(640, 360), cameras()
    paint(painter, canvases, sources, NOON)
    drawn = painter.plates.drawn
    for k in range(5):
        for source in sources:
            show(source, 3 * k)
        paint(painter, canvases, sources, NOON)
    assert painter.plates.drawn == drawn
    sources[1] = replace(sources[1], name="裏口")
    paint(painter, canvases, sources, NOON)
    assert painter.plates.drawn == drawn + 1


@pytest.mark.parametrize("way", [LibYuv, PlainYuv])
@pytest.mark.parametrize("kind", ["grid", "focus", "pip", "mixed"])
def test_whatever_happens_it_looks_as_if_painted_anew(
    kind: str, way: type[LibYuv | PlainYuv]
) -> None:
    choice = random.Random(kind)  # noqa: S311 (the same every time)
    painter, canvases = Painter(640, 360, "ja", way()), Canvases(640, 360)
    sources, now = cameras(), NOON
    held: list[av.VideoFrame] = []
    for step in range(40):
        what = choice.randrange(8)
        n = choice.randrange(4)
        if what < 3:
            show(sources[n], step)
        elif what == 3:
            state = choice.choice(list(CameraState))
            sources[n] = replace(sources[n], state=state, last_picture=now)
        elif what == 4:
            now += timedelta(seconds=choice.choice([0.3, 1]))
        elif what == 5:
            sources[n] = replace(sources[n], name=f"名{step}")
        shape = choice.choice(["grid", "focus", "pip"]) if kind == "mixed" else kind
        layout = Layout.model_validate({"kind": shape, "focus": 1 + step // 10})
        canvas = canvases.take()
        painter.paint(canvas, sources, layout, now)
        held = [*held[-choice.randrange(1, 3) :], canvas.frame]
        fresh = Canvas(plain(640, 360, (77, 77, 77)))
        Painter(640, 360, "ja", way()).paint(fresh, sources, layout, now)
        for a, b in zip(planes(canvas.frame), planes(fresh.frame), strict=True):
            assert np.array_equal(a, b), step
    assert painter.copied > 5


def test_other_sizes_are_made_from_what_shows_most() -> None:
    sources = cameras()
    easel = Easel(640, 360, "ja")
    made = list(easel.paint({(320, 180), (640, 360), (1280, 720)}, sources, Layout(), NOON))
    by_size = {(f.width, f.height): f for f in made}
    assert len(made) == 3
    assert (made[0].width, made[0].height) == (640, 360)
    small, own = planes(by_size[320, 180])[0], planes(by_size[640, 360])[0]
    quarter = own.reshape(180, 2, 320, 2).astype(int).mean((1, 3))
    assert np.abs(small - quarter).max() <= 1
    large = Canvas(plain(1280, 720, (77, 77, 77)))
    Painter(1280, 720, "ja").paint(large, sources, Layout(), NOON)
    assert np.array_equal(planes(by_size[1280, 720])[0], planes(large.frame)[0])
    assert len(list(easel.paint((), sources, Layout(), NOON))) == 1
    assert not easel._others
    assert not easel._larger
