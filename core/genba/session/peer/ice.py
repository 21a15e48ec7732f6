"""One peer's ICE-lite end: what RTCDtlsTransport takes for its transport."""

from __future__ import annotations

import asyncio
import collections
import logging
import secrets
import time
from typing import TYPE_CHECKING, TypeAlias

from aioice import stun

from genba.session.peer.transportcc import alone

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.session.peer.socket import PeerSocket

log = logging.getLogger(__name__)

Address: TypeAlias = "tuple[str, int] | tuple[str, int, int, int]"

QUEUE = 1024  # datagrams that wait for the DTLS pump: 0.5 s of a 20 Mbit/s camera
REPEAT = (0.1, 0.2, 0.4)  # seconds; OpenSSL itself waits for one, and doubles it
ADDRESSES = 16  # source addresses a peer; the longest unused one goes
UNUSED = 30.0  # seconds without a check: the address may be another's by now, and is let go
ALIVE = 6.0  # seconds after which a way without check or answer may be left for another at once


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
        self._addresses: dict[tuple[str, int], float] = {}  # and when each was last shown to work
        self._queue: collections.deque[tuple[bytes, float]] = collections.deque()
        self.media: Callable[[bytes, float], None] | None = None  # takes SRTP, once it can
        self.told: Callable[[bytes, float], None] | None = None  # and transport-wide feedback
        self._waiter: asyncio.Future[None] | None = None
        self._ping: tuple[bytes, float] | None = None
        self._probe: tuple[bytes, Address] | None = None
        self._repeater: asyncio.TimerHandle | None = None
        self._settled = False
        self._closed = False
        socket.register(self)

    def checked(self, key: tuple[str, int], address: Address, *, nominated: bool) -> None:
        """Note an authenticated check; a later nomination moves the call (a phone that roams).

        A call that stands and whose way works moves only once the new address has answered a
        check of ours: a check that somebody reads on the line and sends again from elsewhere has
        the right password too. Where the old way is dead, any check moves it: behind a router
        that gave the peer another port, the peer itself knows of no move that it could nominate.
        """
        self.heard = time.monotonic()
        self._addresses.pop(key, None)
        self._addresses[key] = self.heard
        if self.route is None:
            self.route = address
        elif self.route[:2] != key:
            answers, works = self.rtt is not None, self._works(self.route)
            if nominated and self._settled and answers and works:
                self._probe = (self._ask(address), address)
            elif nominated or (answers and not works):
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
        if data[0] > 127 and self.media is not None and not 192 <= data[1] <= 208:  # noqa: PLR2004
            self.media(data, arrival)  # SRTP; reports, of which there are few, go by the queue
            return
        if self.told is not None and alone(data):
            self.told(data, arrival)  # twenty a second of each viewer
            return
        if len(self._queue) >= QUEUE:
            self.dropped += 1
            return
        self._queue.append((data, arrival))
        if data[0] < 64:  # noqa: PLR2004  DTLS: it may begin before it nominates
            self.ready.set()
            self._stop_repeating()
        self._wake()

    def settle(self) -> None:
        """Hear that the handshake is done."""
        self._settled = True
        self._stop_repeating()

    def ping(self) -> None:
        """Ask the peer for an answer: a lite agent need not, but so the round trip is known."""
        if self.route is None:
            return
        for known, at in tuple(self._addresses.items()):
            if known != self.route[:2] and time.monotonic() - at > UNUSED:
                self.lose(known)
                self._socket.forget_address(known)
        self._ping = (self._ask(self.route), time.monotonic())

    def _works(self, route: Address) -> bool:
        at = self._addresses.get((route[0], route[1]), float("-inf"))
        return time.monotonic() - at < ALIVE

    def _ask(self, address: Address) -> bytes:
        """Send a check of ours; return its transaction."""
        ufrag, password = self._remote
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{ufrag}:{self.ufrag}"
        request.attributes["PRIORITY"] = 1
        request.attributes["ICE-CONTROLLED"] = 0
        request.add_message_integrity(password.encode())
        self._socket.send(bytes(request), address)
        return request.transaction_id

    def pong(self, key: tuple[str, int], message: stun.Message) -> None:
        """Take the answer to the last ping, or to the check of an address that it would move to."""
        ping, probe = self._ping, self._probe
        probed = probe is not None and message.transaction_id == probe[0]
        if not probed and (ping is None or message.transaction_id != ping[0]):
            return
        if not message.check_message_integrity(self._remote[1].encode()):
            return
        if probe is not None and probed:
            if probe[1][:2] == key and key in self._addresses:
                self.route, self._probe = probe[1], None
            return
        if ping is None or self.route is None or self.route[:2] != key:
            return
        self._ping = None
        self.heard = self._addresses[key] = time.monotonic()
        took = self.heard - ping[1]
        self.rtt = took if self.rtt is None else self.rtt + (took - self.rtt) / 4

    def close(self) -> None:
        """Stop listening; whoever waits for a datagram gets ConnectionError. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self.route = self.media = self.told = None
        self._stop_repeating()
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
        if not self._settled:
            self._stop_repeating()
            self._repeat(data, 0)

    def _repeat(self, flight: bytes, times: int) -> None:
        """Send a handshake's flight again while nothing answers it: the first may have been lost.

        FFmpeg reads and drops what comes in the moment before it begins its own handshake.
        """
        if times:
            if self.route is None:
                return
            self._socket.send(flight, self.route)
        if times < len(REPEAT):
            loop = asyncio.get_running_loop()
            self._repeater = loop.call_later(REPEAT[times], self._repeat, flight, times + 1)

    def _stop_repeating(self) -> None:
        if self._repeater is not None:
            self._repeater.cancel()
            self._repeater = None
