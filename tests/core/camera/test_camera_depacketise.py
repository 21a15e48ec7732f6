"""Payloads become what decoders take."""

from __future__ import annotations

import struct

import pytest
from aiortc.codecs.h264 import H264Encoder

from genba.session.camera.depacketise import H264, Vp8
from tests.kit.rtc import encode_h264

START = b"\0\0\0\1"
SPS, PPS, IDR, P = b"\x67sps", b"\x68pps", b"\x65\x88idr", b"\x41\x9a."


def stap(*units: bytes) -> bytes:
    return b"\x78" + b"".join(struct.pack("!H", len(unit)) + unit for unit in units)


def fragments(unit: bytes, size: int) -> list[bytes]:
    body = [unit[at : at + size] for at in range(1, len(unit), size)]
    flags = [0x80 * (n == 0) | 0x40 * (n == len(body) - 1) for n in range(len(body))]
    head = unit[0] & 0xE0 | 28
    return [bytes([head, f | unit[0] & 31]) + b for f, b in zip(flags, body, strict=True)]


def test_single_aggregated_and_fragmented_units() -> None:
    coded = H264().picture([stap(SPS, PPS), *fragments(IDR, 2), b""])
    assert coded.data == START + SPS + START + PPS + START + IDR
    assert coded.key
    assert not H264().picture([P]).key


def test_what_aiortc_packs_is_unpacked() -> None:
    for unit in encode_h264(3, 640, 480):
        payloads = H264Encoder._packetize(H264Encoder._split_bitstream(unit))
        found = H264().picture(payloads).data
        assert found.replace(START, b"\0\0\1") == unit.replace(START, b"\0\0\1")


def test_parameter_sets_that_travelled_before_stand_with_the_key_picture() -> None:
    form = H264()
    assert form.picture([stap(SPS, PPS)]).parameters
    assert form.picture([IDR]).data == START + SPS + START + PPS + START + IDR


@pytest.mark.parametrize(
    "payloads",
    [
        [b"\x7c"],
        [b"\x7c\x05rest without a beginning"],
        [b"\x7c\x85no end"],
        [b"\x78\x00"],
        [b"\x78\x00\x09abc"],
        [b"\x78\x00\x00"],
        [b"\x1d\x00\x00"],
        [b"\x00"],
    ],
)
def test_garbled_h264(payloads: list[bytes]) -> None:
    with pytest.raises((ValueError, IndexError, struct.error)):
        H264().picture(payloads)


def test_where_a_key_picture_begins() -> None:
    form = H264()
    first = fragments(IDR, 2)
    assert [form.begins(p) for p in (SPS, stap(SPS), IDR, first[0])] == [True] * 4
    assert [form.begins(p) for p in (P, b"\x65\x08", first[1])] == [False] * 3
    vp8 = Vp8()
    assert vp8.begins(b"\x10\x00")
    assert not vp8.begins(b"\x10\x01")
    assert not vp8.begins(b"\x00\x00")


def test_vp8_frames() -> None:
    coded = Vp8().picture([b"\x90\x80\x05\x00ab", b"\x80\x80\x05cd"])
    assert (coded.data, coded.key) == (b"\x00abcd", True)
    assert not Vp8().picture([b"\x10\x01x"]).key
    with pytest.raises(ValueError, match="truncated"):
        Vp8().picture([b"\x90"])
