"""A camera that sends pictures which were encoded before: its only work is SRTP."""

from __future__ import annotations

import asyncio
import secrets
import struct
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

import pylibsrtp
from aiortc.rtp import (
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
)

from genba.bench.clips import FPS
from genba.bench.lean import LeanLink
from genba.bench.offers import AUDIO, MID, SENT, SEQUENCE, VIDEO, offer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiortc.rtcdtlstransport import RTCCertificate

    from genba.bench.lean import Ask

KEPT = 512  # packets that can be sent again
SOUNDS = 50  # packets of sound a second
REPORT_EVERY = 1.0  # seconds
NTP = 2_208_988_800  # seconds from 1900 to 1970
_FIXED = struct.Struct("!BBHLLHH")


class LeanCamera(LeanLink):
    """Sends a clip over and over; one that is asked for a key picture begins the clip anew."""

    def __init__(
        self,
        ask: Ask,
        certificate: RTCCertificate,
        pictures: Sequence[Sequence[bytes]],
        sounds: Sequence[bytes],
    ) -> None:
        """Take RTP payloads, those of each picture together, the first one a key picture."""
        super().__init__(ask, certificate)
        self.sent = 0  # pictures
        self.asked = 0  # for a key picture
        self.late = 0  # pictures left out, because this program was too slow
        self._clip, self._sounds = pictures, sounds
        self._at = 0
        self._ssrcs = (secrets.randbits(31) | 1, secrets.randbits(31) | 1)
        self._sequences = [secrets.randbits(14), secrets.randbits(14)]
        self._counts = [[0, 0], [0, 0]]
        self._transport = 0
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._tasks: list[asyncio.Task[None]] = []

    def offer(self, transport: str) -> str:
        """Offer picture and sound."""
        return offer(transport, "sendonly", self._ssrcs)

    def started(self) -> None:
        """Begin to send."""
        self._tasks = [
            asyncio.create_task(self._film(), name="lean:pictures"),
            asyncio.create_task(self._speak(), name="lean:sound"),
        ]

    async def __aexit__(self, *exc: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await super().__aexit__(*exc)

    def media(self, data: bytes, arrival: float) -> None:
        """Hear requests."""
        del arrival
        try:
            packets = RtcpPacket.parse(self.incoming.unprotect_rtcp(data))
        except (pylibsrtp.Error, ValueError, struct.error):
            return  # feedback that aiortc does not know
        for packet in packets:
            if isinstance(packet, RtcpPsfbPacket) and packet.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
                self.asked += 1
                self._at = 0
            elif isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
                for number in packet.lost:
                    if number in self._kept:
                        self.send(self._kept[number])

    async def _film(self) -> None:
        """Send each picture at its time, all of its packets at once; SR each second."""
        start, number, report = time.monotonic(), 0, 0.0
        while True:
            now = time.monotonic()
            due = start + number / FPS
            if now < due:
                await asyncio.sleep(due - now)
                now = time.monotonic()
            behind = int((now - due) * FPS)
            self.late += behind
            number += behind + 1
            ticks = round((due + behind / FPS) * 90_000)
            payloads = self._clip[self._at]
            self._at = (self._at + 1) % len(self._clip)
            last = len(payloads) - 1
            for index, payload in enumerate(payloads):
                self._rtp(0, VIDEO, ticks, payload, now, marker=index == last)
            self.sent += 1
            if now - report > REPORT_EVERY:
                report = now
                self._report(now)

    async def _speak(self) -> None:
        start, number = time.monotonic(), 0
        while True:
            due = start + number / SOUNDS
            await asyncio.sleep(due - time.monotonic())
            sound = self._sounds[number % len(self._sounds)]
            self._rtp(1, AUDIO, round(due * 48_000), sound, time.monotonic(), marker=False)
            number += 1

    def _rtp(
        self, line: int, kind: int, ticks: int, payload: bytes, now: float, *, marker: bool
    ) -> None:
        """Send one packet with the extensions of Chromium."""
        sequence = self._sequences[line]
        self._sequences[line] = (sequence + 1) & 0xFFFF
        self._transport = (self._transport + 1) & 0xFFFF
        second = kind | (0x80 if marker else 0)
        data = (
            _FIXED.pack(0x90, second, sequence, ticks & 0xFFFFFFFF, self._ssrcs[line], 0xBEDE, 3)
            + bytes((MID << 4, 48 + line, SENT << 4 | 2))
            + (int(now * (1 << 18)) & 0xFFFFFF).to_bytes(3, "big")
            + bytes((SEQUENCE << 4 | 1,))
            + self._transport.to_bytes(2, "big")
            + bytes(3)
            + payload
        )
        protected = self.outgoing.protect(data)
        self.send(protected)
        counts = self._counts[line]
        counts[0] += 1
        counts[1] += len(payload)
        if line == 0:
            self._kept[sequence] = protected
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)

    def _report(self, now: float) -> None:
        ntp = int((time.time() + NTP) * (1 << 32))
        for line, rate in enumerate((90_000, 48_000)):
            packets, octets = self._counts[line]
            info = RtcpSenderInfo(
                ntp_timestamp=ntp,
                rtp_timestamp=round(now * rate) & 0xFFFFFFFF,
                packet_count=packets,
                octet_count=octets & 0xFFFFFFFF,
            )
            report = bytes(RtcpSrPacket(ssrc=self._ssrcs[line], sender_info=info))
            self.send(self.outgoing.protect_rtcp(report))
