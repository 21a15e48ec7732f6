"""What a publisher's congestion control is told: transport-wide feedback, or REMB."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING

from aiortc.rate import RemoteBitrateEstimator
from aiortc.rtp import RTCP_PSFB_APP, RtcpPsfbPacket, pack_remb_fci
from aiortc.utils import random32

from genba.session.peer.counter import unwrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.session.peer.packet import Rtp

EVERY = 0.05  # seconds; told with the packet that comes then, which costs no turn of the loop
LATEST = 0.25  # seconds after which it is told anyway
SPAN = 256  # packets of one message: more, after a stall, would not fit into a datagram
TICKS = 4000  # a second: 250 us
BACK, AHEAD = 1000, 4000  # a jump of the sequence beyond these begins anew
_RTPFB, _FORMAT = 205, 15
_RUN, _VECTOR = 8191, 7
_SMALL, _LARGE = 1, 2


class TransportFeedback:
    """Transport-wide congestion control feedback, one for each peer; event loop.

    draft-holmer-rmcat-transport-wide-cc-extensions-01. Must see every packet that has the
    extension: retransmissions and padding are what bandwidth probes are made of.
    """

    def __init__(self, send: Callable[[bytes], None]) -> None:
        """Send by ``send``, as plain RTCP."""
        self._send = send
        self._ssrc = random32()
        self._media = 0
        self._log: dict[int, int] = {}
        self._last: int | None = None
        self._next: int | None = None
        self._first: int | None = None  # in the log: without it a message could span any distance
        self._count = 0
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def see(self, packet: Rtp, arrival: float) -> None:
        """Note one packet's arrival."""
        number = packet.wide
        if number is None:
            return
        self._last = sequence = unwrap(number, self._last, 16)
        self._media = packet.ssrc
        near = self._next if self._next is not None else self._first
        if near is not None and not -BACK < sequence - near < AHEAD:
            self._log.clear()
            self._next = None
        if not self._log:
            self._first = sequence
            self._due = arrival + EVERY
        self._log[sequence] = int(arrival * TICKS)
        if arrival >= self._due:
            self._flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LATEST, self._late)

    def stop(self) -> None:
        """Send no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _late(self) -> None:
        """Tell of the packets that no later one has had told."""
        self._timer = None
        self._flush()

    def _flush(self) -> None:
        if not self._log:
            return
        first = min(self._log)
        base = first if self._next is None else min(first, self._next)
        self._next = end = max(self._log) + 1
        for start in range(base, end, SPAN):
            span = range(start, min(end, start + SPAN))
            begin = next((self._log[n] for n in span if n in self._log), None)
            if begin is not None:
                self._send(self._message(span, begin))
                self._count += 1
        self._log.clear()

    def _message(self, span: range, first_arrival: int) -> bytes:
        base, end = span.start, span.stop
        reference = first_arrival >> 8  # 64 ms
        before = reference << 8
        symbols: list[int] = []
        deltas: list[bytes] = []
        for sequence in span:
            arrival = self._log.get(sequence)
            if arrival is None:
                symbols.append(0)
                continue
            delta = arrival - before
            before = arrival
            if 0 <= delta < 256:  # noqa: PLR2004
                symbols.append(_SMALL)
                deltas.append(struct.pack("!B", delta))
            else:
                symbols.append(_LARGE)
                deltas.append(struct.pack("!h", max(-32768, min(32767, delta))))
        chunks = _chunks(symbols)
        body = struct.pack(
            "!LLHHL",
            self._ssrc,
            self._media,
            base & 0xFFFF,
            end - base,
            (reference & 0xFFFFFF) << 8 | self._count & 0xFF,
        )
        body += struct.pack(f"!{len(chunks)}H", *chunks) + b"".join(deltas)
        padding = -len(body) % 4
        if padding:
            body += bytes(padding - 1) + bytes([padding])
        first = 0x80 | (0x20 if padding else 0) | _FORMAT
        return struct.pack("!BBH", first, _RTPFB, len(body) // 4) + body


def _chunks(symbols: list[int]) -> list[int]:
    """Pack symbols as runs where they repeat, else as vectors of seven two-bit symbols."""
    chunks = []
    at = 0
    while at < len(symbols):
        run = 1
        while at + run < len(symbols) and symbols[at + run] == symbols[at] and run < _RUN:
            run += 1
        if run >= _VECTOR:
            chunks.append(symbols[at] << 13 | run)
            at += run
            continue
        chunk = 0xC000
        for k, symbol in enumerate(symbols[at : at + _VECTOR]):
            chunk |= symbol << (12 - 2 * k)
        chunks.append(chunk)
        at += _VECTOR
    return chunks


class BitrateFeedback:
    """REMB for a peer that knows no transport-wide feedback; event loop."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        """Send by ``send``, as plain RTCP."""
        self._send = send
        self._ssrc = random32()
        self._estimator = RemoteBitrateEstimator()

    def see(self, packet: Rtp, arrival: float) -> None:
        """Estimate; when there is something new to say, say it."""
        sent = packet.sent
        if sent is None:
            return
        size = len(packet.payload) + packet.padding_size
        estimate = self._estimator.add(
            abs_send_time=sent,
            arrival_time_ms=int(arrival * 1000),
            payload_size=size,
            ssrc=packet.ssrc,
        )
        if estimate is not None:
            bitrate, ssrcs = estimate
            fci = pack_remb_fci(bitrate, ssrcs)
            self._send(bytes(RtcpPsfbPacket(RTCP_PSFB_APP, self._ssrc, 0, fci)))

    def stop(self) -> None:
        """Have nothing to stop: it sends only when it sees a packet."""
