from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from av.video.reformatter import ColorRange

from genba.session.compositor.painter import Painter
from genba.session.compositor.source import Source
from genba.session.compositor.surface import Canvas
from genba.session.compositor.texts import clock, texts
from genba.wire.state import CameraState, Layout
from tests.kit.pictures import Holder, plain, planes, varied

if TYPE_CHECKING:
    import av
    from numpy.typing import NDArray

NOON = datetime(2026, 4, 1, 3, 4, 5, tzinfo=UTC)
COLOURS = [(100, 90, 200), (150, 200, 90), (180, 60, 60), (60, 160, 160)]
LIVE = [
    Source(k + 1, Holder(plain(1280, 720, c)), f"現場{k + 1}", CameraState.LIVE)
    for k, c in enumerate(COLOURS)
]
FREE = [replace(s, slot=Holder(None), name="", state=CameraState.EMPTY) for s in LIVE]


def paint(
    sources: list[Source],
    layout: Layout | None = None,
    *,
    now: datetime = NOON,
    language: str = "ja",
    painter: Painter | None = None,
) -> av.VideoFrame:
    canvas = Canvas(plain(1280, 720, (77, 77, 77)))
    (painter or Painter(1280, 720, language)).paint(canvas, sources, layout or Layout(), now)
    return canvas.frame


def colour(frame: av.VideoFrame, x: int, y: int) -> tuple[int, ...]:
    luma, u, v = planes(frame)
    return int(luma[y, x]), int(u[y // 2, x // 2]), int(v[y // 2, x // 2])


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= 2 for a, b in zip(one, other, strict=True))


def luma(frame: av.VideoFrame) -> NDArray[np.uint8]:
    return planes(frame)[0]


def test_each_colour_lands_in_its_tile() -> None:
    view = paint(LIVE)
    for (x, y), wanted in zip(
        [(320, 100), (960, 100), (320, 500), (960, 500)], COLOURS, strict=True
    ):
        assert near(colour(view, x, y), wanted)


def test_the_whole_view_is_painted() -> None:
    for kind in ("grid", "focus", "pip"):
        for count in range(5):
            view = paint(LIVE[:count] + FREE[count:], Layout.model_validate({"kind": kind}))
            assert not np.any((planes(view)[1] == 77) & (planes(view)[2] == 77)), (kind, count)


def test_a_portrait_camera_has_bars_at_its_sides() -> None:
    view = paint([replace(LIVE[0], slot=Holder(plain(720, 1280, COLOURS[0])))])
    assert near(colour(view, 640, 360), COLOURS[0])
    assert near(colour(view, 640 - 198, 600), COLOURS[0])
    assert colour(view, 640 - 210, 600) == (16, 128, 128)
    assert colour(view, 100, 600) == (16, 128, 128)
    assert colour(view, 1180, 300) == (16, 128, 128)


def test_focus_and_pip_put_the_chosen_camera_large() -> None:
    focus = paint(LIVE, Layout(kind="focus", focus=3))
    assert near(colour(focus, 480, 360), COLOURS[2])
    assert near(colour(focus, 1120, 150), COLOURS[0])
    pip = paint(LIVE, Layout(kind="pip", focus=4))
    assert near(colour(pip, 300, 360), COLOURS[3])
    assert near(colour(pip, 1140, 600), COLOURS[0])


def test_the_name_stands_on_a_dark_plate_at_the_top_left_of_the_tile() -> None:
    named, other = paint(LIVE), paint([LIVE[0], replace(LIVE[1], name="裏口"), *LIVE[2:]])
    plate = luma(named)[8:36, 650:720]
    assert plate.max() > 220, "no letters"
    assert plate.min() < COLOURS[1][0] - 60, "no plate"
    changed = luma(named) != luma(other)
    assert changed[8:46, 648:760].any()
    changed[8:46, 648:760] = False
    assert not changed.any(), "a name changes its plate and nothing else"


def test_the_clock_is_at_the_bottom_right_in_jst_and_drawn_once_a_second() -> None:
    assert clock(NOON) == "2026-04-01 12:04:05 JST"
    painter = Painter(1280, 720, "ja")
    first = luma(paint(LIVE, painter=painter))
    drawn = painter.plates.drawn
    again = luma(paint(LIVE, painter=painter, now=NOON + timedelta(seconds=0.9)))
    assert painter.plates.drawn == drawn
    later = luma(paint(LIVE, painter=painter, now=NOON + timedelta(seconds=1)))
    assert painter.plates.drawn == drawn + 1
    assert np.array_equal(first, again)
    changed = first != later
    assert changed[680:, 1000:].any()
    changed[680:, 1000:] = False
    assert not changed.any()


@pytest.mark.parametrize("state", [CameraState.LOST, CameraState.PAUSED])
def test_a_camera_that_is_not_live_is_grey_and_says_why(state: CameraState) -> None:
    view = paint([replace(LIVE[0], state=state, last_picture=NOON), *LIVE[1:]])
    assert colour(view, 100, 300) == (58, 128, 128)
    assert luma(view)[165:195, 200:440].max() > 220, "no message"
    assert near(colour(view, 960, 100), COLOURS[1]), "the others stay as they are"


def test_messages_are_what_a_person_would_say() -> None:
    lost = replace(LIVE[0], state=CameraState.LOST, last_picture=NOON)
    assert texts("ja").trouble(lost) == ("映像が途切れています", "最終 12:04:05")
    assert texts("en").trouble(lost) == ("No picture since 12:04:05",)
    assert texts("ja").trouble(replace(lost, last_picture=None)) == ("映像が途切れています",)
    paused = replace(LIVE[0], state=CameraState.PAUSED)
    assert texts("ja").trouble(paused) == ("一時停止中",)
    assert texts("ja").trouble(LIVE[0]) == ()
    assert texts("ja").empty(2) == (
        "カメラ2 待機中",
        "QRコードまたは参加コードで映像を送れます",
    )
    assert texts("ja").label(LIVE[0]) == "1 現場1"
    assert texts("ja").label(replace(LIVE[0], name="")) == "カメラ1"
    assert texts("en-GB").label(replace(LIVE[0], name="a\n\u202eb  c")) == "1 a b c"


def test_a_free_slot_of_four_says_how_to_join() -> None:
    view = paint([*LIVE[:3], FREE[3]])
    assert colour(view, 700, 500) == (30, 128, 128)
    assert luma(view)[510:570, 760:1160].max() > 220


def test_a_lost_camera_without_any_picture_is_dark() -> None:
    view = paint([replace(LIVE[0], slot=Holder(None), state=CameraState.LOST)])
    assert colour(view, 200, 200) == (30, 128, 128)


def test_other_pixel_formats_are_converted_once() -> None:
    holder = Holder(plain(640, 360, (235, 128, 128)).reformat(format="rgb24"))
    painter = Painter(1280, 720, "ja")
    source = replace(LIVE[0], slot=holder)
    view = paint([source], painter=painter)
    assert near(colour(view, 640, 200), (235, 128, 128))
    before = painter._pictures[1]
    paint([source], painter=painter)
    assert painter._pictures[1] is before


def test_full_range_is_brought_to_limited_range() -> None:
    bright = plain(640, 360, (255, 128, 128))
    bright.color_range = ColorRange.JPEG
    view = paint([replace(LIVE[0], slot=Holder(bright))])
    assert near(colour(view, 640, 200), (235, 128, 128))


@pytest.mark.parametrize("size", [(641, 359), (16, 16), (2, 2), (1921, 1079)])
def test_odd_sizes_are_shown(size: tuple[int, int]) -> None:
    view = paint([replace(LIVE[0], slot=Holder(varied(*size)))])
    assert luma(view).std() > 1
