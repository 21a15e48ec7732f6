"""From a sender's RTP times to the session's media clock."""

from __future__ import annotations

from genba.session.camera.fastest import Fastest
from genba.session.camera.reports import Reports

TRUST = 1.0  # seconds between what reports say and arrivals show; more: the reports are wrong


class SenderClock:
    """The wall clock that all streams of one peer share (RFC 3550, 6.4.1)."""

    def __init__(self) -> None:
        """Begin unknown."""
        self.fastest = Fastest()
        self.epoch = 0  # counts how often it was set
        self._zero: int | None = None

    def seconds(self, ntp: int) -> float:
        """Return a 64-bit NTP time in seconds since the first one."""
        if self._zero is None:
            self._zero = ntp
        return (((ntp - self._zero + (1 << 63)) & ((1 << 64) - 1)) - (1 << 63)) / (1 << 32)

    def was_set(self) -> None:
        """Hear that it jumped: what streams know of it counts no more."""
        self.epoch += 1
        self.fastest = Fastest()


class Timeline:
    """One stream of a sender; event loop.

    With sender reports the moments of all the sender's streams lie to each other as they were
    captured, and the fastest packet of them all came without delay. Without, each stream's fastest
    packet did.
    """

    def __init__(self, rate: int, sender: SenderClock | None = None) -> None:
        """Take the RTP clock rate, and the clock that the stream shares with others."""
        self._rate = rate
        self._sender = sender or SenderClock()
        self._epoch = self._sender.epoch
        self._reports = Reports(rate)
        self._arrivals = Fastest()
        self._last = float("-inf")

    @property
    def synced(self) -> bool:
        """Whether reports place the stream."""
        return bool(self._reports) and self._epoch == self._sender.epoch

    def report(self, ntp: int, ts: int) -> None:
        """Take a sender report: 64-bit NTP time, and the extended RTP time of that moment."""
        if not ntp:
            return  # this sender has no wall clock (RFC 3550, 6.4.1)
        wall = self._sender.seconds(ntp)
        if self._epoch != self._sender.epoch:
            self._reports.clear()
        elif self._reports.denies(wall, ts):
            self._reports.clear()
            self._sender.was_set()
        self._epoch = self._sender.epoch
        self._reports.add(wall, ts)

    def place(self, ts: int, arrival: float, length: int = 0) -> float:
        """Return the media time at which the sample of an extended RTP time was captured.

        ``arrival`` is its packet's, a media time too, and ``length`` how many samples that holds:
        it cannot have left before the last of them.
        """
        end = ts + length
        placed = ts / self._rate + self._arrivals.follow(arrival - end / self._rate, arrival)
        if self.synced:
            fastest = self._sender.fastest.follow(arrival - self._reports.wall(end), arrival)
            said = self._reports.wall(ts) + fastest
            if abs(said - placed) < TRUST:
                return said
        return placed

    def moment(self, ts: int, arrival: float, length: int = 0) -> float:
        """Return the same for one packet after the other: never goes back, nor beyond arrival."""
        self._last = max(self._last, self.place(ts, arrival, length))
        return min(self._last, arrival)
