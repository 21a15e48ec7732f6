"""The ICE-lite end: who is heard, how much waits, where it goes."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from aioice import stun

from genba.session.peer import PeerSocket
from genba.session.peer.ice import ADDRESSES, QUEUE, IceLite
from genba.wire.order import RtcOrder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SRTP = b"\x80\x60" + bytes(20)


@pytest.fixture
async def lite() -> AsyncIterator[PeerSocket]:
    async with PeerSocket(RtcOrder()) as peer_socket:
        peer_socket.sent = []  # type: ignore[attr-defined]  # what the network would get
        peer_socket.send = lambda data, address: bool(  # type: ignore[method-assign]
            peer_socket.sent.append((data, address)) or True  # type: ignore[attr-defined]
        )
        yield peer_socket


def check(
    peer_socket: PeerSocket, ice: IceLite, port: int, *, nominated: bool = True
) -> tuple[str, int]:
    """Let an authenticated check come from a port; return its address."""
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{ice.ufrag}:abcd"
    if nominated:
        request.attributes["USE-CANDIDATE"] = None
    request.add_message_integrity(ice.password.encode())
    address = ("127.0.0.1", port)
    peer_socket._take(bytes(request), address, time.monotonic())
    return address


async def test_the_receive_queue_is_bounded(lite: PeerSocket) -> None:
    ice = IceLite(lite, "abcd", "x" * 24)
    address = check(lite, ice, 1)
    for _ in range(QUEUE + 50):
        lite._take(SRTP, address, 1.0)
    assert ice.dropped == 50
    for _ in range(QUEUE):
        assert await ice._recv() == SRTP
    assert ice.arrival == 1.0
    ice.close()
    with pytest.raises(ConnectionError):
        await ice._recv()


async def test_only_checked_addresses_are_heard(lite: PeerSocket) -> None:
    ice = IceLite(lite, "abcd", "x" * 24)
    lite._take(SRTP, ("127.0.0.1", 1), 1.0)
    assert lite.dropped == 1
    address = check(lite, ice, 1)
    lite._take(SRTP, address, 1.0)
    lite._take(b"\x05" + bytes(20), address, 1.0)  # neither STUN, DTLS nor RTP
    assert (lite.dropped, len(ice._queue)) == (2, 1)
    ice.close()
    lite._take(SRTP, address, 1.0)
    assert lite.dropped == 3


async def test_a_nomination_moves_the_call_and_nothing_else_does(lite: PeerSocket) -> None:
    ice = IceLite(lite, "abcd", "x" * 24)
    first = check(lite, ice, 1, nominated=False)
    assert (ice.route, ice.ready.is_set()) == (first, False)
    second = check(lite, ice, 2)
    assert (ice.route, ice.ready.is_set()) == (second, True)
    check(lite, ice, 3, nominated=False)
    assert ice.route == second


async def test_the_addresses_of_a_peer_are_bounded(lite: PeerSocket) -> None:
    ice = IceLite(lite, "abcd", "x" * 24)
    route = check(lite, ice, 1)
    for port in range(2, 40):
        check(lite, ice, port, nominated=False)
    assert len(ice._addresses) == len(lite._by_address) == ADDRESSES
    assert route in lite._by_address


async def test_a_living_calls_address_is_not_taken_over(lite: PeerSocket) -> None:
    victim, other = IceLite(lite, "abcd", "x" * 24), IceLite(lite, "efgh", "y" * 24)
    address = check(lite, victim, 1)
    check(lite, other, 1)
    assert lite._by_address[address] is victim
    victim.heard -= 60  # silent by now: the same client on a new call
    check(lite, other, 1)
    assert lite._by_address[address] is other
    assert (victim.route, other.route) == (None, address)


async def test_a_handshakes_flight_is_sent_again_until_something_answers(lite: PeerSocket) -> None:
    ice = IceLite(lite, "abcd", "x" * 24)
    address = check(lite, ice, 1)
    sent: list[tuple[bytes, object]] = lite.sent  # type: ignore[attr-defined]
    await ice._send(b"\x16flight")
    async with asyncio.timeout(5):
        while sent.count((b"\x16flight", address)) < 2:  # noqa: ASYNC110  a timer's doing
            await asyncio.sleep(0.01)
    lite._take(b"\x16answer-to-that", address, 1.0)
    assert ice._repeater is None
    ice.settle()
    await ice._send(b"\x15goodbye")
    assert ice._repeater is None


async def test_only_the_peers_own_answer_to_a_ping_counts(lite: PeerSocket) -> None:
    ice = IceLite(lite, "abcd", "x" * 24)
    address = check(lite, ice, 1)
    ice.ping()
    request = stun.parse_message(lite.sent[-1][0])  # type: ignore[attr-defined]
    assert request.attributes["USERNAME"] == f"abcd:{ice.ufrag}"
    for key in ("wrong", "x" * 24):
        response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, request.transaction_id)
        response.add_message_integrity(key.encode())
        assert ice.rtt is None
        lite._take(bytes(response), address, 1.0)
    assert ice.rtt is not None
