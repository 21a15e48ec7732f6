"""A router between one peer and the server, which can give the peer another port."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from genba.session.peer import PeerSocket

Address = tuple[str, int]


class _Side(asyncio.DatagramProtocol):
    def __init__(self, hear: Callable[[bytes, Address], None]) -> None:
        self.hear = hear

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        self.hear(data, (str(addr[0]), addr[1]))


class Router:
    """Passes datagrams on, as one that translates addresses; ``rebind`` changes the outer port."""

    def __init__(self, peer_socket: PeerSocket) -> None:
        self.server = ("127.0.0.1", peer_socket.port)
        self.old: list[asyncio.DatagramTransport] = []
        self.late: list[bytes] = []  # what the server still sent to an outer port of before
        self.loses_checks = False  # whether the client's STUN gets lost on its way
        self._client: Address | None = None
        self._outer: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._inner, _ = await loop.create_datagram_endpoint(
            lambda: _Side(self._from_client), local_addr=("127.0.0.1", 0)
        )
        await self.rebind()
        return self

    async def __aexit__(self, *exc: object) -> None:
        for one in (self._inner, self._outer, *self.old):
            if one is not None:
                one.close()

    @property
    def outer(self) -> Address:
        assert self._outer is not None
        name: Address = self._outer.get_extra_info("sockname")
        return name

    async def rebind(self) -> None:
        """Leave the outer port open, and use another one from now on."""
        if self._outer is not None:
            self.old.append(self._outer)
        loop = asyncio.get_running_loop()
        made: list[asyncio.DatagramTransport] = []

        def hear(data: bytes, _address: Address) -> None:
            if made and made[0] is self._outer and self._client is not None:
                self._inner.sendto(data, self._client)
            else:
                self.late.append(data)

        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Side(hear), local_addr=("127.0.0.1", 0)
        )
        made.append(transport)
        self._outer = transport

    def between(self, answer: Callable[[str], Awaitable[str]]) -> Callable[[str], Awaitable[str]]:
        """Return an ``answer`` whose candidate is the router's inner port."""

        async def ask(text: str) -> str:
            found = await answer(text)
            port = self._inner.get_extra_info("sockname")[1]
            return re.sub(r"( 127\.0\.0\.1) \d+ typ host", rf"\1 {port} typ host", found)

        return ask

    def _from_client(self, data: bytes, address: Address) -> None:
        self._client = address
        assert self._outer is not None
        if self.loses_checks and data[0] < 2:
            return
        self._outer.sendto(data, self.server)
