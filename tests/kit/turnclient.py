"""A TURN client that says exactly what a test wants, and returns the server's codes."""

from __future__ import annotations

import asyncio
import ssl
import struct
from typing import TYPE_CHECKING, Any, Self

from aioice.stun import Class, Message, Method, parse_message
from aioice.turn import make_integrity_key

if TYPE_CHECKING:
    from genba.turn import Credentials

UDP, TCP = 0x11000000, 0x06000000  # REQUESTED-TRANSPORT
LIMIT = 5.0
OK = 0
_HEADER = 20


class TurnClient:
    """Async context manager: one connection over TCP, or TLS with ``tls``.

    ``allocate``, ``permit`` and ``refresh`` return the error's code, ``OK`` for success.
    """

    def __init__(
        self, where: tuple[str, int], who: Credentials, *, tls: bool = False, name: str = ""
    ) -> None:
        self._where, self._who, self._name = where, who, name
        self._tls: ssl.SSLContext | None = None
        if tls:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._tls.check_hostname, self._tls.verify_mode = False, ssl.CERT_NONE
        self._realm, self._nonce = "", b""
        self.relayed: tuple[str, int] | None = None
        self.protocol = ""

    async def __aenter__(self) -> Self:
        async with asyncio.timeout(LIMIT):
            self._reader, self._writer = await asyncio.open_connection(
                *self._where,
                ssl=self._tls,
                server_hostname=self._name or None if self._tls else None,
            )
        found = self._writer.get_extra_info("ssl_object")
        self.protocol = found.version() if found else ""
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._writer.close()

    async def allocate(self, transport: int = UDP) -> int:
        """Ask for a relayed address."""
        answer = await self._ask(Method.ALLOCATE, {"REQUESTED-TRANSPORT": transport})
        self.relayed = answer.attributes.get("XOR-RELAYED-ADDRESS")
        return answer.error_code or OK

    async def permit(self, peer: str, port: int = 9) -> int:
        """Ask to send to a peer."""
        answer = await self._ask(Method.CREATE_PERMISSION, {"XOR-PEER-ADDRESS": (peer, port)})
        return answer.error_code or OK

    async def refresh(self, seconds: int = 600) -> int:
        """Ask to keep the relayed address; 0 gives it back."""
        return (await self._ask(Method.REFRESH, {"LIFETIME": seconds})).error_code or OK

    async def _ask(self, method: Method, attributes: dict[str, Any]) -> Message:
        answer = await self._once(method, attributes)
        if answer.error_code in (401, 438) and "NONCE" in answer.attributes:
            fresh = answer.attributes["NONCE"]
            if fresh != self._nonce:
                self._nonce = fresh
                self._realm = answer.attributes.get("REALM", self._realm)
                answer = await self._once(method, attributes)
        return answer

    async def _once(self, method: Method, attributes: dict[str, Any]) -> Message:
        asked = Message(method, Class.REQUEST, attributes=dict(attributes))
        if self._nonce:
            asked.attributes["USERNAME"] = self._who.username
            asked.attributes["NONCE"] = self._nonce
            asked.attributes["REALM"] = self._realm
            asked.add_message_integrity(
                make_integrity_key(self._who.username, self._realm, self._who.password)
            )
        self._writer.write(bytes(asked))
        async with asyncio.timeout(LIMIT):
            head = await self._reader.readexactly(_HEADER)
            (length,) = struct.unpack("!H", head[2:4])
            return parse_message(head + await self._reader.readexactly(length))
