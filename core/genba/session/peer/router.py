"""Which part a packet is for."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_RTPFB_NACK,
    RtcpByePacket,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    unpack_remb_fci,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiortc.rtp import AnyRtcpPacket

    from genba.session.peer.packet import Rtp
    from genba.session.peer.part import Part, ReceivingPart

SSRCS = 32  # learnt a peer; a stranger cannot grow the table, an odd peer neither


class Router:
    """By mid, then SSRC, then payload type (RFC 8843, section 9.2)."""

    # RTCDtlsTransport tells these of a disconnect; ours hear of it from their peer.
    receivers: frozenset[object] = frozenset()

    def __init__(self) -> None:
        self._by_mid: dict[bytes, ReceivingPart] = {}
        self._by_ssrc: dict[int, ReceivingPart] = {}
        self._by_type: dict[int, list[ReceivingPart]] = {}
        self._senders: dict[int, Part] = {}

    def add_receiver(
        self, part: ReceivingPart, mid: str, ssrcs: Iterable[int], payload_types: Iterable[int]
    ) -> None:
        """Route to ``part`` what comes with this mid, these SSRCs or payload types."""
        if mid:
            self._by_mid[mid.encode()] = part
        for ssrc in ssrcs:
            self._by_ssrc[ssrc] = part
        for number in payload_types:
            self._by_type.setdefault(number, []).append(part)

    def add_sender(self, part: Part, ssrcs: Iterable[int]) -> None:
        """Route feedback about these SSRCs to ``part``."""
        for ssrc in ssrcs:
            self._senders[ssrc] = part

    def rtp(self, packet: Rtp) -> ReceivingPart | None:
        """Find the receiver; its payload type must have been negotiated for it."""
        fitting = self._by_type.get(packet.payload_type, ())
        part = self._by_mid.get(packet.mid) if packet.mid else None
        part = part or self._by_ssrc.get(packet.ssrc)
        if part is None and len(fitting) == 1:
            part = fitting[0]
        if part is None or part not in fitting:
            return None
        if packet.ssrc not in self._by_ssrc and len(self._by_ssrc) < SSRCS:
            self._by_ssrc[packet.ssrc] = part
        return part

    def rtcp(self, packet: AnyRtcpPacket) -> list[Part]:
        """Find whom a report or a feedback message concerns, each once."""
        found: list[Part | None] = []
        if isinstance(packet, RtcpSrPacket):
            found.append(self._by_ssrc.get(packet.ssrc))
        elif isinstance(packet, RtcpByePacket):
            found += [self._by_ssrc.get(source) for source in packet.sources]
        if isinstance(packet, (RtcpSrPacket, RtcpRrPacket)):
            found += [self._senders.get(report.ssrc) for report in packet.reports]
        elif isinstance(packet, RtcpPsfbPacket):
            found += [self._senders.get(ssrc) for ssrc in _concerned(packet)]
        elif isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            # other formats are parsed as if they were NACKs
            found.append(self._senders.get(packet.media_ssrc))
        return list(dict.fromkeys(part for part in found if part is not None))


def _concerned(packet: RtcpPsfbPacket) -> list[int]:
    """FIR and REMB name their streams in the FCI, where media_ssrc is 0."""
    if packet.fmt == RTCP_PSFB_FIR:
        whole = packet.fci[: len(packet.fci) & ~7]
        return [ssrc for (ssrc,) in struct.iter_unpack("!L4x", whole)]
    if packet.fmt == RTCP_PSFB_APP:
        return [packet.media_ssrc, *unpack_remb_fci(packet.fci)[1]]
    return [packet.media_ssrc]
