from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from av import VideoCodecContext

from genba.session.compositor import yuv
from genba.session.compositor.libyuv import LibYuv
from genba.session.compositor.plainyuv import PlainYuv
from genba.session.compositor.plate import draw_plate
from genba.session.compositor.rect import Rect
from genba.session.compositor.surface import Surface
from tests.kit.pictures import plain, planes, varied

if TYPE_CHECKING:
    import av

WAYS: list[type[LibYuv | PlainYuv]] = [LibYuv, PlainYuv]


def psnr(one: object, other: object) -> float:
    difference = np.asarray(one, np.float64) - np.asarray(other, np.float64)
    error = float(np.mean(difference**2))
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (640, 360), (960, 540), (720, 1280)])
def test_libyuv_and_the_fallback_paint_the_same(size: tuple[int, int]) -> None:
    rect = Rect(640, 0, 640, 720).letterbox(*size)
    same_on_both_ways(size, rect)


@pytest.mark.parametrize("rect", [(640, 360), (640, 720), (960, 540), (320, 240), (404, 720)])
@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (720, 1280), (960, 540), (640, 480)])
def test_both_agree_about_what_a_camera_sees(size: tuple[int, int], rect: tuple[int, int]) -> None:
    """Decoded pictures carry more than pixels: where colours stand, which swscale acts upon."""
    same_on_both_ways(size, Rect(0, 0, *rect).letterbox(*size), decoded(varied(*size)))


def test_where_libyuv_would_not_weigh_pixels_exactly_it_leaves_them_to_the_other() -> None:
    picture, canvases = decoded(varied(720, 1280)), [plain(640, 360, (16, 128, 128)) for _ in WAYS]
    for way, canvas in zip(WAYS, canvases, strict=True):
        way().scale(Surface(picture), Surface(canvas), Rect(218, 0, 202, 360))
    one, other = (planes(canvas) for canvas in canvases)
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_both_enlarge_the_same() -> None:
    for size in ((640, 360), (480, 270), (320, 240)):
        same_on_both_ways(size, Rect(0, 0, 1280, 720).letterbox(*size))


def decoded(picture: av.VideoFrame) -> av.VideoFrame:
    """Return it as a decoder gives it, with noise, coloured signs and fine lines in it."""
    dice = np.random.default_rng(1)
    whole = Rect(0, 0, picture.width, picture.height)
    for plane, strong in zip(yuv.views(picture, whole), (6, 3, 3), strict=True):
        noise = dice.integers(-strong, strong + 1, plane.shape)
        plane[:] = np.clip(plane.astype(int) + noise, 16, 235)
        h, w = plane.shape
        plane[h // 4 : h // 2, w // 8 : w // 3] = dice.integers(30, 220)
        plane[h // 3 : h // 3 + 2, : w // 2] = dice.integers(30, 220)
        plane[: h // 4, w // 3 :: 3] = 90  # a fence: what is left of it shows how it was scaled
    to, back = VideoCodecContext.create("libx264", "w"), VideoCodecContext.create("h264", "r")
    to.width, to.height, to.pix_fmt = picture.width, picture.height, "yuv420p"
    to.time_base = Fraction(1, 30)
    to.options = {"crf": "10", "preset": "ultrafast", "tune": "zerolatency"}
    units = [packet for shown in (picture, None) for packet in to.encode(shown)]
    return next(frame for unit in (*units, None) for frame in back.decode(unit))


def same_on_both_ways(
    size: tuple[int, int], rect: Rect, picture: av.VideoFrame | None = None
) -> None:
    picture = picture or varied(*size)
    canvases = [plain(1280, 720, (16, 128, 128)) for _ in WAYS]
    for way, canvas in zip(WAYS, canvases, strict=True):
        way().scale(Surface(picture), Surface(canvas), rect)
    one, other = (planes(canvas) for canvas in canvases)
    assert all(psnr(a, b) >= 40 for a, b in zip(one, other, strict=True))
    assert float(np.std(one[0])) > 10, "nothing was painted"


@pytest.mark.parametrize("way", WAYS)
def test_scaling_touches_the_rectangle_alone(way: type[LibYuv | PlainYuv]) -> None:
    canvas = plain(640, 360, (16, 128, 128))
    picture = plain(333, 217, (200, 90, 170))
    way().scale(Surface(picture), Surface(canvas), Rect(100, 60, 300, 200))
    y, u, v = planes(canvas)
    assert np.all(np.abs(y[60:260, 100:400].astype(int) - 200) <= 1)
    assert np.all(np.abs(u[30:130, 50:200].astype(int) - 90) <= 1)
    assert np.all(np.abs(v[30:130, 50:200].astype(int) - 170) <= 1)
    y[60:260, 100:400] = 16
    u[30:130, 50:200] = 128
    v[30:130, 50:200] = 128
    assert np.all(y == 16)
    assert np.all(u == 128)
    assert np.all(v == 128)


@pytest.mark.parametrize("way", WAYS)
def test_fill_is_one_grey(way: type[LibYuv | PlainYuv]) -> None:
    canvas = plain(320, 180, (200, 90, 170))
    way().fill(Surface(canvas), Rect(20, 40, 100, 60), 30)
    y, u, _ = planes(canvas)
    assert np.all(y[40:100, 20:120] == 30)
    assert np.all(u[20:50, 10:60] == 128)
    assert (y[39, 20], y[100, 20], y[40, 19], y[40, 120]) == (200, 200, 200, 200)


def test_both_ways_blend_the_same() -> None:
    overlay = draw_plate(("1 現場",), 24, 600)
    done = []
    for way in WAYS:
        canvas = varied(640, 360)
        way().blend(overlay, Surface(canvas), 30, 50)
        done.append(planes(canvas))
    for one, other in zip(*done, strict=True):
        assert int(np.abs(one.astype(int) - other.astype(int)).max()) <= 1
    before = planes(varied(640, 360))
    assert psnr(before[0], done[0][0]) < 40, "nothing was blended"


@pytest.mark.parametrize("way", WAYS)
def test_fading_leaves_half_the_light_and_no_colour(way: type[LibYuv | PlainYuv]) -> None:
    canvas = plain(64, 64, (216, 40, 220))
    way().fade(Surface(canvas), Rect(0, 0, 32, 64))
    y, u, v = planes(canvas)
    assert np.all(y[:, :32] == 116)
    assert np.all(y[:, 32:] == 216)
    assert np.all(u[:, :16] == 128)
    assert np.all(v[:, 16:] == 220)


def test_without_libyuv_the_fallback_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise OSError("no such library")

    monkeypatch.setattr("genba.session.compositor.libyuv._load", missing)
    assert isinstance(yuv.best(), PlainYuv)
    monkeypatch.undo()
    assert isinstance(yuv.best(), LibYuv)
