"""A lean viewer that tells what reached it, as browsers do: transport-wide feedback and reports."""

from __future__ import annotations

import asyncio
import struct
import time
from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from aiortc.rtp import RtcpReceiverInfo, RtcpRrPacket

from genba.session.peer.feedback import TransportFeedback
from genba.session.peer.offer import TRANSPORT_CC
from tests.kit.leanviewer import AUDIO, VIDEO, LeanViewer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import pylibsrtp
    from aiortc.rtcdtlstransport import RTCCertificate

NUMBER = 3  # of the extension
REPORT = 1.0  # seconds


class TellingViewer(LeanViewer):
    """``arrivals`` has the moment and size of each packet of media; ``marked`` is of pictures."""

    def __init__(self, ask: Callable[[str], Awaitable[str]], certificate: RTCCertificate) -> None:
        super().__init__(ask, certificate)
        self.arrivals: list[tuple[float, int, int]] = []  # when, its SSRC, bytes
        self.messages = 0
        self._received: Counter[int] = Counter()
        self._highest: dict[int, int] = {}
        self._feedback = TransportFeedback(self._tell)
        self._reporter: asyncio.TimerHandle | None = None

    def offer(self, ufrag: str, password: str, fingerprint: str) -> str:
        text = super().offer(ufrag, password, fingerprint)
        extension = f"a=extmap:{NUMBER} {TRANSPORT_CC}\r\n"
        for number in (VIDEO, AUDIO):
            line = f"a=rtpmap:{number} "
            text = text.replace(line, f"{extension}a=rtcp-fb:{number} transport-cc\r\n{line}")
        return text

    async def __aexit__(self, *exc: object) -> None:
        self._feedback.stop()
        if self._reporter is not None:
            self._reporter.cancel()
        await super().__aexit__(*exc)

    def datagram_received(self, data: bytes, addr: object) -> None:
        super().datagram_received(data, addr)
        if not 127 < data[0] < 192 or 192 <= data[1] <= 223:
            return
        now = time.monotonic()
        sequence, ssrc = struct.unpack_from("!H4xL", data, 2)
        self.arrivals.append((now, ssrc, len(data)))
        self._received[ssrc] += 1
        self._highest[ssrc] = sequence
        if self._reporter is None:
            self._report()
        number = _number(data)
        if number is not None:
            seen = SimpleNamespace(wide=number, ssrc=ssrc)
            seen.extensions = SimpleNamespace(transport_sequence_number=number)
            self._feedback.see(cast("Any", seen), now)

    def _report(self) -> None:
        """Say that nothing is lost: what is, is told by the other kind."""
        reports = [RtcpReceiverInfo(s, 0, 0, n, 0, 0, 0) for s, n in self._highest.items()]
        self._tell(bytes(RtcpRrPacket(1, reports)))
        self._reporter = asyncio.get_running_loop().call_later(REPORT, self._report)

    def _tell(self, data: bytes) -> None:
        if self._dtls is None or self._dtls.state != "connected":
            return
        session: pylibsrtp.Session = self._dtls._tx_srtp
        self.messages += 1
        self._transport.sendto(session.protect_rtcp(data))


def _number(data: bytes) -> int | None:
    """Return the transport-wide number; header extensions are readable without any key."""
    if not data[0] & 0x10:
        return None
    words = struct.unpack_from("!H", data, 14)[0]
    at, end = 16, 16 + 4 * words
    while at < end:
        if data[at] == 0:
            at += 1
            continue
        kind, size = data[at] >> 4, (data[at] & 15) + 1
        if kind == NUMBER:
            return int.from_bytes(data[at + 1 : at + 3], "big")
        at += 1 + size
    return None
