from __future__ import annotations

import itertools
import random
import struct

import av
import pytest
from aiortc.codecs.h264 import H264PayloadDescriptor
from aiortc.codecs.vpx import VpxPayloadDescriptor

from genba.session.publishing import packetise
from tests.kit.rtc import encode_h264


def nal(kind: int, size: int) -> bytes:
    rng = random.Random(size)  # noqa: S311 (contents, not secrets)
    return bytes([0x60 | kind]) + bytes(rng.randrange(1, 256) for _ in range(size - 1))


def unit(*nals: bytes) -> bytes:
    """Join with start codes of three and four bytes in turn."""
    codes = itertools.cycle((b"\0\0\0\1", b"\0\0\1"))
    return b"".join(code + body for code, body in zip(codes, nals, strict=False))


def joined(payloads: list[bytes]) -> bytes:
    """Depacketise as another implementation does: to Annex B with long start codes."""
    return b"".join(H264PayloadDescriptor.parse(payload)[1] for payload in payloads)


@pytest.mark.parametrize(
    "sizes", [(20,), (1200,), (1201,), (23, 9, 700), (23, 9, 5000), (600, 600, 600), (9000, 9000)]
)
def test_h264_arrives_whole(sizes: tuple[int, ...]) -> None:
    nals = [nal(1 + index % 5, size) for index, size in enumerate(sizes)]
    payloads = packetise.h264(unit(*nals))
    assert all(len(payload) <= packetise.LARGEST for payload in payloads)
    assert joined(payloads) == b"".join(b"\0\0\0\1" + body for body in nals)


def test_fragments_are_equal_but_the_last() -> None:
    for size in (1201, 2397, 2398, 5000, 100_000):
        payloads = packetise.h264(unit(nal(5, size)))
        sizes = [len(payload) for payload in payloads]
        assert len(set(sizes[:-1])) == 1
        assert sizes[-1] <= sizes[0] <= packetise.LARGEST
        assert sizes[0] - sizes[-1] < len(sizes)
        assert payloads[0][1] & 0xC0 == 0x80
        assert payloads[-1][1] & 0xC0 == 0x40


def test_small_units_share_a_packet() -> None:
    payloads = packetise.h264(unit(nal(7, 23), nal(8, 4), nal(5, 300)))
    assert len(payloads) == 1
    assert payloads[0][0] & 31 == 24
    assert len(packetise.h264(unit(nal(1, 300)))[0]) == 300


def test_what_the_encoder_makes_decodes_after_the_way_through() -> None:
    codec = av.CodecContext.create("h264", "r")
    codec.thread_count = 1
    pictures = 0
    for data in encode_h264(10, 640, 480):
        pictures += len(codec.decode(av.Packet(joined(packetise.h264(data)))))
    assert pictures + len(codec.decode(None)) == 10


def test_nothing_is_made_of_nothing() -> None:
    assert packetise.h264(b"") == []
    assert packetise.h264(b"\0\0\0\1") == []


def test_vp8_pictures_are_numbered_with_15_bits() -> None:
    vp8 = packetise.Vp8()
    vp8._picture = 0x7FFE
    numbers = []
    for size in (1, 1196, 1197, 20_000):
        frame = nal(1, size)
        payloads = vp8(frame)
        assert all(len(payload) <= packetise.LARGEST for payload in payloads)
        sizes = [len(payload) for payload in payloads]
        assert len(set(sizes[:-1])) <= 1
        parsed = [VpxPayloadDescriptor.parse(payload) for payload in payloads]
        assert b"".join(rest for _, rest in parsed) == frame
        assert [d.partition_start for d, _ in parsed] == [1] + [0] * (len(parsed) - 1)
        assert {d.partition_id for d, _ in parsed} == {0}
        assert len({d.picture_id for d, _ in parsed}) == 1
        assert struct.unpack_from("!H", payloads[0], 2)[0] & 0x8000  # the long form, always
        numbers.append(parsed[0][0].picture_id)
    assert numbers == [0x7FFE, 0x7FFF, 0, 1]
