"""Arriving packets, beside aiortc's own reading of them."""

from __future__ import annotations

import random
import struct

import pytest
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import HeaderExtensionsMap, RtpPacket

from genba.session.peer.offer import ABS_SEND_TIME, MID, TRANSPORT_CC
from genba.session.peer.packet import Numbers, Rtp

NUMBERS = Numbers(mid=1, wide=2, sent=3)
MAP = HeaderExtensionsMap()
MAP.configure(
    RTCRtpParameters(
        headerExtensions=[
            RTCRtpHeaderExtensionParameters(id=number, uri=uri)
            for uri, number in ((MID, 1), (TRANSPORT_CC, 2), (ABS_SEND_TIME, 3))
        ]
    )
)


def made(chance: random.Random) -> RtpPacket:
    packet = RtpPacket(
        payload_type=chance.randrange(128),
        marker=chance.randrange(2),
        sequence_number=chance.getrandbits(16),
        timestamp=chance.getrandbits(32),
        ssrc=chance.getrandbits(32),
        payload=chance.randbytes(chance.randrange(40)),
    )
    packet.csrc = [chance.getrandbits(32) for _ in range(chance.choice((0, 0, 1, 3)))]
    packet.padding_size = chance.choice((0, 0, 1, 7, 255))
    if chance.random() < 0.7:
        packet.extensions.mid = chance.choice((None, "0", "video"))
        packet.extensions.transport_sequence_number = chance.choice((None, chance.getrandbits(16)))
        packet.extensions.abs_send_time = chance.choice((None, chance.getrandbits(24)))
    return packet


def test_it_reads_what_was_written() -> None:
    chance = random.Random(1)  # noqa: S311  the same packets each time
    for _ in range(500):
        sent = made(chance)
        came = Rtp(sent.serialize(MAP), NUMBERS)
        for name in (
            "payload_type",
            "marker",
            "sequence_number",
            "timestamp",
            "ssrc",
            "payload",
            "padding_size",
        ):
            assert getattr(came, name) == getattr(sent, name), name
        assert came.mid == (sent.extensions.mid or "").encode()
        assert came.wide == sent.extensions.transport_sequence_number
        assert came.sent == sent.extensions.abs_send_time


def test_it_refuses_what_aiortc_refuses() -> None:
    chance = random.Random(2)  # noqa: S311
    refused = 0
    for _ in range(3000):
        data = bytearray(made(chance).serialize(MAP))
        for _ in range(chance.randrange(1, 4)):
            data[chance.choice((0, 1, 12, 13, 14, 15, 16, 17, -1)) % len(data)] = chance.choice(
                (0, 1, 0x10, 0x80, 0x90, 0xB0, 0xBE, 0xDE, 0xFF)
            )
        spoiled = bytes(data[: chance.randrange(1, len(data) + 1)])
        try:
            RtpPacket.parse(spoiled, MAP)
        except UnicodeDecodeError:
            continue  # a mid that is no text is nobody's, and no reason to lose the packet
        except (ValueError, IndexError, struct.error):
            refused += 1
            with pytest.raises((ValueError, IndexError, struct.error)):
                Rtp(spoiled, NUMBERS)
    assert refused > 300


def test_elements_with_long_heads_are_read_too() -> None:
    value = b"\x01\x05video" + b"\x00" + b"\x02\x02\x12\x34" + b"\x03\x03\x00\x00\x09" + bytes(3)
    head = struct.pack("!BBHLLHH", 0x90, 96, 1, 2, 3, 0x1000, len(value) // 4)
    packet = Rtp(head + value[: len(value) // 4 * 4] + b"rest", NUMBERS)
    assert (packet.mid, packet.wide, packet.sent) == (b"video", 0x1234, 9)
    assert packet.payload == b"rest"


def test_what_was_not_negotiated_is_not_read() -> None:
    value = struct.pack("!BcBHxxx", 0x10, b"0", 0x21, 77)
    head = struct.pack("!BBHLLHH", 0x90, 96, 1, 2, 3, 0xBEDE, 2)
    packet = Rtp(head + value, Numbers())
    assert (packet.mid, packet.wide, packet.sent) == (b"", None, None)
