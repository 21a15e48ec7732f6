"""What picture and sound have in common on their way in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiortc.rtp import RtcpRrPacket, RtcpSrPacket
from aiortc.utils import random32

from genba.session.camera.reception import Reception
from genba.session.camera.timeline import SenderClock, Timeline
from genba.session.peer.counter import unwrap

if TYPE_CHECKING:
    from aiortc.rtp import AnyRtcpPacket

    from genba.session.mediaclock import MediaClock
    from genba.session.peer import Peer, Pick
    from genba.session.peer.packet import Packet

REPORT = 1.0  # seconds between receiver reports


class Input:
    """A receiving part of a peer: counts, and reports back each second. Event loop."""

    def __init__(
        self, peer: Peer, pick: Pick, clock: MediaClock, sender: SenderClock | None = None
    ) -> None:
        """Wait for the peer to connect; its other stream has the same ``sender``."""
        self.peer = peer
        self.pick = pick
        self.clock = clock
        self.ssrc = random32()  # ours, in what we report
        self.reception = Reception(pick.codec.clockRate)
        self._sender = sender or SenderClock()
        self.timeline = Timeline(pick.codec.clockRate, self._sender)
        self._ts: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to report."""
        self._timer = asyncio.get_running_loop().call_later(REPORT, self._report)

    def stop(self) -> None:
        """End."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def restarted(self) -> None:
        """Hear that another stream takes the place of the former one."""
        self.timeline = Timeline(self.pick.codec.clockRate, self._sender)
        self._ts = None

    def extended(self, timestamp: int) -> int:
        """Extend an RTP time so that it never wraps, nor is negative."""
        self._ts = unwrap(timestamp, self._ts or timestamp + (1 << 32), 32)
        return self._ts

    def count(self, packet: Packet, arrival: float) -> int:
        """Count a packet that is no retransmission; return its extended sequence number."""
        sequence, began = self.reception.count(
            packet.ssrc,
            packet.sequence_number,
            packet.timestamp,
            len(packet.payload) + packet.padding_size,
            arrival,
        )
        if began:
            self.restarted()
        return sequence

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        if isinstance(packet, RtcpSrPacket) and packet.ssrc == self.reception.ssrc:
            info = packet.sender_info
            self.reception.sender_report(info, self.clock.monotonic())
            if self._ts is not None:
                self.timeline.report(info.ntp_timestamp, unwrap(info.rtp_timestamp, self._ts, 32))

    def _report(self) -> None:
        info = self.reception.info(self.clock.monotonic())
        if info is not None:
            self.peer.send_rtcp(bytes(RtcpRrPacket(self.ssrc, [info])))
        self._timer = asyncio.get_running_loop().call_later(REPORT, self._report)
