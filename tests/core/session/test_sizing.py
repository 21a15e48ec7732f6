"""What nobody sees larger is not sent larger."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from genba.clock import SystemClock
from genba.session.seat import Seat
from genba.session.sizing import CALM, FULL, SMALL, Sizing
from genba.wire.state import Layout

if TYPE_CHECKING:
    from genba.session.camera import CameraLink

HD, FULL_HD = (1280, 720), (1920, 1080)


def seats(count: int, shape: tuple[int, int] = (1280, 720)) -> list[Seat]:
    made = [Seat(n, SystemClock()) for n in range(1, 5)]
    for seat in made[:count]:
        seat.take(f"c{seat.n}", "")
        stats = SimpleNamespace(width=shape[0], height=shape[1], last_picture_age=0.1)
        seat.link = cast("CameraLink", SimpleNamespace(stats=lambda stats=stats: stats))
    return made


def settled(
    made: list[Seat],
    layout: Layout | None = None,
    sizes: tuple[tuple[int, int], ...] = (HD,),
    kept: tuple[str, ...] = (),
) -> list[int]:
    """Return what the cameras are asked for after a while."""
    sizing = Sizing()
    sizing.look(made, layout or Layout(), sizes, kept, 100.0)
    sizing.look(made, layout or Layout(), sizes, kept, 100.0 + CALM)
    return [seat.lines for seat in made]


@pytest.mark.parametrize(
    ("count", "wanted"),
    [
        (1, [FULL] * 4),
        (2, [SMALL, SMALL, FULL, FULL]),  # side by side a picture is 640 wide
        (3, [SMALL, SMALL, SMALL, FULL]),
        (4, [SMALL] * 4),
    ],
)
def test_a_tile_of_640x360_needs_no_more(count: int, wanted: list[int]) -> None:
    assert settled(seats(count)) == wanted


def test_a_phone_held_upright_has_more_to_show_side_by_side() -> None:
    assert settled(seats(2, (720, 1280)))[:2] == [FULL, FULL]
    assert settled(seats(4, (720, 1280))) == [SMALL] * 4


def test_what_is_shown_large_is_sent_large() -> None:
    assert settled(seats(4), Layout(kind="focus", focus=3)) == [SMALL, SMALL, FULL, SMALL]
    assert settled(seats(4), Layout(kind="pip", focus=2)) == [SMALL, FULL, SMALL, SMALL]
    assert settled(seats(4), sizes=(HD, FULL_HD)) == [FULL] * 4


def test_what_is_recorded_or_looked_at_is_sent_large() -> None:
    assert settled(seats(4), kept=("c2", "c4")) == [SMALL, FULL, SMALL, FULL]


def test_larger_is_asked_for_at_once_and_smaller_after_a_while() -> None:
    made, sizing, sizes = seats(4), Sizing(), (HD,)
    assert not sizing.look(made, Layout(), sizes, (), 0.0)
    assert not sizing.look(made, Layout(), sizes, (), CALM - 0.1)
    assert sizing.look(made, Layout(), sizes, (), CALM)
    assert made[0].lines == SMALL
    assert sizing.look(made, Layout(kind="focus", focus=1), sizes, (), CALM + 0.1)
    assert made[0].lines == FULL
    assert not sizing.look(made, Layout(), sizes, (), CALM + 0.2)
    with sizing.full("c2"):
        assert sizing.look(made, Layout(), sizes, (), CALM + 0.3)
        assert made[1].lines == FULL
    assert not sizing.look(made, Layout(), sizes, (), 2 * CALM + 0.1)
    assert sizing.look(made, Layout(), sizes, (), 2 * CALM + 0.4)
    assert made[1].lines == FULL
    assert sizing.look(made, Layout(), sizes, (), 3 * CALM + 0.1)
    assert [seat.lines for seat in made] == [SMALL] * 4


def test_a_new_camera_begins_large() -> None:
    made = seats(4)
    settled(made)
    made[0].take("another", "")
    assert made[0].lines == FULL
