"""From packets to access units, without a network."""

from __future__ import annotations

import asyncio
import random
import re
import time
from typing import TYPE_CHECKING, cast

import pytest
from aiortc.codecs.h264 import H264Encoder
from aiortc.rtcrtpparameters import RTCRtcpFeedback, RTCRtpCodecParameters
from aiortc.rtp import (
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
    RtpPacket,
)

from genba.session.camera.keyrequest import KeyRequest
from genba.session.camera.reception import Reception
from genba.session.camera.reorder import WINDOW, Reorder
from genba.session.camera.timeline import Timeline
from genba.session.camera.video import VideoInput
from genba.session.mediaclock import MediaClock
from genba.session.peer import Pick
from tests.kit.rtc import encode_h264
from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genba.session.camera import AccessUnit
    from genba.session.peer import Peer

PLI = RTCRtcpFeedback("nack", "pli")


class FakePeer:
    """Keeps what would be sent."""

    rtt = 0.0

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send_rtcp(self, data: bytes) -> None:
        self.sent.append(data)

    def nacks(self) -> list[int]:
        packets = [p for data in self.sent for p in RtcpPacket.parse(data)]
        return [n for p in packets if isinstance(p, RtcpRtpfbPacket) for n in p.lost]

    def plis(self) -> int:
        packets = [p for data in self.sent for p in RtcpPacket.parse(data)]
        return sum(isinstance(p, RtcpPsfbPacket) for p in packets)


class Screen:
    """Takes the units."""

    def __init__(self) -> None:
        self.units: list[AccessUnit] = []
        self.over = False

    def unit(self, unit: AccessUnit) -> None:
        self.units.append(unit)

    def ended(self) -> None:
        self.over = True


class Way:
    """A receiver, and the packets of some pictures."""

    def __init__(self, pictures: int = 10, first: int = 100, *, gop: int = 100) -> None:
        codec = RTCRtpCodecParameters("video/H264", 90_000, None, 96, [PLI])
        rtx = RTCRtpCodecParameters("video/rtx", 90_000, None, 97)
        pick = Pick("video", "0", codec, rtx, "", {}, (), 0)
        self.peer = FakePeer()
        self.screen = Screen()
        self.video = VideoInput(cast("Peer", self.peer), pick, MediaClock(), self.screen)
        # with the long start codes that the receiver writes
        units = encode_h264(pictures, 640, 480, gop=gop)
        self.units = [re.sub(rb"\x00?\x00\x00\x01", b"\0\0\0\1", unit) for unit in units]
        self.packets: list[RtpPacket] = []
        for number, unit in enumerate(self.units):
            payloads = H264Encoder._packetize(H264Encoder._split_bitstream(unit))
            for index, payload in enumerate(payloads):
                sequence = (first + len(self.packets)) & 0xFFFF
                marker = int(index == len(payloads) - 1)
                packet = RtpPacket(96, marker, sequence, number * 3000, 7, payload)
                self.packets.append(packet)

    def of(self, picture: int) -> list[RtpPacket]:
        return [packet for packet in self.packets if packet.timestamp == picture * 3000]

    def send(self, *packets: RtpPacket) -> None:
        for packet in packets:
            self.video.on_rtp(packet, time.monotonic())

    def again(self, packet: RtpPacket) -> RtpPacket:
        """Return the retransmission."""
        payload = packet.sequence_number.to_bytes(2, "big") + packet.payload
        return RtpPacket(97, packet.marker, 9, packet.timestamp, 8, payload)


@pytest.fixture
def way() -> Iterator[Way]:
    found = Way()
    yield found
    found.video.stop()
    assert found.screen.over


async def test_a_picture_goes_out_with_its_marked_packet(way: Way) -> None:
    first = way.of(0)
    way.send(*first[:-1])
    assert way.screen.units == []
    way.send(first[-1])
    unit = way.screen.units[0]
    assert (unit.data, unit.key, unit.codec, unit.damaged) == (way.units[0], True, "h264", False)


async def test_out_of_order_packets_go_out_at_the_marker(way: Way) -> None:
    shuffled = way.of(1) + way.of(2)
    way.send(*way.of(0))
    way.send(*reversed(shuffled))
    assert [unit.data for unit in way.screen.units] == way.units[:3]
    assert way.peer.sent == []  # merely overtaken: nothing was asked for


async def test_without_markers_the_next_picture_releases(way: Way) -> None:
    for packet in way.packets:
        packet.marker = 0
    way.send(*way.of(0), *way.of(1))
    assert len(way.screen.units) == 1


async def test_the_counter_may_wrap() -> None:
    way = Way(first=65_530)
    chance = random.Random(1)  # noqa: S311  a network
    for at in range(1, len(way.packets), 4):
        part = way.packets[at : at + 4]
        chance.shuffle(part)
        way.packets[at : at + 4] = part
    way.send(*way.packets)
    assert [unit.data for unit in way.screen.units] == way.units
    way.video.stop()


@pytest.mark.parametrize("retransmission", ["rtx", "plain"])
async def test_a_lost_packet_is_asked_for_and_mends_the_picture(
    way: Way, retransmission: str
) -> None:
    lost = way.of(1)[0]
    way.send(*[packet for packet in way.packets if packet is not lost])
    assert len(way.screen.units) == 1
    await until(way.peer.nacks)
    assert way.peer.nacks()[0] == lost.sequence_number
    way.send(way.again(lost) if retransmission == "rtx" else lost)
    assert [unit.data for unit in way.screen.units] == way.units
    assert way.video.counts.recovered == 1
    assert way.peer.plis() == 0


async def test_losses_on_both_sides_of_the_wrap_are_asked_for() -> None:
    way = Way(pictures=30, first=65_535)
    way.send(way.packets[0])
    way.send(*way.packets[5:])
    await until(way.peer.nacks)
    assert set(way.peer.nacks()) >= {0, 1, 2, 3}
    way.video.stop()


async def test_what_stays_lost_is_skipped_to_a_key_picture() -> None:
    way = Way(gop=5)
    lost = way.of(1)[0]
    way.send(*[packet for packet in way.packets if packet is not lost])
    await until(lambda: way.video.counts.skipped)
    assert len(way.screen.units) == 1 + 5  # the picture at 5 was here already: on from there
    assert way.screen.units[1].damaged
    assert [unit.key for unit in way.screen.units] == [True, True] + [False] * 4
    way.video.stop()


async def test_a_stream_without_a_key_picture_asks_for_one(way: Way) -> None:
    way.send(*way.of(1), *way.of(2), *way.of(3))
    assert way.screen.units == []
    assert way.peer.plis() == 1
    assert way.video.counts.skipped == 3


async def test_padding_and_probes_are_no_pictures(way: Way) -> None:
    way.send(*way.of(0))
    after = way.of(1)[0].sequence_number
    for packet in way.packets[len(way.of(0)) :]:
        packet.sequence_number += 2
    padding = [RtpPacket(96, 0, after + n, 0, 7, b"") for n in range(2)]
    probe = RtpPacket(97, 0, 50, 0, 8, b"\x00\x01")
    way.send(*padding, probe, *way.of(1), *way.of(2))
    assert [unit.data for unit in way.screen.units] == way.units[:3]
    assert way.peer.sent == []


async def test_garbled_pictures_cost_themselves_and_a_key_picture(way: Way) -> None:
    way.send(*way.of(0))
    for packet in way.of(1):
        packet.payload = b"\x7c"
    way.send(*way.of(1), *way.of(2))
    assert len(way.screen.units) == 1
    assert way.peer.plis() == 1


async def test_another_ssrc_begins_anew(way: Way) -> None:
    way.send(*way.of(0), *way.of(1))
    for packet in way.packets:
        packet.ssrc, packet.sequence_number = 99, (packet.sequence_number + 30_000) & 0xFFFF
    way.send(*way.of(0), *way.of(1))
    assert [unit.key for unit in way.screen.units] == [True, False, True, False]


async def test_key_requests_are_prompt_and_few() -> None:
    asked = []
    loop = asyncio.get_running_loop()
    request = KeyRequest(lambda: asked.append(loop.time()))
    for _ in range(100):
        request()
    assert len(asked) == 1
    await until(lambda: len(asked) == 2)
    assert asked[1] - asked[0] >= 0.24
    request()
    request.fulfilled()
    assert request._timer is None


def test_the_window_is_bounded() -> None:
    reorder = Reorder()
    for number in range(WINDOW * 2):
        if number != 1:
            reorder.insert(number + 10, number, 0, b"x", 0.0)
    assert len(reorder._beyond) == WINDOW - 2
    assert reorder.overrun(10 + WINDOW)
    reorder.skip(lambda _: False)
    assert (reorder._beyond, reorder.missing) == ({}, {})
    assert reorder.insert(10 + WINDOW, 0, 1, b"x", 0.0)


def test_one_endless_picture_is_bounded_too() -> None:
    reorder = Reorder()
    for number in range(WINDOW):
        assert reorder.insert(number, 7, 0, b"x", 0.0)
    assert reorder.overrun(WINDOW)
    assert not reorder.whole()


def test_reports_count_loss_and_answer_sender_reports() -> None:
    reception = Reception(90_000)
    assert reception.info(0.0) is None
    for number in range(65_500, 65_600):
        if number % 10:
            reception.count(7, number & 0xFFFF, number * 3000, 1000, number / 30)
    info = reception.info(1.0)
    assert info is not None
    assert info.packets_lost == 9  # the last one's successor has not come: it is not known yet
    assert info.fraction_lost == pytest.approx(256 * 9 / 99, abs=3)
    assert info.highest_sequence == 65_536 + 65_599
    assert info.lsr == 0
    reception.sender_report(RtcpSenderInfo(0x1234_5678_9ABC_DEF0, 0, 1, 1), 1.0)
    info = reception.info(1.5)
    assert info is not None
    assert (info.lsr, info.dlsr, info.fraction_lost) == (0x5678_9ABC, 32_768, 0)
    reception.count(7, 65_600 & 0xFFFF, 0, 62_500, 2.0)
    reception.info(2.5)
    assert reception.kbps == pytest.approx(500)
    assert len(bytes(RtcpRrPacket(1, [info]))) == 32
    assert RtcpReceiverInfo.parse(bytes(info)) == info


async def test_sender_reports_of_the_stream_are_heard(way: Way) -> None:
    way.send(*way.of(0))
    info = RtcpSenderInfo(1 << 40, 0, 1, 1)
    await way.video._handle_rtcp_packet(RtcpSrPacket(8, info))
    assert way.video.reception._report[0] == 0
    await way.video._handle_rtcp_packet(RtcpSrPacket(7, info))
    assert way.video.reception._report[0] == (1 << 40) >> 16 & 0xFFFFFFFF


def test_moments_follow_the_fastest_packets_and_never_go_back() -> None:
    timeline = Timeline(90_000)
    chance = random.Random(2)  # noqa: S311  a network
    before = arrival = -1.0
    for number in range(300):
        sent = 5 + number / 30
        arrival = max(arrival, sent + 0.05 + 0.05 * chance.random())
        moment = timeline.moment(number * 3000, arrival)
        assert moment >= before
        before = moment
        if number > 30:
            assert moment == pytest.approx(sent + 0.05, abs=0.012)
