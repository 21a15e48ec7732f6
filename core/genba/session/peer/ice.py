"""One peer's ICE-lite end: what RTCDtlsTransport takes for its transport."""

from __future__ import annotations

import asyncio
import collections
import logging
import secrets
import time
from typing import TYPE_CHECKING, TypeAlias

from aioice import stun

if TYPE_CHECKING:
    from genba.session.peer.socket import PeerSocket

log = logging.getLogger(__name__)

Address: TypeAlias = "tuple[str, int] | tuple[str, int, int, int]"

QUEUE = 1024  # datagrams that wait for the DTLS pump: 0.5 s of a 20 Mbit/s camera
ADDRESSES = 16  # source addresses a peer; the longest unused one goes


class IceLite:
    """Hears of its addresses by authenticated checks only, and sends to the nominated one.

    A full queue drops the newest datagram. All on the event loop.
    """

    role = "controlled"  # RTCDtlsTransport reads it; the DTLS role is set by the offer

    def __init__(self, socket: PeerSocket, remote_ufrag: str, remote_password: str) -> None:
        """Make credentials and listen for checks that know them."""
        self.ufrag = secrets.token_hex(4)
        self.password = secrets.token_hex(16)
        self.ready = asyncio.Event()
        self.route: Address | None = None
        self.heard = time.monotonic()
        self.arrival = self.heard
        self.rtt: float | None = None
        self.dropped = 0
        self._remote = (remote_ufrag, remote_password)
        self._socket = socket
        self._addresses: dict[tuple[str, int], None] = {}
        self._queue: collections.deque[tuple[bytes, float]] = collections.deque()
        self._waiter: asyncio.Future[None] | None = None
        self._ping: tuple[bytes, float] | None = None
        self._closed = False
        socket.register(self)

    def checked(self, key: tuple[str, int], address: Address, *, nominated: bool) -> None:
        """Note an authenticated check; a later nomination moves the call (a phone that roams)."""
        self.heard = time.monotonic()
        self._addresses.pop(key, None)
        self._addresses[key] = None
        if nominated or self.route is None:
            self.route = address
        if nominated:
            self.ready.set()
        while len(self._addresses) > ADDRESSES:
            oldest = next(known for known in self._addresses if known != self.route[:2])
            self.lose(oldest)
            self._socket.forget_address(oldest)

    def lose(self, key: tuple[str, int]) -> None:
        """Drop an address, which is another peer's from now on."""
        self._addresses.pop(key, None)
        if self.route is not None and self.route[:2] == key:
            self.route = None

    def put(self, data: bytes, arrival: float) -> None:
        """Take a datagram of one of the peer's addresses."""
        if len(self._queue) >= QUEUE:
            self.dropped += 1
            return
        self._queue.append((data, arrival))
        self.ready.set()  # it may begin DTLS before it nominates
        self._wake()

    def ping(self) -> None:
        """Ask the peer for an answer: a lite agent need not, but so the round trip is known."""
        if self.route is None:
            return
        ufrag, password = self._remote
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{ufrag}:{self.ufrag}"
        request.attributes["PRIORITY"] = 1
        request.attributes["ICE-CONTROLLED"] = 0
        request.add_message_integrity(password.encode())
        self._ping = (request.transaction_id, time.monotonic())
        self._socket.send(bytes(request), self.route)

    def pong(self, message: stun.Message) -> None:
        """Take the answer to the last ping."""
        ping = self._ping
        if ping is None or message.transaction_id != ping[0]:
            return
        if not message.check_message_integrity(self._remote[1].encode()):
            return
        self._ping = None
        self.heard = time.monotonic()
        took = self.heard - ping[1]
        self.rtt = took if self.rtt is None else self.rtt + (took - self.rtt) / 4

    def close(self) -> None:
        """Stop listening; whoever waits for a datagram gets ConnectionError. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self.route = None
        self._queue.clear()
        self._socket.forget(self)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _recv(self) -> bytes:
        while not self._queue:
            if self._closed:
                raise ConnectionError
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        data, self.arrival = self._queue.popleft()
        return data

    async def _send(self, data: bytes) -> None:
        if self.route is None:
            raise ConnectionError
        self._socket.send(data, self.route)
