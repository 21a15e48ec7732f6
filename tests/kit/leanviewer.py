"""A viewer that costs next to nothing: it connects for real, and counts pictures undecoded.

ICE checks, DTLS and RTCP are real (aioice's STUN, aiortc's DTLS); pictures are counted by the
marker bit of their last packet, which SRTP leaves readable. So one test holds many of them.
"""

from __future__ import annotations

import asyncio
import re
import secrets
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

    from aiortc.rtcicetransport import RTCIceTransport

VIDEO, RTX, AUDIO = 102, 103, 111
CHECK_AGAIN = 0.05  # seconds; then twice that
CONSENT = 5.0
WAITING = 512  # datagrams; a viewer that stands still loses later ones


def offer(ufrag: str, password: str, fingerprint: str, *, audio: bool = True) -> str:
    """Return what a browser would offer, without what nobody reads."""
    transport = (
        f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\na=fingerprint:sha-256 {fingerprint}\r\n"
        "a=setup:actpass\r\na=rtcp-mux\r\na=recvonly\r\n"
    )
    sdp = (
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
        f"a=group:BUNDLE {'0 1' if audio else '0'}\r\n"
        f"m=video 9 UDP/TLS/RTP/SAVPF {VIDEO} {RTX}\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n{transport}"
        f"a=rtpmap:{VIDEO} H264/90000\r\n"
        f"a=fmtp:{VIDEO} packetization-mode=1;profile-level-id=42e01f\r\n"
        f"a=rtcp-fb:{VIDEO} nack\r\na=rtcp-fb:{VIDEO} nack pli\r\n"
        f"a=rtpmap:{RTX} rtx/90000\r\na=fmtp:{RTX} apt={VIDEO}\r\n"
    )
    if audio:
        sdp += (
            f"m=audio 9 UDP/TLS/RTP/SAVPF {AUDIO}\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\n{transport}"
            f"a=rtpmap:{AUDIO} opus/48000/2\r\n"
        )
    return sdp


class LeanViewer(asyncio.DatagramProtocol):
    """Enter to connect; leaving says goodbye, unless ``vanish`` was called."""

    role = "controlling"  # RTCDtlsTransport reads it

    def __init__(self, ask: Callable[[str], Awaitable[str]], certificate: RTCCertificate) -> None:
        """Ask with an offer; certificates are dear, so many viewers share one."""
        self.pictures = 0
        self.packets = 0
        self.first_picture: float | None = None  # seconds from the offer
        self._ask = ask
        self._certificate = certificate
        self._ufrag, self._password = secrets.token_hex(4), secrets.token_hex(16)
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING)
        self._checked = asyncio.Event()
        self._seen = asyncio.Event()
        self._dtls: RTCDtlsTransport | None = None
        self._consent: asyncio.Task[None] | None = None
        self._vanished = False

    def offer(self, ufrag: str, password: str, fingerprint: str) -> str:
        """Return what it offers."""
        return offer(ufrag, password, fingerprint)

    @property
    def port(self) -> int:
        """Where it receives."""
        return int(self._transport.get_extra_info("sockname")[1])

    async def __aenter__(self) -> Self:
        fingerprint = next(
            f.value for f in self._certificate.getFingerprints() if f.algorithm == "sha-256"
        )
        self._begun = time.monotonic()
        answer = await self._ask(self.offer(self._ufrag, self._password, fingerprint))
        self._read(answer)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, remote_addr=self._remote
        )
        try:
            async with asyncio.timeout(15):
                await self._check()
                await self._shake_hands()
        except BaseException:
            await self.__aexit__()
            raise
        self._consent = asyncio.create_task(self._keep(), name="lean:consent")
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._consent is not None:
            self._consent.cancel()
            await asyncio.gather(self._consent, return_exceptions=True)
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(None)
        if self._vanished:
            self._transport.close()
        if self._dtls is not None:
            await self._dtls.stop()
        self._transport.close()

    async def seen(self, pictures: int, limit: float = 10.0) -> None:
        """Return once so many pictures have come."""
        async with asyncio.timeout(limit):
            while self.pictures < pictures:
                self._seen.clear()
                await self._seen.wait()

    def vanish(self) -> None:
        """Leave without a word, as a phone whose battery is empty."""
        self._vanished = True

    def stand_still(self) -> None:
        """Read nothing more but go on asking, as a browser that hangs: its socket fills up."""
        where = self._transport.get_extra_info("socket")
        asyncio.get_running_loop()._remove_reader(where.fileno())  # type: ignore[attr-defined]

    def datagram_received(self, data: bytes, addr: object) -> None:
        del addr
        if data[0] < 2:
            self._stun(data)
            return
        if 127 < data[0] < 192:
            self.packets += 1
            if data[1] == (0x80 | VIDEO):
                self.pictures += 1
                if self.first_picture is None:
                    self.first_picture = time.monotonic() - self._begun
                self._seen.set()
            return
        if not self._queue.full():
            self._queue.put_nowait(data)

    async def _recv(self) -> bytes:
        data = await self._queue.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self._transport.sendto(data)

    def _read(self, answer: str) -> None:
        def line(pattern: str) -> re.Match[str]:
            found = re.search(pattern, answer)
            assert found is not None, answer
            return found

        candidate = line(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host")
        self._remote = (candidate[1], int(candidate[2]))
        self._theirs = (line(r"a=ice-ufrag:(\S+)")[1], line(r"a=ice-pwd:(\S+)")[1])
        self._fingerprint = line(r"a=fingerprint:sha-256 (\S+)")[1]
        self._client = "a=setup:passive" in answer

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
        ufrag, password = self._theirs
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{ufrag}:{self._ufrag}"
        request.attributes["PRIORITY"] = 1
        request.attributes["ICE-CONTROLLING"] = 1
        request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(password.encode())
        self._transport.sendto(bytes(request))

    def _stun(self, data: bytes) -> None:
        message = stun.parse_message(data)
        if message.message_class is stun.Class.RESPONSE:
            self._checked.set()
            return
        answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
        answer.attributes["XOR-MAPPED-ADDRESS"] = self._remote
        answer.add_message_integrity(self._password.encode())
        self._transport.sendto(bytes(answer))

    async def _shake_hands(self) -> None:
        self._dtls = RTCDtlsTransport(cast("RTCIceTransport", self), [self._certificate])
        self._dtls._set_role("client" if self._client else "server")
        await self._dtls.start(
            RTCDtlsParameters([RTCDtlsFingerprint("sha-256", self._fingerprint)])
        )
        assert self._dtls.state == "connected"

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(CONSENT)
            self._ping()
