"""Declared sizes are read before any decoder sees them."""

from __future__ import annotations

import fractions
import struct

import av
import pytest

from genba.session.camera.header import PictureRefusedError, check_header, sps_size, vp8_size
from tests.kit.rtc import encode_h264, picture


def vp8_key(width: int, height: int) -> bytes:
    return b"\x10\x02\x00\x9d\x01\x2a" + struct.pack("<HH", width, height) + bytes(60)


def encoded(profile: str, width: int, height: int, pixels: str = "yuv420p") -> bytes:
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, pixels
    codec.time_base, codec.thread_count = fractions.Fraction(1, 30), 1
    codec.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": profile}
    frame = picture(0, width, height).reformat(format=pixels)
    return b"".join(bytes(p) for p in [*codec.encode(frame), *codec.encode(None)])


def sps(unit: bytes) -> bytes:
    at = next(i for i in range(len(unit)) if unit[i : i + 3] == b"\0\0\1" and unit[i + 3] & 31 == 7)
    return unit[at + 3 : unit.index(b"\0\0\1", at + 3)]


@pytest.mark.parametrize(
    ("profile", "size", "pixels"),
    [
        ("baseline", (320, 240), "yuv420p"),
        ("main", (640, 368), "yuv420p"),
        ("high", (1280, 720), "yuv420p"),
        ("high444", (320, 240), "yuv444p"),
    ],
)
def test_h264_sizes_as_x264_writes_them(profile: str, size: tuple[int, int], pixels: str) -> None:
    width, height = sps_size(sps(encoded(profile, *size, pixels)))
    assert (width, height) == size


def test_vp8_sizes() -> None:
    assert vp8_size(vp8_key(1280, 720)) == (1280, 720)
    assert vp8_size(b"\x11" + bytes(20)) is None


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (1920, 1088), (16, 16)])
def test_full_hd_either_way_round_is_let_through(size: tuple[int, int]) -> None:
    check_header("vp8", vp8_key(*size))


@pytest.mark.parametrize("size", [(16383, 16383), (1936, 1080), (1920, 1100), (1936, 16), (0, 9)])
def test_larger_vp8_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(PictureRefusedError):
        check_header("vp8", vp8_key(*size))


def test_larger_h264_is_refused_wherever_the_sps_stands() -> None:
    large = encoded("baseline", 2048, 1152)
    with pytest.raises(PictureRefusedError, match="2048x1152"):
        check_header("h264", large)
    with pytest.raises(PictureRefusedError):
        check_header("h264", encode_h264(1)[0] + large)


@pytest.mark.parametrize("data", [b"", b"\x10\x02\x00", b"\x10\x02\x00\x9d\x01\x2a\x00"])
def test_garbled_vp8_is_refused(data: bytes) -> None:
    with pytest.raises(PictureRefusedError):
        check_header("vp8", data)


def test_samples_of_more_than_8_bits_are_refused() -> None:
    with pytest.raises(PictureRefusedError, match="8 bits"):
        check_header("h264", encoded("high10", 320, 240, "yuv420p10le"))


def test_garbled_h264_is_refused() -> None:
    for tail in (b"", b"\x42", bytes(40), b"\x64\x00\x1f" + bytes(60)):
        with pytest.raises(PictureRefusedError):
            check_header("h264", b"\0\0\0\1\x67" + tail)
