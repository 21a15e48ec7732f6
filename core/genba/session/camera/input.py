"""What picture and sound have in common on their way in."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from aiortc.rtp import RtcpRrPacket, RtcpSrPacket
from aiortc.utils import random32

from genba.session.camera.reception import Reception

if TYPE_CHECKING:
    from aiortc.rtp import AnyRtcpPacket, RtpPacket

    from genba.session.peer import Peer, Pick

REPORT = 1.0  # seconds between receiver reports


class Input:
    """A receiving part of a peer: counts, and reports back each second. Event loop."""

    def __init__(self, peer: Peer, pick: Pick) -> None:
        """Wait for the peer to connect."""
        self.peer = peer
        self.pick = pick
        self.ssrc = random32()  # ours, in what we report
        self.reception = Reception(pick.codec.clockRate)
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

    def count(self, packet: RtpPacket, arrival: float) -> int:
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
            self.reception.sender_report(packet.sender_info, time.monotonic())

    def _report(self) -> None:
        info = self.reception.info(time.monotonic())
        if info is not None:
            self.peer.send_rtcp(bytes(RtcpRrPacket(self.ssrc, [info])))
        self._timer = asyncio.get_running_loop().call_later(REPORT, self._report)
