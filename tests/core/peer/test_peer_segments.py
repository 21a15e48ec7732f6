"""One call for many datagrams: that it is taken where it can be, and what happens where not."""

from __future__ import annotations

import errno
import os
import socket as sockets
import struct
from typing import TYPE_CHECKING, Any

import pylibsrtp
import pytest

from genba.session.peer.header import Header
from genba.session.peer.offer import ABS_SEND_TIME, MID, TRANSPORT_CC, Pick
from genba.session.peer.seal import LARGEST, SealBuffer, seal
from genba.session.peer.socket import PeerSocket
from genba.session.peer.train import MOST, Train, runs_of
from genba.wire.order import RtcOrder
from tests.kit.senderdesk import RTX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

UDP_SEGMENT, UDP_GRO = 103, 104
KEY = bytes(range(30))
PACKET = 1216


def session(*, inbound: bool = False, key: bytes = KEY) -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(
        key=key,
        ssrc_type=pylibsrtp.Policy.SSRC_ANY_INBOUND
        if inbound
        else pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
    )
    policy.allow_repeat_tx = True
    return pylibsrtp.Session(policy)


def train(*sizes: int, uris: tuple[str, ...] = (MID, TRANSPORT_CC)) -> Train:
    header = Header(
        Pick("video", "0", RTX, None, "", {u: n + 1 for n, u in enumerate(uris)}, (), 0)
    )
    payloads = [os.urandom(size) for size in sizes]
    return Train(header, 102, 65_530, 7, 99, payloads, runs_of(payloads), sum(sizes))


class Sink:
    """Where datagrams go; with ``whole`` the kernel hands segments over as they came, together."""

    def __init__(self, *, whole: bool = False) -> None:
        self.socket = sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(5)
        if whole:
            self.socket.setsockopt(sockets.IPPROTO_UDP, UDP_GRO, 1)

    @property
    def address(self) -> tuple[str, int]:
        return ("127.0.0.1", int(self.socket.getsockname()[1]))

    def take(self, count: int) -> list[bytes]:
        return [self.socket.recv(65_536) for _ in range(count)]


@pytest.fixture
def sink() -> Iterator[Sink]:
    one = Sink()
    yield one
    one.socket.close()


@pytest.fixture
async def ours() -> AsyncIterator[PeerSocket]:
    async with PeerSocket(RtcOrder(addresses=("127.0.0.1",))) as one:
        yield one


@pytest.mark.parametrize("uris", [(), (MID,), (MID, ABS_SEND_TIME), (MID, TRANSPORT_CC)])
def test_what_is_sealed_in_place_is_what_pylibsrtp_would_make(uris: tuple[str, ...]) -> None:
    one = train(1200, 1200, 700, uris=uris)
    block = one.header.block(5.0)
    data, size = seal(session(), SealBuffer(), one, 0, 3, block=block, number=65_535)
    plain = one.packets(5.0, 65_535)
    usual = session()
    assert bytes(data) == b"".join(usual.protect(packet) for packet in plain)
    assert size == len(plain[0]) + 10
    other = session(inbound=True)
    found = [bytes(data[at : at + size]) for at in range(0, len(data), size)]
    assert [other.unprotect(packet) for packet in found] == plain


def test_a_packet_that_is_too_long_never_reaches_the_buffer() -> None:
    with pytest.raises(ValueError, match="too long"):
        seal(session(), SealBuffer(), train(LARGEST), 0, 1, block=b"", number=0)


def test_an_index_that_libsrtp_refuses_is_left_out() -> None:
    one, used = train(100, 100), session()
    late = train(100)
    late.first = 60_000
    block = one.header.block(0)
    seal(used, SealBuffer(), one, 0, 2, block=block, number=0)
    data, _ = seal(used, SealBuffer(), late, 0, 1, block=block, number=0)
    assert len(data) == 0


@pytest.mark.parametrize(
    ("sizes", "runs"),
    [
        ([], ()),
        ([5], ((0, 1),)),
        ([9, 9, 9], ((0, 3),)),
        ([9, 9, 4], ((0, 3),)),
        ([4, 9, 9, 8], ((0, 1), (1, 4))),
        ([9, 8, 8, 9], ((0, 2), (2, 3), (3, 4))),
        ([9] * (MOST + 2), ((0, MOST), (MOST, MOST + 2))),
    ],
)
def test_runs_are_of_one_size_but_their_last(sizes: list[int], runs: tuple[Any, ...]) -> None:
    assert runs_of([bytes(size) for size in sizes]) == runs


async def test_the_kernel_takes_segments_and_hands_them_over_together(ours: PeerSocket) -> None:
    """A receiver that asks for it gets on loopback what was never cut: so GSO was taken."""
    sink = Sink(whole=True)
    data = os.urandom(8 * PACKET + 300)
    assert ours.send_segments(memoryview(data), PACKET, sink.address)
    whole, notes, _, _ = sink.socket.recvmsg(65_536, 64)
    sink.socket.close()
    assert whole == data
    assert [struct.unpack("i", v)[0] for _, kind, v in notes if kind == UDP_GRO] == [PACKET]
    assert (ours.segmented, ours.plain) == (1, 0)


async def test_they_arrive_as_datagrams(ours: PeerSocket, sink: Sink) -> None:
    data = os.urandom(8 * PACKET + 300)
    assert ours.send_segments(memoryview(data), PACKET, sink.address)
    assert b"".join(found := sink.take(9)) == data
    assert [len(one) for one in found] == [PACKET] * 8 + [300]


async def test_more_than_a_datagram_holds_goes_one_by_one(ours: PeerSocket, sink: Sink) -> None:
    """64 segments of 1200 bytes are EMSGSIZE: the kernel itself refuses here."""
    data = os.urandom(60 * PACKET)
    assert ours.send_segments(memoryview(data), PACKET, sink.address)
    assert b"".join(sink.take(60)) == data
    assert (ours.segmented, ours.plain) == (0, 1)


class Refusing:
    """A socket whose kernel or device takes no segments."""

    def __init__(self, real: sockets.socket, number: int) -> None:
        self.real, self.number = real, number
        self.asked = 0

    def sendmsg(self, data: Any, notes: Any, flags: int, address: Any) -> int:
        if any(kind == UDP_SEGMENT for _, kind, _ in notes):
            self.asked += 1
            raise OSError(self.number, os.strerror(self.number))
        return self.real.sendmsg(data, notes, flags, address)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


@pytest.mark.parametrize("number", [errno.EIO, errno.EINVAL, errno.EMSGSIZE, errno.EOPNOTSUPP])
async def test_a_way_that_refuses_is_left_alone_for_a_minute(
    ours: PeerSocket, sink: Sink, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ours._socket is not None
    refusing = Refusing(ours._socket, number)
    monkeypatch.setattr(ours, "_socket", refusing)
    data = os.urandom(3 * PACKET)
    for _ in range(3):
        assert ours.send_segments(memoryview(data), PACKET, sink.address)
    assert b"".join(sink.take(9)) == data * 3
    assert refusing.asked == 1
    assert ours.plain == 3
    ours._plain[sink.address] = 0.0  # the minute is over
    assert ours.send_segments(memoryview(data), PACKET, sink.address)
    assert refusing.asked == 2
    ours.forget_address(sink.address)
    assert ours._plain == {}


async def test_a_full_socket_and_a_broken_way_are_two_things(
    ours: PeerSocket, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ours._socket is not None
    real = ours._socket
    data = memoryview(bytes(3 * PACKET))
    monkeypatch.setattr(ours, "_socket", Refusing(real, errno.EAGAIN))
    assert not ours.send_segments(data, PACKET, sink.address)
    monkeypatch.setattr(ours, "_socket", Refusing(real, errno.ENETUNREACH))
    assert ours.send_segments(data, PACKET, sink.address)  # lost, as on any way
    assert ours._plain == {}
