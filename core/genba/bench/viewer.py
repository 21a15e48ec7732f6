"""A viewer that counts pictures and answers as a browser does."""

from __future__ import annotations

import asyncio
import struct
import time
from typing import TYPE_CHECKING

from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    pack_remb_fci,
)

from genba.bench.lean import LeanLink
from genba.bench.offers import AUDIO, SEQUENCE, VIDEO, offer
from genba.session.peer.feedback import TransportFeedback
from genba.session.peer.packet import Numbers, Rtp

if TYPE_CHECKING:
    from aiortc.rtcdtlstransport import RTCCertificate

    from genba.bench.lean import Ask

REPORT_EVERY = 1.0  # seconds
ENOUGH = 10_000_000  # bit/s that a viewer without transport-wide feedback says it can take
OWN = 1  # the SSRC of its reports
FAR = 64  # packets at most that one gap asks for
_HEADER = struct.Struct("!BBHLL")
_NUMBERS = Numbers(wide=SEQUENCE)


class LeanViewer(LeanLink):
    """Counts pictures by the marker bit, which SRTP leaves readable; decodes nothing."""

    def __init__(self, ask: Ask, certificate: RTCCertificate, codec: str = "H264") -> None:
        """Nothing is asked yet; ``codec`` is the one that it knows."""
        super().__init__(ask, certificate)
        self._codec = codec
        self.pictures = 0
        self.packets = 0
        self.octets = 0
        self.gaps = 0  # packets that did not come in their turn
        self.first_picture: float | None = None  # seconds from the offer
        self.longest = 0.0  # seconds between two pictures, at most, since ``reset``
        self._at: float | None = None
        self._highest: dict[int, int] = {}  # by payload type
        self._ssrcs: dict[int, int] = {}
        self._transport = TransportFeedback(self._send_rtcp)
        self._wide = False
        self._timer: asyncio.TimerHandle | None = None

    def offer(self, transport: str) -> str:
        """Take picture and sound."""
        return offer(transport, "recvonly", codec=self._codec)

    def started(self) -> None:
        """Begin to report."""
        self._wide = "transport-wide-cc" in self.answer
        self._report()

    async def __aexit__(self, *exc: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._transport.stop()
        await super().__aexit__(*exc)

    def reset(self) -> None:
        """Forget the longest pause."""
        self.longest, self._at = 0.0, None

    def media(self, data: bytes, arrival: float) -> None:
        """Count."""
        first, second, sequence, _, ssrc = _HEADER.unpack_from(data)
        number = second & 0x7F
        if number not in (VIDEO, AUDIO):
            return  # RTCP, or sent again
        if self._wide and first & 0x10:
            self._transport.see(Rtp(data, _NUMBERS), arrival)
        before = self._highest.get(number)
        self._highest[number] = sequence
        self._ssrcs[number] = ssrc
        if number == AUDIO:
            return
        self.packets += 1
        self.octets += len(data)
        if before is not None and sequence != (before + 1) & 0xFFFF:
            self._miss(before, sequence, ssrc)
        if second & 0x80:
            self._picture()

    def _picture(self) -> None:
        now = time.monotonic()
        self.pictures += 1
        if self.first_picture is None:
            self.first_picture = now - self.begun
        if self._at is not None:
            self.longest = max(self.longest, now - self._at)
        self._at = now

    def _miss(self, before: int, sequence: int, ssrc: int) -> None:
        gap = (sequence - before - 1) & 0xFFFF
        self.gaps += 1
        if gap < FAR:
            lost = [(before + n + 1) & 0xFFFF for n in range(gap)]
            self._send_rtcp(bytes(RtcpRtpfbPacket(RTCP_RTPFB_NACK, OWN, ssrc, lost)))
        elif gap < 1 << 15:
            self._send_rtcp(bytes(RtcpPsfbPacket(RTCP_PSFB_PLI, OWN, ssrc)))

    def _report(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(REPORT_EVERY, self._report)
        reports = [
            RtcpReceiverInfo(
                ssrc=ssrc,
                fraction_lost=0,
                packets_lost=0,
                highest_sequence=self._highest[number],
                jitter=0,
                lsr=0,
                dlsr=0,
            )
            for number, ssrc in self._ssrcs.items()
        ]
        if reports:
            data = bytes(RtcpRrPacket(ssrc=OWN, reports=reports))
            if not self._wide:
                fci = pack_remb_fci(ENOUGH, [*self._ssrcs.values()])
                data += bytes(RtcpPsfbPacket(RTCP_PSFB_APP, OWN, 0, fci))
            self._send_rtcp(data)

    def _send_rtcp(self, data: bytes) -> None:
        self.send(self.outgoing.protect_rtcp(data))
