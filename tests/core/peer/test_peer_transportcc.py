"""Transport-wide feedback as viewers write it, and as nobody should."""

from __future__ import annotations

import struct
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiortc.rtp import RtcpPacket, RtcpPsfbPacket, RtcpReceiverInfo, RtcpRrPacket
from hypothesis import given
from hypothesis import strategies as st

from genba.session.peer.certificate import Certificate
from genba.session.peer.dtls import Dtls
from genba.session.peer.feedback import TransportFeedback
from genba.session.peer.ice import IceLite
from genba.session.peer.socket import PeerSocket
from genba.session.peer.transportcc import MOST, REFERENCE, TICK, Feedback, alone, read, split
from genba.wire.order import RtcOrder
from tests.core.peer.test_peer_segments import session


def written(arrivals: dict[int, float]) -> bytes:
    """Return the message that our own receiving side writes."""
    sent: list[bytes] = []
    told = TransportFeedback(sent.append)
    told._timer = cast("Any", SimpleNamespace(cancel=lambda: None))
    for number, arrival in arrivals.items():
        told.see(cast("Any", SimpleNamespace(wide=number, ssrc=1)), arrival)
    told._flush()
    return sent[0]


def test_what_our_other_side_writes_is_read_back() -> None:
    arrivals = {n: 100.0 + n * 0.003 for n in range(7, 300) if n % 11}
    arrivals[20] = 99.5  # overtaken
    read_back = read(written(arrivals))
    assert read_back.base == 7
    begin = read_back.reference * REFERENCE
    for number, offset in enumerate(read_back.arrivals, 7):
        assert (offset is None) == (number not in arrivals)
        if offset is not None:
            assert begin + offset == pytest.approx(arrivals[number], abs=2 * TICK)


def test_vectors_of_one_bit_and_long_runs_are_read() -> None:
    head = struct.pack("!BBHLLHHL", 0x8F, 205, 0, 1, 2, 65_530, 30, 5 << 8)
    chunks = struct.pack("!HH", 0x8000 | 0b10_1010_1010_1010, 0x2000 | 16)
    data = head + chunks + bytes([4] * 7) + bytes([1] * 16)
    feedback = read(data)
    assert len(feedback.arrivals) == 30
    assert [a is not None for a in feedback.arrivals[:14]] == [True, False] * 7
    assert feedback.arrivals[12] == pytest.approx(7 * 4 * TICK)
    assert feedback.arrivals[-1] == pytest.approx((28 + 16) * TICK)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d[:16],
        lambda d: d[:20],
        lambda d: d[:-8],
        lambda d: d[:14] + struct.pack("!H", MOST + 1) + d[16:],
        lambda d: d[:14] + bytes(2) + d[16:],
        lambda d: d[:20] + b"\xff\xff" + d[22:],
        lambda d: bytes([d[0] | 0x20]) + d[1:-1] + b"\xff",
        lambda d: bytes([d[0] | 0x20]) + d[1:-1] + b"\0",
    ],
)
def test_what_is_not_well_formed_is_refused(spoil: Any) -> None:
    with pytest.raises(ValueError, match="transport feedback"):
        read(spoil(written({n: n * 0.01 for n in range(1, 40)})))


@given(st.binary(min_size=4, max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        feedback = read(data)
    except ValueError:
        return
    assert isinstance(feedback, Feedback)
    assert 0 < len(feedback.arrivals) <= MOST


@given(st.binary(max_size=200))
def test_splitting_loses_and_adds_nothing(data: bytes) -> None:
    rest, found = split(data)
    assert sorted(rest + b"".join(found)) == sorted(data)


def test_feedback_is_taken_out_of_a_compound_packet() -> None:
    report = bytes(RtcpRrPacket(1, [RtcpReceiverInfo(2, 0, 0, 1, 0, 0, 0)]))
    message = written({1: 0.5, 2: 0.6})
    rest, found = split(report + message + bytes(RtcpPsfbPacket(1, 1, 2)))
    assert found == [message]
    assert [type(p) for p in RtcpPacket.parse(rest)] == [RtcpRrPacket, RtcpPsfbPacket]
    assert split(message) == (b"", [message])


def test_a_message_that_comes_alone_is_known_before_it_is_opened() -> None:
    message, other = written({1: 0.5, 2: 0.6}), bytes(RtcpPsfbPacket(1, 1, 2))
    for trailer in (14, 20):
        assert alone(message + bytes(trailer))
        assert not alone(message + other[:8] + bytes(trailer))
        assert not alone(other + message + bytes(trailer))
    assert not alone(message[:8])


def test_only_the_peers_own_feedback_is_heard_and_none_of_it_ends_a_call() -> None:
    ice = IceLite(PeerSocket(RtcOrder()), "efgh", "password")
    dtls = Dtls(ice, Certificate.generateCertificate(), client=False)
    dtls._rx_srtp = session(inbound=True)
    heard: list[bytes] = []
    dtls.told = heard.append
    theirs, other = session(), session(key=bytes(30))
    message = written({1: 0.5, 2: 0.6})
    dtls.hear(other.protect_rtcp(message), 1.0)
    dtls.hear(b"\x8f\xcd" + bytes(3000), 1.0)
    assert heard == []
    sealed = theirs.protect_rtcp(message)
    dtls.hear(sealed, 2.0)
    dtls.hear(sealed, 3.0)  # sent again by somebody on the line
    assert heard == [message]
    assert ice.heard == 2.0

    def refuse(_data: bytes) -> None:
        raise ValueError("transport feedback")

    dtls.told = refuse
    before = dtls.errors
    dtls.hear(theirs.protect_rtcp(message), 4.0)
    assert dtls.errors == before + 1
