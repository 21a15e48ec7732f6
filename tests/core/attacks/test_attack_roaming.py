"""A peer whose address changes is followed when it has shown the password there, and only then."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from aioice import stun

from genba.session.peer import PeerSocket, ice
from genba.session.peer.ice import IceLite
from genba.wire.order import RtcOrder
from tests.kit.attacked import Attacked
from tests.kit.relay import Router
from tests.kit.rtc import Publisher, UnitTrack, encode_h264
from tests.kit.stranger import check, srtp
from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from genba.session.peer.ice import Address

FIRST, SECOND = ("127.0.0.1", 1), ("127.0.0.1", 2)


async def test_a_camera_behind_a_router_that_changes_its_port(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("aioice.ice.CONSENT_INTERVAL", 0.5)
    monkeypatch.setattr(ice, "ALIVE", 0.5)
    async with PeerSocket(RtcOrder(), consent=4) as peer_socket, Router(peer_socket) as router:
        call = Attacked(peer_socket)
        async with Publisher(
            router.between(call.answer), tracks=[UnitTrack(encode_h264(30))]
        ) as camera:
            call.camera = camera
            await camera.connected()
            await call.pictures(15)
            lite, before = call.link.peer._ice, router.outer
            assert lite.route == before
            await until(lambda: lite.rtt is not None, 30)
            router.loses_checks = True  # until media has come, which is what is looked at first
            await router.rebind()
            # Nothing of the new address goes further before its first check ...
            dropped = peer_socket.dropped
            await until(lambda: peer_socket.dropped > dropped, 30)
            router.loses_checks = False
            # ... which lets its media in; ours follow once the old way is seen to be dead.
            await call.pictures(30)
            await until(lambda: lite.route == router.outer, 30)
            # Whoever has the old port now says nothing that counts, and hears nothing.
            late = len(router.late)
            for number in range(100):
                router.old[0].sendto(srtp(97, 1234, number), router.server)
                router.old[0].sendto(check(lite.ufrag, b"guessed"), router.server)
            await call.pictures(30)
            assert len(router.late) == late
            assert lite.route == router.outer
        await call.link.close()


@pytest.fixture
async def lite() -> AsyncIterator[tuple[PeerSocket, IceLite]]:
    """A call that stands, whose peer has answered a check of ours at FIRST."""
    async with PeerSocket(RtcOrder()) as peer_socket:
        sent: list[tuple[bytes, Address]] = []
        peer_socket.sent = sent  # type: ignore[attr-defined]
        peer_socket.send = lambda data, address: not sent.extend([(bytes(data), address)])  # type: ignore[method-assign,func-returns-value]
        made = IceLite(peer_socket, "abcd", "x" * 24)
        come(peer_socket, made, FIRST)
        made.settle()
        made.ping()
        answer(peer_socket, FIRST)
        assert made.rtt is not None
        yield peer_socket, made


def come(peer_socket: PeerSocket, made: IceLite, where: Address, *, nominated: bool = True) -> None:
    data = check(made.ufrag, made.password.encode(), nominated=nominated)
    peer_socket._take(data, where, time.monotonic())


def answer(peer_socket: PeerSocket, where: Address, key: bytes = b"x" * 24) -> None:
    """Answer the last check of ours from an address."""
    requests = [data for data, _ in peer_socket.sent if data[:2] == b"\x00\x01"]  # type: ignore[attr-defined]
    request = stun.parse_message(requests[-1])
    response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, request.transaction_id)
    response.add_message_integrity(key)
    peer_socket._take(bytes(response), where, time.monotonic())


async def test_a_call_moves_when_the_new_address_answers(
    lite: tuple[PeerSocket, IceLite],
) -> None:
    peer_socket, made = lite
    come(peer_socket, made, SECOND)
    assert made.route == FIRST, "a check can be one that somebody repeats"
    for where, key in ((FIRST, b"x" * 24), (SECOND, b"guessed"), (("127.0.0.1", 3), b"x" * 24)):
        answer(peer_socket, where, key)
        assert made.route == FIRST
    answer(peer_socket, SECOND)
    assert made.route == SECOND


async def test_a_call_moves_at_once_when_the_old_way_is_dead(
    lite: tuple[PeerSocket, IceLite], monkeypatch: pytest.MonkeyPatch
) -> None:
    peer_socket, made = lite
    come(peer_socket, made, SECOND, nominated=False)
    assert made.route == FIRST
    monkeypatch.setattr(ice, "ALIVE", 0.0)
    come(peer_socket, made, SECOND, nominated=False)
    assert made.route == SECOND


async def test_an_address_that_was_left_is_let_go(
    lite: tuple[PeerSocket, IceLite], monkeypatch: pytest.MonkeyPatch
) -> None:
    peer_socket, made = lite
    come(peer_socket, made, SECOND)
    answer(peer_socket, SECOND)
    peer_socket._take(srtp(97, 1, 1), FIRST, 1.0)
    assert len(made._queue) == 1, "what was on its way still counts"
    monkeypatch.setattr(ice, "UNUSED", 0.0)
    made.ping()
    peer_socket._take(srtp(97, 1, 2), FIRST, 1.0)
    assert len(made._queue) == 1
    assert FIRST not in peer_socket._by_address
    # Another call may come from there then, and this one is left alone.
    other = IceLite(peer_socket, "efgh", "y" * 24)
    come(peer_socket, other, FIRST)
    assert (other.route, made.route) == (FIRST, SECOND)


async def test_media_to_a_viewer_never_go_where_nobody_has_shown_the_password(
    lite: tuple[PeerSocket, IceLite],
) -> None:
    """RTP bleed: some servers send to whoever sends them something."""
    peer_socket, made = lite
    for number in range(200):
        peer_socket._take(srtp(97, 1, number), SECOND, 1.0)
        peer_socket._take(check(made.ufrag, b"guessed"), SECOND, 1.0)
    assert made.route == FIRST
    assert not any(address == SECOND for _, address in peer_socket.sent)  # type: ignore[attr-defined]
    await asyncio.sleep(0)
    assert made.dropped == 0
