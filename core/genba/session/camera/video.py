"""A camera's picture: from RTP packets to access units."""

from __future__ import annotations

import asyncio
import logging
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from aiortc.rtp import RTCP_PSFB_PLI, RTCP_RTPFB_NACK, RtcpPsfbPacket, RtcpRtpfbPacket

from genba.session.camera.asking import GRACE, turn
from genba.session.camera.depacketise import H264, Vp8
from genba.session.camera.input import Input
from genba.session.camera.keyrequest import KeyRequest
from genba.session.camera.reorder import Reorder
from genba.session.camera.unit import AccessUnit
from genba.session.peer.counter import unwrap

if TYPE_CHECKING:
    from genba.session.camera.timeline import SenderClock
    from genba.session.mediaclock import MediaClock
    from genba.session.peer import Peer, Pick
    from genba.session.peer.packet import Packet

log = logging.getLogger(__name__)

_PROBE = 2  # bytes: a retransmission of nothing, which measures the way


class UnitSink(Protocol):
    """Who takes the units."""

    def unit(self, unit: AccessUnit) -> None:
        """Take the next one, on the event loop, without blocking."""
        ...

    def ended(self) -> None:
        """Hear that no more come."""
        ...


@dataclass(slots=True)
class VideoCounts:
    """What happened so far."""

    units: int = 0
    keys: int = 0
    asked: int = 0  # sequence numbers in NACKs, each time anew
    recovered: int = 0  # packets that came after they were asked for
    skipped: int = 0  # units lost, garbled, or useless without a key picture


class VideoInput(Input):
    """Puts packets in order, asks for the lost ones, and gives whole pictures to a sink.

    A picture goes out as soon as its marked packet is there. Where a packet does not come though
    it was asked for, a key picture is asked for as well; when that is here, or after too long,
    everything before it is dropped.
    """

    def __init__(
        self,
        peer: Peer,
        pick: Pick,
        clock: MediaClock,
        sink: UnitSink,
        sender: SenderClock | None = None,
    ) -> None:
        """Take the pick of an H.264 or VP8 m-line."""
        super().__init__(peer, pick, clock, sender)
        self.codec: Literal["h264", "vp8"] = "vp8" if pick.name == "vp8" else "h264"
        self.counts = VideoCounts()
        feedback = {(f.type, f.parameter) for f in pick.codec.rtcpFeedback}
        self.can_ask = ("nack", "pli") in feedback  # whether it knows requests for key pictures
        self.request_key = KeyRequest(self._send_pli)
        self._sink = sink
        self._rtx = pick.rtx.payloadType if pick.rtx is not None else None
        self._form = Vp8() if self.codec == "vp8" else H264()
        self._reorder = Reorder()
        self._wait_key = True
        self._damaged = False
        self._wants_key = False  # in place of packets that were asked for in vain
        self._nack_timer: asyncio.TimerHandle | None = None

    def stop(self) -> None:
        """End; the sink hears of it."""
        super().stop()
        self.request_key.fulfilled()
        if self._nack_timer is not None:
            self._nack_timer.cancel()
            self._nack_timer = None
        self._sink.ended()

    def restarted(self) -> None:
        """Begin anew with another stream."""
        super().restarted()
        self._reorder.reset()
        self._wait_key = True
        self._wants_key = False

    def on_rtp(self, packet: Packet, arrival: float) -> None:
        """Take one packet, or the retransmission of one."""
        payload = packet.payload
        if packet.payload_type == self._rtx:
            top = self.reception.top
            if len(payload) <= _PROBE or top is None:
                return
            self.reception.octets += len(payload)
            sequence = unwrap(struct.unpack_from("!H", payload)[0], top, 16)
            payload = payload[2:]
        else:
            sequence = self.count(packet, arrival)
        reorder = self._reorder
        if reorder.overrun(sequence):
            self._skip()
            if reorder.overrun(sequence):
                reorder.reset()
        missing = reorder.missing.get(sequence) if reorder.missing else None
        if not reorder.insert(sequence, packet.timestamp, packet.marker, payload, arrival):
            return
        if missing is not None and missing.tries:
            self.counts.recovered += 1
        for whole in reorder.whole():
            self._picture(whole.ts, whole.payloads, arrival)
        if reorder.missing:
            self._mend(marked=packet.marker == 1)
        elif self._wants_key:
            self._wants_key = False

    def _mend(self, *, marked: bool) -> None:
        """See to what is missing; a ``marked`` packet may have ended the key picture."""
        if self._wants_key and marked and self._reorder.skip_to(self._is_key):
            self._skipped()
        if self._reorder.missing and self._nack_timer is None:
            self._nack_timer = asyncio.get_running_loop().call_later(GRACE, self._nack)

    def _picture(self, ts: int, payloads: list[bytes], arrival: float) -> None:
        try:
            coded = self._form.picture(payloads)
            if not coded.data or coded.parameters:
                return  # padding, or an SPS that travels alone and is kept for the next picture
            usable = not self._wait_key or (coded.key and self._form.begins(_first(payloads)))
        except (ValueError, IndexError, struct.error) as error:
            log.debug("a picture is garbled: %s", error)
            self._wait_key = self._damaged = True
            self._lose()
            return
        if not usable:
            self._lose()
            return
        if coded.key:
            self.request_key.fulfilled()
        extended = self.extended(ts)
        moment = self.timeline.moment(extended, self.clock.at(arrival))
        unit = AccessUnit(
            data=coded.data,
            ts=extended,
            time=moment,
            key=coded.key,
            arrival=arrival,
            damaged=self._damaged,
            codec=self.codec,
        )
        self._wait_key = self._damaged = False
        self.counts.units += 1
        self.counts.keys += coded.key
        self._sink.unit(unit)

    def _lose(self) -> None:
        self.counts.skipped += 1
        self.request_key()

    def _nack(self) -> None:
        """Ask for what is missing; give up what has been missing for too long."""
        self._nack_timer = None
        found = turn(self._reorder.missing, self.clock.monotonic(), self.peer.rtt or 0.0)
        self._send_nack(found.ask)
        if found.key:
            self._wants_key = True
            self.request_key()
        if found.over:
            self._skip()
        if self._reorder.missing:
            self._nack_timer = asyncio.get_running_loop().call_later(GRACE, self._nack)

    def _skip(self) -> None:
        """Give up what is blocked."""
        self._reorder.skip(self._begins)
        self.request_key()
        self._skipped()

    def _skipped(self) -> None:
        self.counts.skipped += 1
        self._wait_key = self._damaged = True
        self._wants_key = False
        now = self.clock.monotonic()
        for whole in self._reorder.whole():
            self._picture(whole.ts, whole.payloads, now)

    def _begins(self, payload: bytes) -> bool:
        try:
            return self._form.begins(payload)
        except (ValueError, IndexError, struct.error):
            return False

    def _is_key(self, payloads: list[bytes]) -> bool:
        try:
            return self._form.picture(payloads).key and self._form.begins(_first(payloads))
        except (ValueError, IndexError, struct.error):
            return False

    def _send_nack(self, sequences: list[int]) -> None:
        """Send one message for each cycle of the counter: aiortc cannot pack across the wrap."""
        ssrc = self.reception.ssrc
        if not sequences or ssrc is None:
            return
        self.counts.asked += len(sequences)
        cycles: dict[int, list[int]] = {}
        for sequence in sorted(sequences):
            cycles.setdefault(sequence >> 16, []).append(sequence & 0xFFFF)
        for lost in cycles.values():
            nack = RtcpRtpfbPacket(RTCP_RTPFB_NACK, self.ssrc, ssrc, lost=lost)
            self.peer.send_rtcp(bytes(nack))

    def _send_pli(self) -> None:
        if self.reception.ssrc is not None:
            pli = RtcpPsfbPacket(RTCP_PSFB_PLI, self.ssrc, self.reception.ssrc)
            self.peer.send_rtcp(bytes(pli))


def _first(payloads: list[bytes]) -> bytes:
    return next(payload for payload in payloads if payload)
