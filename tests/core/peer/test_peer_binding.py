"""Where a session's socket stands, what its answers name, and from where it answers."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import TYPE_CHECKING

import pytest
from aioice import stun

from genba.errors import GenbaError
from genba.session.peer import PeerSocket
from genba.session.peer.binding import advertised, bind, expanded
from genba.session.peer.ice import IceLite
from genba.wire.order import RtcOrder

if TYPE_CHECKING:
    from collections.abc import Iterator

ANY4, ANY6 = "0.0.0.0", "::"  # noqa: S104


@pytest.fixture
def stranger() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        made.setblocking(False)
        yield made


async def asked(client: socket.socket, ice: IceLite, host: str, port: int) -> str | None:
    """Ask one of our addresses; return from which address it is answered."""
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{ice.ufrag}:abcd"
    request.add_message_integrity(ice.password.encode())
    loop = asyncio.get_running_loop()
    await loop.sock_sendto(client, bytes(request), (host, port))
    try:
        async with asyncio.timeout(0.5):
            _, where = await loop.sock_recvfrom(client, 2048)
    except TimeoutError:
        return None
    return str(where[0])


async def test_each_address_answers_for_itself(stranger: socket.socket) -> None:
    async with PeerSocket(RtcOrder(addresses=("127.0.0.2", "127.0.0.3"))) as made:
        ice = IceLite(made, "abcd", "x" * 24)
        assert await asked(stranger, ice, "127.0.0.3", made.port) == "127.0.0.3"
        assert await asked(stranger, ice, "127.0.0.2", made.port) == "127.0.0.2"
        # What leaves later goes the same way.
        ice.ping()
        async with asyncio.timeout(1):
            _, where = await asyncio.get_running_loop().sock_recvfrom(stranger, 2048)
        assert where[0] == "127.0.0.2"


async def test_an_address_that_was_not_named_is_deaf(stranger: socket.socket) -> None:
    async with PeerSocket(RtcOrder(addresses=("127.0.0.2", "127.0.0.3"))) as made:
        ice = IceLite(made, "abcd", "x" * 24)
        assert await asked(stranger, ice, "127.0.0.4", made.port) is None
        assert made.dropped == 1


async def test_both_families_answer_at_one_port(stranger: socket.socket) -> None:
    async with PeerSocket(RtcOrder(addresses=("127.0.0.5", "::1"))) as made:
        ice = IceLite(made, "abcd", "x" * 24)
        assert await asked(stranger, ice, "127.0.0.5", made.port) == "127.0.0.5"
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as six:
            six.bind(("::1", 0))
            six.setblocking(False)
            assert await asked(six, ice, "::1", made.port) == "::1"


async def test_a_wildcard_answers_from_where_it_was_asked(stranger: socket.socket) -> None:
    for wildcard in (ANY4, ANY6):
        async with PeerSocket(RtcOrder(addresses=(wildcard,))) as made:
            ice = IceLite(made, "abcd", "x" * 24)
            assert await asked(stranger, ice, "127.0.0.9", made.port) == "127.0.0.9"


async def test_what_is_let_go_leaves_nothing(stranger: socket.socket) -> None:
    async with PeerSocket(RtcOrder(addresses=(ANY4,))) as made:
        ice = IceLite(made, "abcd", "x" * 24)
        await asked(stranger, ice, "127.0.0.9", made.port)
        assert len(made._back) == 1
        ice.close()
        assert made._back == {}


def test_a_wildcard_offers_what_the_machine_has() -> None:
    four, both = expanded((ANY4,)), expanded((ANY6,))
    assert four[-1] == "127.0.0.1"
    assert all(ipaddress.ip_address(one).version == 4 for one in four)
    assert set(four) <= set(both)
    assert not any(ipaddress.ip_address(one).is_link_local for one in both)


def test_addresses_outside_come_first_and_those_inside_stay() -> None:
    order = RtcOrder(
        addresses=("10.0.0.7", "fd00::7"), public_addresses=("203.0.113.5", "2001:db8::5")
    )
    assert advertised(order) == ("203.0.113.5", "2001:db8::5", "10.0.0.7", "fd00::7")


def test_an_exhausted_range_says_so_and_an_odd_address_says_that() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(GenbaError, match=rf"rtc\.udp_ports {port}-{port} are taken"):
            bind(RtcOrder(port_low=port, port_high=port))
    with pytest.raises(GenbaError, match=r"192\.0\.2\.77: Cannot assign"):
        bind(RtcOrder(addresses=("192.0.2.77",), port_low=40000, port_high=65000))
