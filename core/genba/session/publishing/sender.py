"""One layer on its way to one viewer."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
    unpack_remb_fci,
)
from aiortc.utils import random16, random32

from genba.session.peer.header import Header
from genba.session.peer.train import MOST, Train
from genba.session.publishing.history import KEPT, History, Sent
from genba.session.publishing.packetise import picture_number, renumbered
from genba.session.publishing.smoothing import Smoothing

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiortc.rtp import AnyRtcpPacket, RtcpReceiverInfo

    from genba.session.mediaclock import MediaClock
    from genba.session.peer.offer import Pick
    from genba.session.publishing.carrier import Carrier
    from genba.session.publishing.stream import Burst, Stream

REPORT_EVERY = 1.0  # seconds
RESENT = 1000  # packets a second that one viewer can have sent again; 200 at once
RESENT_AT_ONCE = 200
NACKED = 256  # sequence numbers of one NACK that are looked at
PATIENCE = 0.02  # seconds, at least, until a packet is sent again once more
_CNAME = 1


@dataclass(slots=True)
class SenderStats:
    """Counts from the beginning; ``loss`` (0 to 1), ``rtt`` and ``remb`` (bit/s) as last told.

    ``available`` is what this viewer's way carries by the estimate, 0 while that is unknown, and
    ``target`` what is being sent now, both in bit/s.
    """

    packets: int = 0
    octets: int = 0
    pictures: int = 0  # or sounds
    dropped: int = 0  # pictures, because the socket or the queue before it was full
    key_requests: int = 0
    nacked: int = 0
    resent: int = 0
    missed: int = 0  # asked for when it was already forgotten
    loss: float = 0.0
    rtt: float | None = None
    remb: int = 0
    available: int = 0
    target: int = 0


class Sender:
    """The peer's part for one m-line; on the event loop.

    Pictures begin with a key picture. When the socket is full, or too much waits for a narrow way,
    the rest of the picture and all up to the next key picture is dropped; sound just goes on with
    the next packet.
    """

    def __init__(
        self,
        peer: Carrier,
        pick: Pick,
        *,
        stream: Stream,
        clock: MediaClock,
        cname: str,
        request_key: Callable[[], None] | None = None,
    ) -> None:
        """Send ``stream`` once started; ``request_key`` for pictures, None for sound."""
        self._ssrc = random32()
        self.rtx_ssrc = random32()
        self.cname = cname
        self.stats = SenderStats()
        self._peer = peer
        self._stream = stream
        self._clock = clock
        self._request_key = request_key
        self._header = Header(pick)
        self._smoothing = Smoothing()
        self._history = History()
        self._sequence = random16() >> 1  # far from its wrap, which SRTP must not miss at first
        self._rtx_sequence = random16() >> 1
        self._offset = random32()
        self._rate = pick.codec.clockRate
        self._waiting = request_key is not None
        self._reported_at = float("-inf")
        self._budget, self._budget_at = float(RESENT_AT_ONCE), clock.now()
        self._owed = False  # a key picture is to be asked for, once one can leave
        self._next: _Next | None = None
        self._last_ticks = -1
        self._counted = (0, clock.now())  # octets of the last report, and its moment
        self._vp8 = pick.name == "vp8"
        self._shift = self._picture = 0  # of VP8's picture numbers, and the last one
        self._type = pick.payload_type
        self._rtx_type = pick.rtx.payloadType if pick.rtx is not None else None

    def start(self) -> None:
        """Join the stream; the first picture comes promptly."""
        if self._request_key is not None and self._rtx_type is not None:
            self._peer.fill(self._padding)
        self._stream.senders.add(self)
        if self._request_key is not None:
            self._request_key()

    def stop(self) -> None:
        """Leave the stream, and the one that it was to go on with."""
        self._forget_next()
        self._stream.senders.remove(self)
        self._history.clear()

    def pause(self) -> None:
        """Send nothing until the next ``start``, which begins with a key picture."""
        self.stop()
        self._waiting = self._request_key is not None

    def switch(self, stream: Stream, request_key: Callable[[], None]) -> None:
        """Go on with another stream of the same codec from its next key picture.

        Until then the present stream goes on. A later call replaces the wish; the present stream
        as ``stream`` takes it back. SSRC, sequence numbers and timestamps go on unbroken. Only for
        pictures, and while started.
        """
        self._forget_next()
        if stream is self._stream:
            return
        self._next = _Next(self, stream, request_key)
        stream.senders.add(self._next)
        request_key()

    def _forget_next(self) -> None:
        if self._next is not None:
            self._next.stream.senders.remove(self._next)
            self._next = None

    def _go_on_with(self, following: _Next, burst: Burst) -> None:
        following.stream.senders.add(self)
        self._forget_next()
        self._stream.senders.remove(self)
        self._stream, self._request_key = following.stream, following.request_key
        if self._vp8:
            self._shift = self._picture + 1 - picture_number(burst.payloads[0])
        self.push(burst)

    def push(self, burst: Burst) -> None:
        """Send one picture or sound, unless it would be of no use without what was dropped."""
        if self._waiting and not burst.key:
            if self._owed and self._request_key is not None and self._peer.ready:
                self._owed = False
                self._request_key()
            return
        pictures = self._request_key is not None
        if pictures and not self._peer.ready:
            self._drop()
            return
        self._waiting = False
        now = self._clock.now()
        self._header.smooth = self._smoothing.wanted(now)
        # Layers are not equally quick: one may bring a picture that the other has shown already.
        self._last_ticks = ticks = max(burst.ticks, self._last_ticks + 1)
        payloads = self._numbered(burst) if self._vp8 else burst.payloads
        train = Train(
            self._header,
            self._type,
            self._sequence,
            (self._offset + ticks) & 0xFFFFFFFF,
            self._ssrc,
            payloads,
            burst.runs,
            burst.octets,
            pictures,  # marked
            pictures,  # paced
            self._drop if pictures else None,
            [] if pictures and self._rtx_type is None else None,
        )
        self._sequence = (self._sequence + len(payloads)) & 0xFFFF
        if pictures:
            self._history.add(Sent(now, train.first, train.timestamp, payloads, train.stamps))
        if self._peer.send(train):
            stats = self.stats
            stats.pictures += 1
            stats.packets += len(payloads)
            stats.octets += burst.octets
            stats.available = self._peer.available
        else:
            self._drop()
        if now - self._reported_at >= REPORT_EVERY:
            self._reported_at = now
            self._report(now)

    def _numbered(self, burst: Burst) -> list[bytes]:
        """Have VP8's picture numbers go on unbroken where another layer takes over."""
        payloads = burst.payloads
        if self._shift:
            payloads = renumbered(payloads, self._shift)
        self._picture = picture_number(payloads[0])
        return payloads

    def _drop(self) -> None:
        self.stats.dropped += 1
        if self._request_key is not None:
            self._waiting = True
            # Every key picture is everybody's: one that could not leave is not asked for.
            self._owed = not self._peer.ready
            if not self._owed:
                self._request_key()

    def _report(self, now: float) -> None:
        """Say which RTP time is now on the media clock, the same clock for picture and sound."""
        octets, before = self._counted
        if now > before:
            self.stats.target = int((self.stats.octets - octets) * 8 / (now - before))
        self._counted = (self.stats.octets, now)
        info = RtcpSenderInfo(
            ntp_timestamp=self._clock.ntp(now),
            rtp_timestamp=(self._offset + round(now * self._rate)) & 0xFFFFFFFF,
            packet_count=self.stats.packets & 0xFFFFFFFF,
            octet_count=self.stats.octets & 0xFFFFFFFF,
        )
        source = RtcpSourceInfo(ssrc=self._ssrc, items=[(_CNAME, self.cname.encode())])
        report = RtcpSrPacket(ssrc=self._ssrc, sender_info=info)
        self._peer.send_rtcp(bytes(report) + bytes(RtcpSdesPacket(chunks=[source])))

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        if isinstance(packet, RtcpPsfbPacket):
            if packet.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
                self.stats.key_requests += 1
                if self._request_key is not None:
                    self._request_key()
            elif packet.fmt == RTCP_PSFB_APP:
                self._hear_estimate(packet.fci)
        elif isinstance(packet, RtcpRtpfbPacket):
            if packet.fmt == RTCP_RTPFB_NACK:
                self._resend(packet.lost)
        elif isinstance(packet, RtcpRrPacket):
            for report in packet.reports:
                if report.ssrc == self._ssrc:
                    self._hear_report(report)

    def _hear_estimate(self, fci: bytes) -> None:
        try:
            self.stats.remb = unpack_remb_fci(fci)[0]
        except (ValueError, struct.error):
            return  # feedback of another application, or half of it
        self._peer.hear_remb(self.stats.remb, self.stats.target)

    def _hear_report(self, report: RtcpReceiverInfo) -> None:
        self.stats.loss = report.fraction_lost / 256
        if self._request_key is not None:
            self._peer.hear_loss(self.stats.loss, self.stats.target)
        if report.lsr:
            middle = (self._clock.ntp(self._clock.now()) >> 16) & 0xFFFFFFFF
            trip = (middle - report.lsr - report.dlsr) & 0xFFFFFFFF
            if trip < 1 << 31:  # else clocks differ by a tick: nothing to learn
                self.stats.rtt = trip / 65536

    def _resend(self, lost: list[int]) -> None:
        now, stats = self._clock.now(), self.stats
        self._smoothing.lost(now, stats.rtt)
        grown = self._budget + (now - self._budget_at) * RESENT
        self._budget, self._budget_at = min(RESENT_AT_ONCE, grown), now
        patience = max(PATIENCE, 0.8 * (stats.rtt or 0.0))
        for sequence in lost[:NACKED]:
            stats.nacked += 1
            found = self._history.find(sequence)
            if found is None or found[0].at < now - KEPT:
                stats.missed += 1
                continue
            burst, index = found
            burst.again = {} if burst.again is None else burst.again
            if now - burst.again.get(index, float("-inf")) < patience:
                continue  # it is on its way
            if self._budget < 1:
                return
            self._budget -= 1
            burst.again[index] = now
            train = self._again(burst, index, sequence)
            if train is None:
                continue  # it waits for its turn
            if not self._peer.send(train):
                return
            stats.resent += 1

    def _again(self, burst: Sent, index: int, sequence: int) -> Train | None:
        """Return a packet as RTX (RFC 4588), or as it was where that was not negotiated."""
        marked = index == len(burst.payloads) - 1
        if self._rtx_type is not None:
            return self._rtx(sequence, burst, burst.payloads[index], marked=marked)
        if burst.stamps is None or index >= len(burst.stamps):
            return None
        block, number = burst.stamps[index]
        return Train(
            self._header,
            self._type,
            sequence,
            burst.timestamp,
            self._ssrc,
            [burst.payloads[index]],
            ((0, 1),),
            len(burst.payloads[index]),
            marked=marked,
            block=block,
            number=number,
        )

    def _rtx(
        self, sequence: int, burst: Sent, payload: bytes, *, marked: bool, times: int = 1
    ) -> Train:
        first = self._rtx_sequence
        self._rtx_sequence = (first + times) & 0xFFFF
        return Train(
            self._header,
            self._rtx_type or 0,
            first,
            burst.timestamp,
            self.rtx_ssrc,
            [struct.pack("!H", sequence) + payload] * times,
            ((0, times),),
            times * (2 + len(payload)),
            marked=marked,
        )

    def _padding(self, octets: int) -> Train | None:
        """Return the last picture's first packet so often: a viewer drops what it has already."""
        burst = self._history.latest()
        if burst is None:
            return None
        payload = burst.payloads[0]
        times = max(1, min(MOST, round(octets / len(payload))))
        return self._rtx(burst.first, burst, payload, marked=False, times=times)


class _Next:
    """Listens to the stream that a sender is to go on with."""

    def __init__(self, sender: Sender, stream: Stream, request_key: Callable[[], None]) -> None:
        self.stream = stream
        self.request_key = request_key
        self._sender = sender

    def push(self, burst: Burst) -> None:
        if burst.key:
            self._sender._go_on_with(self, burst)  # noqa: SLF001  two halves of one thing
