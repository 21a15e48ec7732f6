"""A WebRTC link that costs next to nothing, so that who is measured pays and who measures does not.

ICE checks, DTLS and RTCP are real (aioice's STUN, aiortc's DTLS); what a browser spends on
pictures is left out. The server cannot tell the difference.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
import struct
import time
from typing import TYPE_CHECKING, Self, cast

from aioice import stun
from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import pylibsrtp
    from aiortc.rtcicetransport import RTCIceTransport

    Ask = Callable[[str], Awaitable[str]]

CHECK_AGAIN = 0.05  # seconds; then twice that
CONSENT = 5.0  # seconds between checks (RFC 7675)
CONNECT = 20.0  # seconds until a link has to stand
WAITING = 256  # datagrams of DTLS; more are dropped, and DTLS sends again
BATCH = 64  # datagrams a turn of the loop
BUFFER = 1 << 20  # bytes of the socket's queue
_TIMESTAMPNS = 35  # SO_TIMESTAMPNS, which the socket module does not name


class LinkError(RuntimeError):
    """A link was refused or did not come to stand."""


class LeanLink:
    """Enter to connect; leaving says goodbye. On the event loop."""

    role = "controlling"  # RTCDtlsTransport reads it

    def __init__(self, ask: Ask, certificate: RTCCertificate) -> None:
        """Ask with an offer for an answer; certificates are dear, so many links share one."""
        self.begun = 0.0  # time.monotonic() of the offer
        self.answer = ""
        self._ask = ask
        self._certificate = certificate
        self._ufrag, self._password = secrets.token_hex(4), secrets.token_hex(16)
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING)
        self._checked = asyncio.Event()
        self._socket: socket.socket | None = None
        self._dtls: RTCDtlsTransport | None = None
        self._consent: asyncio.Task[None] | None = None

    def offer(self, transport: str) -> str:
        """Return the offer; ``transport`` are the lines that each of its m-lines needs."""
        raise NotImplementedError

    def started(self) -> None:
        """Hear that the link stands."""
        raise NotImplementedError

    def media(self, data: bytes, arrival: float) -> None:
        """Take a packet of RTP or RTCP as it came, protected, with its time.monotonic()."""
        raise NotImplementedError

    @property
    def outgoing(self) -> pylibsrtp.Session:
        """What protects packets; only when the link stands."""
        return self._srtp("_tx_srtp")

    @property
    def incoming(self) -> pylibsrtp.Session:
        """What opens packets; only when the link stands."""
        return self._srtp("_rx_srtp")

    def _srtp(self, name: str) -> pylibsrtp.Session:
        found = getattr(self._dtls, name, None)
        if found is None:
            raise LinkError("the link does not stand")
        return cast("pylibsrtp.Session", found)

    def send(self, data: bytes) -> bool:
        """Send a datagram; False where the socket is full or the other side is gone."""
        if self._socket is None:
            return False
        try:
            self._socket.send(data)
        except OSError:
            return False
        return True

    async def __aenter__(self) -> Self:
        prints = self._certificate.getFingerprints()
        own = next(f.value for f in prints if f.algorithm == "sha-256")
        self.begun = time.monotonic()
        try:
            async with asyncio.timeout(CONNECT):
                self.answer = await self._ask(
                    self.offer(
                        f"a=ice-ufrag:{self._ufrag}\r\na=ice-pwd:{self._password}\r\n"
                        f"a=fingerprint:sha-256 {own}\r\na=setup:actpass\r\na=rtcp-mux\r\n"
                        "a=rtcp-rsize\r\n"
                    )
                )
                self._open()
                await self._check()
                await self._shake_hands()
        except BaseException:
            await self.__aexit__()
            raise
        self._consent = asyncio.create_task(self._keep(), name="lean:consent")
        self.started()
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._consent is not None:
            self._consent.cancel()
            await asyncio.gather(self._consent, return_exceptions=True)
        if self._dtls is not None:
            await self._dtls.stop()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _line(self, pattern: str) -> re.Match[str]:
        found = re.search(pattern, self.answer)
        if found is None:
            raise LinkError(f"no {pattern} in the answer")
        return found

    def _open(self) -> None:
        candidate = self._line(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host")
        self._remote = (candidate[1], int(candidate[2]))
        own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        own.setsockopt(socket.SOL_SOCKET, _TIMESTAMPNS, 1)
        self._socket = own
        own.connect(self._remote)
        asyncio.get_running_loop().add_reader(own, self._read)

    def _read(self) -> None:
        now, wall = time.monotonic(), time.time()
        for _ in range(BATCH):
            if self._socket is None:
                return
            try:
                data, notes, _, _ = self._socket.recvmsg(2048, 64)
            except (BlockingIOError, ConnectionError):  # the latter: the other side is gone
                return
            if 127 < data[0] < 192:  # noqa: PLR2004 (RFC 7983)
                # The kernel's time: many links share this process, as no browser's do, and one
                # that has to wait for the others must not look like a crowded way.
                self.media(data, now - _age(notes, wall))
            elif data[0] < 2:  # noqa: PLR2004
                self._stun(data)
            elif not self._queue.full():
                self._queue.put_nowait(data)

    async def _recv(self) -> bytes:
        data = await self._queue.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self.send(data)

    async def _check(self) -> None:
        wait = CHECK_AGAIN
        while not self._checked.is_set():
            self._ping()
            try:
                async with asyncio.timeout(wait):
                    await self._checked.wait()
            except TimeoutError:
                wait *= 2

    def _ping(self) -> None:
        ufrag, password = (self._line(rf"a=ice-{name}:(\S+)")[1] for name in ("ufrag", "pwd"))
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{ufrag}:{self._ufrag}"
        request.attributes["PRIORITY"] = 1
        request.attributes["ICE-CONTROLLING"] = 1
        request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(password.encode())
        self.send(bytes(request))

    def _stun(self, data: bytes) -> None:
        message = stun.parse_message(data)
        if message.message_class is stun.Class.RESPONSE:
            self._checked.set()
            return
        answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
        answer.attributes["XOR-MAPPED-ADDRESS"] = self._remote
        answer.add_message_integrity(self._password.encode())
        self.send(bytes(answer))

    async def _shake_hands(self) -> None:
        dtls = RTCDtlsTransport(cast("RTCIceTransport", self), [self._certificate])
        dtls._set_role("client" if "a=setup:passive" in self.answer else "server")  # noqa: SLF001 (what ORTC gives no other way to say)
        self._dtls = dtls
        theirs = self._line(r"a=fingerprint:sha-256 (\S+)")[1]
        await dtls.start(RTCDtlsParameters([RTCDtlsFingerprint("sha-256", theirs)]))
        if dtls.state != "connected":
            raise LinkError(f"DTLS is {dtls.state}")

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(CONSENT)
            self._ping()


def _age(notes: list[tuple[int, int, bytes]], wall: float) -> float:
    """Return for how many seconds a datagram lay in the kernel."""
    for _, kind, value in notes:
        if kind == _TIMESTAMPNS and len(value) >= 16:  # noqa: PLR2004
            seconds, nanoseconds = struct.unpack("qq", value[:16])
            return max(0.0, float(wall - seconds - nanoseconds / 1e9))
    return 0.0
