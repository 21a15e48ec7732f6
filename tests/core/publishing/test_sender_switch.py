from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtpPacket,
    pack_remb_fci,
)

from genba.api import Packet
from genba.session.encoder.fanout import Fanout
from genba.session.peer.offer import MID, TRANSPORT_CC
from genba.session.publishing.stream import Stream

if TYPE_CHECKING:
    from genba.session.peer.train import Train
from tests.kit.senderdesk import (
    Desk,
    Wire,
    frame,
    nack,
)


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
