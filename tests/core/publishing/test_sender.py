from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal

import pytest
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    HeaderExtensionsMap,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSrPacket,
    RtpPacket,
    pack_remb_fci,
)

from genba.api import Packet
from genba.session.encoder.fanout import Fanout
from genba.session.peer.offer import ABS_SEND_TIME, MID, PLAYOUT_DELAY, TRANSPORT_CC, Pick
from genba.session.peer.part import SendingPart
from genba.session.publishing.history import KEPT
from genba.session.publishing.sender import RESENT_AT_ONCE, Sender
from genba.session.publishing.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from genba.session.peer.train import Train

MOMENT = 10.0  # when everything is sent
AT_ONCE, EVENLY = bytes(3), b"\x00\x03\xe8"  # playout delays: none, and up to 10 s
RTX = RTCRtpCodecParameters("video/rtx", 90_000, payloadType=103, parameters={"apt": 102})


class Clock:
    """A media clock that moves when it is told to."""

    moment = 10.0

    def now(self) -> float:
        return self.moment

    def at(self, monotonic: float) -> float:
        return monotonic

    def ntp(self, moment: float) -> int:
        return int((3_900_000_000 + moment) * 2**32) & (2**64 - 1)


class Wire:
    """A peer that records what it is to send; ``room`` packets fit into its socket."""

    ready = True
    available = 0

    def __init__(self) -> None:
        self.rtp: list[bytes] = []
        self.rtcp: list[bytes] = []
        self.room = 1_000_000
        self.number = 0  # the next transport-wide one
        self.filler: Callable[[int], Train | None] | None = None
        self.heard: list[tuple[str, float, int]] = []

    def fill(self, filler: Callable[[int], Train | None] | None) -> None:
        self.filler = filler

    def hear_remb(self, bitrate: int, sending: int) -> None:
        self.heard.append(("remb", bitrate, sending))

    def hear_loss(self, loss: float, sending: int) -> None:
        self.heard.append(("loss", loss, sending))

    def send(self, train: Train) -> bool:
        number = self.number if train.number is None else train.number
        packets = train.packets(MOMENT, number)
        if train.number is None:
            self.number += len(packets)
        if train.stamps is not None:
            block = train.header.block(MOMENT)
            train.stamps += [(block, number + n) for n in range(len(packets))]
        sent = packets[: self.room]
        self.rtp += sent
        self.room -= len(sent)
        return len(sent) == len(packets)

    def send_rtcp(self, data: bytes) -> None:
        self.rtcp.append(data)

    def parsed(self, extensions: HeaderExtensionsMap | None = None) -> list[RtpPacket]:
        packets = [RtpPacket.parse(data, extensions or HeaderExtensionsMap()) for data in self.rtp]
        self.rtp.clear()
        return packets


class Desk:
    """A layer's fan-out, a clock, and senders that hang on it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.layer: Fanout[Packet] = Fanout()
        self.asked = 0
        self.start = self.clock.moment
        self.pictures = 0

    def _ask(self) -> None:
        self.asked += 1

    def sender(
        self,
        wire: Wire,
        *,
        kind: str = "video",
        rtx: bool = True,
        extensions: Mapping[str, int] | None = None,
        layer: Fanout[Packet] | None = None,
        codec_name: str = "H264",
    ) -> Sender:
        codec = (
            RTCRtpCodecParameters(f"video/{codec_name}", 90_000, payloadType=102)
            if kind == "video"
            else RTCRtpCodecParameters("audio/opus", 48_000, channels=2, payloadType=111)
        )
        pick = Pick(
            kind="video" if kind == "video" else "audio",
            mid="0",
            codec=codec,
            rtx=RTX if rtx else None,
            format="",
            extensions=dict(extensions or {}),
            ssrcs=(),
            index=0,
        )
        return Sender(
            wire,
            pick,
            stream=(layer or self.layer).shared(Stream),
            clock=self.clock,  # type: ignore[arg-type]  # a clock that stands still
            cname="desk",
            request_key=self._ask if kind == "video" else None,
        )

    def picture(self, size: int = 300, *, key: bool = False) -> None:
        data = b"\0\0\0\1" + bytes([0x65 if key else 0x41]) + b"\x80" * (size - 1)
        self.layer.push(Packet("video", "h264", data, self.clock.moment, 1 / 30, key))
        self.pictures += 1
        self.clock.moment = self.start + self.pictures / 30

    def sound(self) -> None:
        self.layer.push(Packet("audio", "opus", b"\x78" * 60, self.clock.moment, 0.02, key=True))
        self.clock.moment += 0.02


def nack(sender: Sender, *lost: int) -> RtcpRtpfbPacket:
    return RtcpRtpfbPacket(RTCP_RTPFB_NACK, 1, sender._ssrc, list(lost))


def test_it_is_what_a_peer_carries() -> None:
    assert isinstance(Desk().sender(Wire()), SendingPart)


def test_pictures_begin_with_a_key_picture_and_are_marked_at_their_end() -> None:
    desk, wire = Desk(), Wire()
    sender = desk.sender(wire)
    sender.start()
    assert desk.asked == 1
    desk.picture()
    assert wire.rtp == []
    desk.picture(3000, key=True)
    desk.picture()
    packets = wire.parsed()
    assert [p.marker for p in packets] == [0, 0, 1, 1]
    assert [p.payload_type for p in packets] == [102] * 4
    assert {p.ssrc for p in packets} == {sender._ssrc}
    first = packets[0].sequence_number
    assert [p.sequence_number for p in packets] == [first + n for n in range(4)]
    assert len({p.timestamp for p in packets[:3]}) == 1
    assert (packets[3].timestamp - packets[2].timestamp) & 0xFFFFFFFF == 3000


def test_a_picture_is_packetised_once_for_all() -> None:
    desk, wires = Desk(), [Wire() for _ in range(5)]
    for wire in wires:
        desk.sender(wire).start()
    assert len(desk.layer) == 1
    desk.picture(3000, key=True)
    payloads = [[p.payload for p in wire.parsed()] for wire in wires]
    assert all(p == payloads[0] for p in payloads)
    stream = desk.layer.shared(Stream)
    assert len(stream.senders) == 5


def test_the_layer_is_left_with_the_last_viewer() -> None:
    desk = Desk()
    one, two = desk.sender(Wire()), desk.sender(Wire())
    one.start()
    two.start()
    one.stop()
    assert len(desk.layer) == 1
    two.stop()
    two.stop()
    assert len(desk.layer) == 0


def test_header_extensions_are_those_negotiated() -> None:
    desk, wire = Desk(), Wire()
    desk.sender(wire, extensions={MID: 4, ABS_SEND_TIME: 2}).start()
    desk.picture(key=True)
    known = HeaderExtensionsMap()
    known._HeaderExtensionsMap__ids.mid = 4  # type: ignore[attr-defined]
    known._HeaderExtensionsMap__ids.abs_send_time = 2  # type: ignore[attr-defined]
    (packet,) = wire.parsed(known)
    assert packet.extensions.mid == "0"
    assert packet.extensions.abs_send_time == int(MOMENT * 2**18)


def delays(wire: Wire) -> set[bytes]:
    """Return the playout delays (least and most) of what was sent: mid 0 is in front of them."""
    found = {data[16 + 3 : 16 + 6] for data in wire.rtp if data[16:18] == b"\x400"}
    wire.rtp.clear()
    return found


async def test_pictures_are_to_be_shown_at_once_unless_a_long_way_loses_them() -> None:
    desk, wire = Desk(), Wire()
    sender = desk.sender(wire, extensions={MID: 4, PLAYOUT_DELAY: 6})
    sender.start()
    desk.picture(5000, key=True)
    number = RtpPacket.parse(wire.rtp[1]).sequence_number
    assert delays(wire) == {AT_ONCE}
    for way, expected in ((None, AT_ONCE), (0.005, AT_ONCE), (0.1, EVENLY)):
        sender.stats.rtt = way
        for _ in range(3):
            await sender._handle_rtcp_packet(nack(sender, number))
        wire.rtp.clear()
        desk.picture()
        assert delays(wire) == {expected}, way
    desk.clock.moment += 21
    desk.picture()
    assert delays(wire) == {AT_ONCE}


async def test_a_loss_now_and_then_is_chance() -> None:
    desk, wire = Desk(), Wire()
    sender = desk.sender(wire, extensions={MID: 4, PLAYOUT_DELAY: 6})
    sender.start()
    sender.stats.rtt = 0.1
    desk.picture(5000, key=True)
    for _ in range(6):
        await sender._handle_rtcp_packet(nack(sender, 1))
        desk.clock.moment += 3
    wire.rtp.clear()
    desk.picture()
    assert delays(wire) == {AT_ONCE}


def test_a_full_socket_drops_to_the_next_key_picture_and_asks_for_one() -> None:
    desk, blocked, other = Desk(), Wire(), Wire()
    sender = desk.sender(blocked)
    sender.start()
    desk.sender(other).start()
    desk.picture(key=True)
    asked = desk.asked
    blocked.room = 1
    desk.picture(3000)
    assert desk.asked == asked + 1
    assert len(blocked.parsed()) == 2
    blocked.room = 1000
    desk.picture()
    desk.picture()
    assert blocked.rtp == []
    assert desk.asked == asked + 1
    desk.picture(key=True)
    desk.picture()
    assert [p.payload[0] & 31 for p in blocked.parsed()] == [5, 1]
    assert sender.stats.dropped == 1
    assert len(other.parsed()) == 1 + 3 + 1 + 1 + 1 + 1


def test_sound_goes_on_after_a_full_socket() -> None:
    desk, wire = Desk(), Wire()
    desk.sender(wire, kind="audio", rtx=False).start()
    desk.sound()
    wire.room = 0
    desk.sound()
    wire.room = 10
    desk.sound()
    packets = wire.parsed()
    assert len(packets) == 2
    assert [p.marker for p in packets] == [0, 0]
    assert (packets[1].timestamp - packets[0].timestamp) & 0xFFFFFFFF == 2 * 960
    assert desk.asked == 0


async def test_lost_packets_come_again_as_rtx() -> None:
    desk, wire = Desk(), Wire()
    sender = desk.sender(wire)
    sender.start()
    desk.picture(5000, key=True)
    sent = wire.parsed()
    await sender._handle_rtcp_packet(
        nack(sender, sent[1].sequence_number, sent[-1].sequence_number)
    )
    again = wire.parsed()
    assert [p.payload_type for p in again] == [103, 103]
    assert {p.ssrc for p in again} == {sender.rtx_ssrc}
    assert [p.timestamp for p in again] == [sent[1].timestamp, sent[-1].timestamp]
    assert [p.marker for p in again] == [0, 1]
    for copy, original in zip(again, (sent[1], sent[-1]), strict=True):
        assert copy.payload == struct.pack("!H", original.sequence_number) + original.payload
    assert sender.stats.resent == 2


async def test_without_rtx_they_come_again_as_they_were() -> None:
    desk, wire = Desk(), Wire()
    sender = desk.sender(wire, rtx=False)
    sender.start()
    desk.picture(5000, key=True)
    sent = list(wire.rtp)
    wire.rtp.clear()
    number = RtpPacket.parse(sent[1]).sequence_number
    await sender._handle_rtcp_packet(nack(sender, number))
    assert wire.rtp == [sent[1]]


async def test_asking_again_at_once_changes_nothing() -> None:
    desk, wire = Desk(), Wire()
    sender = desk.sender(wire)
    sender.start()
    desk.picture(key=True)
    number = wire.parsed()[0].sequence_number
    for _ in range(5):
        await sender._handle_rtcp_packet(nack(sender, number))
    assert len(wire.parsed()) == 1
    desk.clock.moment += 0.05
    await sender._handle_rtcp_packet(nack(sender, number))
    assert len(wire.parsed()) == 1


async def test_what_is_older_than_the_history_is_missed() -> None:
    desk, wire = Desk(), Wire()
    sender = desk.sender(wire)
    sender.start()
    desk.picture(key=True)
    number = wire.parsed()[0].sequence_number
    desk.clock.moment += KEPT
    await sender._handle_rtcp_packet(nack(sender, number, (number - 100) & 0xFFFF))
    assert wire.rtp == []
    assert sender.stats.missed == 2


async def test_no_viewer_can_have_more_sent_again_than_its_share() -> None:
    desk, wire = Desk(), Wire()
    sender = desk.sender(wire)
    sender.start()
    desk.picture(600_000, key=True)
    numbers = [p.sequence_number for p in wire.parsed()]
    assert len(numbers) > RESENT_AT_ONCE + 100
    for at in range(0, len(numbers), 100):
        await sender._handle_rtcp_packet(nack(sender, *numbers[at : at + 100]))
    assert len(wire.parsed()) == pytest.approx(RESENT_AT_ONCE, abs=40)


async def test_reports_tell_the_media_clock_and_the_name() -> None:
    desk, wire = Desk(), Wire()
    sender = desk.sender(wire)
    sender.start()
    start = desk.clock.moment
    for n in range(45):
        desk.picture(key=n == 0)
    assert len(wire.rtcp) == 2
    report, source = RtcpPacket.parse(wire.rtcp[1])
    assert isinstance(report, RtcpSrPacket)
    assert isinstance(source, RtcpSdesPacket)
    assert source.chunks[0].items == [(1, b"desk")]
    info = report.sender_info
    elapsed = info.ntp_timestamp / 2**32 - 3_900_000_000 - start
    first = wire.parsed()[0]
    assert elapsed >= 1
    assert (info.rtp_timestamp - first.timestamp) & 0xFFFFFFFF == pytest.approx(
        elapsed * 90_000, abs=2
    )
    assert info.packet_count == 31


async def test_feedback_is_heard() -> None:
    desk, wire = Desk(), Wire()
    sender = desk.sender(wire)
    sender.start()
    desk.picture(key=True)
    asked = desk.asked
    await sender._handle_rtcp_packet(RtcpPsfbPacket(RTCP_PSFB_PLI, 1, sender._ssrc))
    await sender._handle_rtcp_packet(RtcpPsfbPacket(RTCP_PSFB_FIR, 1, 0, bytes(8)))
    assert desk.asked == asked + 2
    remb = pack_remb_fci(1_500_000, [sender._ssrc])
    await sender._handle_rtcp_packet(RtcpPsfbPacket(RTCP_PSFB_APP, 1, 0, remb))
    await sender._handle_rtcp_packet(RtcpPsfbPacket(RTCP_PSFB_APP, 1, 0, b"else"))
    assert sender.stats.remb == pytest.approx(1_500_000, rel=0.01)
    middle = (desk.clock.ntp(desk.clock.moment) >> 16) & 0xFFFFFFFF
    heard = RtcpReceiverInfo(sender._ssrc, 64, 5, 1, 0, middle - 65536 // 10, 65536 // 20)
    await sender._handle_rtcp_packet(RtcpRrPacket(1, [heard]))
    assert sender.stats.loss == 0.25
    assert sender.stats.rtt == pytest.approx(0.05, abs=0.01)


def test_a_way_without_room_asks_for_a_key_picture_once_there_is_room() -> None:
    """Everybody on the layer would get each key picture that one narrow way cannot take."""
    desk, wire = Desk(), Wire()
    sender = desk.sender(wire)
    sender.start()
    desk.picture(key=True)
    asked = desk.asked
    wire.ready = False
    for key in (False, False, True, False):
        desk.picture(key=key)
    assert desk.asked == asked
    assert sender.stats.dropped == 2
    wire.ready = True
    desk.picture()
    desk.picture()
    assert desk.asked == asked + 1
    wire.rtp.clear()
    desk.picture(key=True)
    desk.picture()
    assert len(wire.rtp) == 2


def frame(
    desk: Desk, layer: Fanout[Packet], *, key: bool = False, codec: Literal["h264", "vp8"] = "h264"
) -> None:
    """Push one picture to a layer, at the desk's time."""
    data = b"\0\0\0\1" + (b"\x65" if key else b"\x41") + b"\x80" * 100
    layer.push(Packet("video", codec, data, desk.clock.moment, 1 / 30, key))


def test_a_switch_waits_for_the_other_layers_key_picture_and_nothing_breaks() -> None:
    desk, wire = Desk(), Wire()
    other: Fanout[Packet] = Fanout()
    asked: list[str] = []
    sender = desk.sender(wire)
    sender.start()
    desk.picture(key=True)
    sender.switch(other.shared(Stream), lambda: asked.append("other"))
    assert asked == ["other"]
    assert (len(desk.layer), len(other)) == (1, 1)
    frame(desk, other)  # of no use without its key picture
    desk.picture()
    frame(desk, other, key=True)
    assert (len(desk.layer), len(other)) == (0, 1)
    desk.clock.moment += 1 / 30
    frame(desk, other)
    packets = wire.parsed()
    assert [p.payload[0] & 31 for p in packets] == [5, 1, 5, 1]
    first = packets[0].sequence_number
    assert [p.sequence_number for p in packets] == [first + n for n in range(4)]
    steps = [(p.timestamp - packets[0].timestamp) & 0xFFFFFFFF for p in packets]
    assert steps == sorted(set(steps))
    assert {p.ssrc for p in packets} == {sender._ssrc}
    sender.stop()
    assert len(other) == 0


def test_a_picture_that_the_other_layer_has_shown_already_still_goes_forward_in_time() -> None:
    desk, wire = Desk(), Wire()
    slow: Fanout[Packet] = Fanout()
    sender = desk.sender(wire)
    sender.start()
    desk.picture(key=True)
    before = desk.clock.moment
    desk.picture()
    desk.picture()
    sender.switch(slow.shared(Stream), lambda: None)
    desk.clock.moment = before  # a larger layer is two pictures behind
    frame(desk, slow, key=True)
    times = [p.timestamp for p in wire.parsed()]
    assert (times[-1] - times[-2]) & 0xFFFFFFFF == 1


def test_a_later_wish_replaces_the_first_and_the_present_layer_takes_it_back() -> None:
    desk, wire = Desk(), Wire()
    one: Fanout[Packet] = Fanout()
    two: Fanout[Packet] = Fanout()
    sender = desk.sender(wire)
    sender.start()
    desk.picture(key=True)
    sender.switch(one.shared(Stream), lambda: None)
    sender.switch(two.shared(Stream), lambda: None)
    assert (len(one), len(two)) == (0, 1)
    sender.switch(desk.layer.shared(Stream), lambda: None)
    assert (len(one), len(two), len(desk.layer)) == (0, 0, 1)
    sender.switch(one.shared(Stream), lambda: None)
    sender.stop()
    assert (len(one), len(two), len(desk.layer)) == (0, 0, 0)


def test_picture_numbers_of_vp8_go_on_unbroken() -> None:
    desk, wire = Desk(), Wire()
    other: Fanout[Packet] = Fanout()
    for _ in range(5):
        other.shared(Stream).push(Packet("video", "vp8", b"x", 0.0, 1 / 30, key=False))
    sender = desk.sender(wire, codec_name="VP8")
    sender.start()
    for n in range(3):
        frame(desk, desk.layer, key=n == 0, codec="vp8")
    sender.switch(other.shared(Stream), lambda: None)
    for n in range(3):
        frame(desk, other, key=n == 0, codec="vp8")
    numbers = [int.from_bytes(p.payload[2:4], "big") & 0x7FFF for p in wire.parsed()]
    assert numbers == [numbers[0] + n for n in range(6)]


def test_what_finds_no_place_costs_no_sequence_number() -> None:
    """A gap would have the viewer ask for what was never sent."""
    desk, wire = Desk(), Wire()
    sender = desk.sender(wire)
    sender.start()
    desk.picture(key=True)
    asked = desk.asked
    wire.ready = False
    desk.picture()
    desk.picture()
    assert sender.stats.dropped == 1
    assert desk.asked == asked  # it could not leave
    wire.ready = True
    desk.picture()
    assert desk.asked == asked + 1
    desk.picture(key=True)
    numbers = [p.sequence_number for p in wire.parsed()]
    assert numbers == [numbers[0], numbers[0] + 1]


def test_what_waited_in_vain_begins_anew() -> None:
    desk, wire = Desk(), Wire()
    trains: list[Train] = []
    real = wire.send

    def watched(train: Train) -> bool:
        trains.append(train)
        return real(train)

    wire.send = watched  # type: ignore[method-assign]  # to see what it is given
    sender = desk.sender(wire)
    sender.start()
    desk.picture(key=True)
    (train,) = trains
    assert train.paced
    assert train.dropped is not None
    asked = desk.asked
    train.dropped()
    assert (sender.stats.dropped, desk.asked) == (1, asked + 1)
    desk.picture()
    assert len(trains) == 1
    sound = Desk()
    sound.sender(wire, kind="audio", rtx=False).start()
    sound.sound()
    assert not trains[-1].paced
    assert not trains[-1].marked


async def test_what_goes_again_without_rtx_is_the_same_to_the_last_bit() -> None:
    """Also its extensions: two packets under one index would give a cipher away."""
    desk, wire = Desk(), Wire()
    sender = desk.sender(wire, rtx=False, extensions={MID: 1, TRANSPORT_CC: 3})
    sender.start()
    desk.picture(5000, key=True)
    sent = list(wire.rtp)
    wire.rtp.clear()
    desk.picture()
    wire.rtp.clear()
    desk.clock.moment += 0.5
    number = RtpPacket.parse(sent[2]).sequence_number
    await sender._handle_rtcp_packet(nack(sender, number))
    assert wire.rtp == [sent[2]]


def test_padding_is_the_last_picture_again_as_rtx() -> None:
    desk, wire = Desk(), Wire()
    sender = desk.sender(wire)
    assert wire.filler is None
    sender.start()
    assert wire.filler is not None
    assert wire.filler(5000) is None  # nothing was sent yet
    desk.picture(3000, key=True)
    first = wire.parsed()[0]
    train = wire.filler(5000)
    assert train is not None
    wire.send(train)
    padding = wire.parsed()
    assert sum(len(p.payload) for p in padding) == pytest.approx(5000, abs=700)
    assert {p.ssrc for p in padding} == {sender.rtx_ssrc}
    number = struct.pack("!H", first.sequence_number)
    assert {p.payload for p in padding} == {number + first.payload}
    numbers = [p.sequence_number for p in padding]
    assert numbers == [numbers[0] + n for n in range(len(numbers))]
    assert sender.stats.resent == 0
    plain = Wire()
    desk.sender(plain, rtx=False).start()
    assert plain.filler is None


async def test_what_is_sent_and_what_the_way_carries_is_told() -> None:
    desk, wire = Desk(), Wire()
    sender = desk.sender(wire)
    sender.start()
    wire.available = 4_000_000
    for n in range(62):
        desk.picture(5000, key=n == 0)
    assert sender.stats.target == pytest.approx(5000 * 8 * 30, rel=0.05)
    assert sender.stats.available == 4_000_000
    fci = pack_remb_fci(1_500_000, [sender._ssrc])
    await sender._handle_rtcp_packet(RtcpPsfbPacket(RTCP_PSFB_APP, 1, 0, fci))
    heard = RtcpReceiverInfo(sender._ssrc, 64, 5, 1, 0, 0, 0)
    await sender._handle_rtcp_packet(RtcpRrPacket(1, [heard]))
    assert [(what, sending) for what, _, sending in wire.heard] == [
        ("remb", sender.stats.target),
        ("loss", sender.stats.target),
    ]
