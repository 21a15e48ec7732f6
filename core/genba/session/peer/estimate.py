"""What the way to one viewer carries: by delay, loss and probes, or by what the viewer says.

Google congestion control in small (draft-ietf-rmcat-gcc-02): down to a part of what arrives when
a queue grows, down by loss above a tenth, slowly up while all is well, and up at once to what
a probe has shown.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from genba.session.peer.flights import Flights
from genba.session.peer.trend import Load, Trend

if TYPE_CHECKING:
    from genba.session.peer.flights import Flight
    from genba.session.peer.transportcc import Feedback

LOWEST, HIGHEST = 50_000, 20_000_000  # bit/s
BACK_OFF = 0.85  # of what arrives
GROWTH = 0.08  # a second
CARRIED = 0.95  # of what arrives while no queue grows: that much there is
BEYOND = 1.5  # times what arrives: further, growth has nothing to stand on
MUCH_LOST, LITTLE_LOST = 0.10, 0.02
WINDOW = 0.5  # seconds in which arrivals and losses are counted
SHORTEST = 0.2  # seconds that the first packets count as: a key picture is no rate
FEWEST = 10  # packets in it, before their loss means something
PAUSE = 0.3  # seconds between two steps down: the first has to show


class Estimate:
    """For one peer; ``available`` is in bit/s, 0 while nothing is known. On the event loop."""

    def __init__(self, *, probing: bool = True) -> None:
        """Begin without an opinion; without ``probing`` growth is not held to what arrives."""
        self.available = 0
        self.probing = probing
        self.flights = Flights()
        self._trend = Trend()
        self._landed: deque[Flight] = deque()
        self._come = self._lost = self._octets = 0  # of what has landed
        self._begun = 0.0
        self._grown = self._lowered = float("-inf")
        self._said = 0  # by REMB
        self._by_loss = 0.0

    @property
    def calm(self) -> bool:
        """Whether no queue grows and little is lost."""
        return self._trend.load is Load.NORMAL and self._loss() < LITTLE_LOST

    @property
    def arriving(self) -> float:
        """Bit/s that came in the last half second that was told of, or since the beginning."""
        if not self._landed:
            return 0.0
        span = min(WINDOW, max(SHORTEST, self._landed[-1].sent - self._begun))
        return self._octets * 8 / span

    def hear(self, feedback: Feedback, now: float) -> None:
        """Take a viewer's transport-wide feedback."""
        landed = self.flights.land(feedback)
        if not landed:
            return
        shown = 0
        self._begun = self._begun or landed[0].sent
        for flight in landed:
            self._land(flight, 1)
            self._landed.append(flight)
            if flight.come:
                self._trend.add(flight.sent, flight.arrived)
            if flight.probe is not None:
                shown = max(shown, flight.probe.land(flight))
        newest = landed[-1].sent
        while self._landed[0].sent < newest - WINDOW:
            self._land(self._landed.popleft(), -1)
        load, loss = self._trend.judge(now), self._loss()
        if load is Load.OVER or loss > MUCH_LOST:
            self._lower(loss, now, growing=load is Load.OVER)
        elif load is Load.NORMAL:
            self._grow(now, shown, further=loss < LITTLE_LOST)
        else:
            self._grown = now
            if not self.available:
                self._set(shown)

    def hear_remb(self, bitrate: int, sending: int) -> None:
        """Take what a viewer without transport-wide feedback says that it can get."""
        self._said = bitrate
        self._combine(sending)

    def hear_loss(self, loss: float, sending: int) -> None:
        """Take the loss of a receiver report (0 to 1) of such a viewer."""
        if loss > MUCH_LOST:
            self._by_loss = (self._by_loss or sending) * (1 - loss / 2)
        elif loss < LITTLE_LOST and self._by_loss:
            self._by_loss = min(self._by_loss * (1 + GROWTH), HIGHEST)
        self._combine(sending)

    def _combine(self, sending: int) -> None:
        """Take the lower one of what is said and what loss allows, and nothing before either."""
        known = [rate for rate in (self._said, self._by_loss) if rate]
        if known and sending:
            self._set(min(known))

    def _loss(self) -> float:
        whole = self._lost + self._come
        return self._lost / whole if whole >= FEWEST else 0.0

    def _land(self, flight: Flight, sign: int) -> None:
        self._come += sign * flight.come
        self._lost += sign * flight.lost
        self._octets += sign * flight.octets

    def _lower(self, loss: float, now: float, *, growing: bool) -> None:
        self._grown = now
        if now - self._lowered < PAUSE:
            return
        arriving = self.arriving
        rate = self.available or arriving
        if growing:
            rate = min(rate, BACK_OFF * arriving)
        if loss > MUCH_LOST:
            rate = max(rate * (1 - loss / 2), min(rate, BACK_OFF * arriving))
        self._lowered = now
        self._set(rate)

    def _grow(self, now: float, shown: int, *, further: bool) -> None:
        """Go up to what was shown and what arrives, and ``further`` where nothing is lost."""
        passed = min(now - self._grown, 1.0)
        self._grown = now
        if not self.available or shown > self.available:
            self._set(shown or self.available)
            return
        arriving = self.arriving
        grown = self.available * (1 + GROWTH) ** passed if further else 0.0
        most = BEYOND * arriving if self.probing else HIGHEST
        self._set(max(self.available, min(grown, most), CARRIED * arriving))

    def _set(self, rate: float) -> None:
        self.available = int(max(LOWEST, min(HIGHEST, rate))) if rate else 0
