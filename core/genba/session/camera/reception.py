"""How well a stream arrives: what receiver reports say (RFC 3550, A.3 and A.8)."""

from __future__ import annotations

from aiortc.rtp import RtcpReceiverInfo, RtcpSenderInfo

from genba.session.peer.counter import unwrap

STRAY = 3000  # packets; a jump beyond it is another stream unless the next packet denies it


class Reception:
    """Counts one stream's packets; a new SSRC or a jump begins again. Event loop."""

    def __init__(self, rate: int) -> None:
        """Take the RTP clock rate."""
        self._rate = rate
        self.ssrc: int | None = None
        self.received = 0
        self.octets = 0
        self.loss = 0.0  # share of packets over the last seconds, smoothed
        self.kbps = 0.0
        self._top: int | None = None
        self._begin()
        self._since: float | None = None
        self._octets_before = 0

    @property
    def top(self) -> int | None:
        """The highest extended sequence number; None before the first packet."""
        return self._top

    def _begin(self) -> None:
        self._top = None
        self._base = 0
        self._got = 0
        self._before = (0, 0)
        self._jitter = 0.0
        self._transit: float | None = None
        self._stray = 0
        self._report: tuple[int, float] = (0, 0.0)

    def count(self, ssrc: int, number: int, ts: int, size: int, arrival: float) -> tuple[int, bool]:
        """Count a packet; return its extended sequence number, and whether a stream began."""
        began = ssrc != self.ssrc
        if not began and self._top is not None:
            jump = unwrap(number, self._top, 16) - self._top
            self._stray = self._stray + 1 if abs(jump) > STRAY else 0
            began = self._stray > 1
        if began:
            self.ssrc = ssrc
            self._begin()
        # begins one cycle up, so that packets from before the first one are no negative numbers
        sequence = number + (1 << 16) if self._top is None else unwrap(number, self._top, 16)
        if self._top is None:
            self._base = self._top = sequence
        if not self._stray:
            self._top = max(self._top, sequence)
        self._got += 1
        self.received += 1
        self.octets += size
        transit = arrival * self._rate - ts
        if self._transit is not None:
            moved = abs((transit - self._transit + 2**31) % 2**32 - 2**31)
            self._jitter += (moved - self._jitter) / 16
        self._transit = transit
        return sequence, began

    def sender_report(self, info: RtcpSenderInfo, now: float) -> None:
        """Note a sender report, which ours must name."""
        self._report = (info.ntp_timestamp >> 16 & 0xFFFFFFFF, now)

    def info(self, now: float) -> RtcpReceiverInfo | None:
        """Return the report block of the time since the last one; None before any packet."""
        self._measure(now)
        if self._top is None or self.ssrc is None:
            return None
        expected = self._top - self._base + 1
        asked, got = expected - self._before[0], self._got - self._before[1]
        self._before = (expected, self._got)
        lost = max(0, asked - got)
        share = lost / asked if asked > 0 else 0.0
        self.loss += (share - self.loss) / 3
        last, at = self._report
        return RtcpReceiverInfo(
            ssrc=self.ssrc,
            fraction_lost=min(255, int(share * 256)),
            packets_lost=max(-(1 << 23), min((1 << 23) - 1, expected - self._got)),
            highest_sequence=self._top & 0xFFFFFFFF,
            jitter=int(self._jitter) & 0xFFFFFFFF,
            lsr=last,
            dlsr=int((now - at) * 65536) & 0xFFFFFFFF if last else 0,
        )

    def _measure(self, now: float) -> None:
        if self._since is not None and now > self._since:
            bits = (self.octets - self._octets_before) * 8
            self.kbps = bits / (now - self._since) / 1000
        self._since = now
        self._octets_before = self.octets
