from __future__ import annotations

import struct

import pytest
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    HeaderExtensionsMap,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpSdesPacket,
    RtcpSrPacket,
    RtpPacket,
    pack_remb_fci,
)

from genba.session.peer.offer import ABS_SEND_TIME, MID, PLAYOUT_DELAY
from genba.session.peer.part import SendingPart
from genba.session.publishing.history import KEPT
from genba.session.publishing.sender import RESENT_AT_ONCE
from genba.session.publishing.stream import Stream
from tests.kit.senderdesk import (
    AT_ONCE,
    EVENLY,
    MOMENT,
    Desk,
    Wire,
    nack,
)


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
