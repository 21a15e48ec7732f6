"""What was sent under transport-wide numbers, until the viewer has told of it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genba.session.peer.counter import unwrap
from genba.session.peer.transportcc import REFERENCE

if TYPE_CHECKING:
    from genba.session.peer.probe import Probe
    from genba.session.peer.transportcc import Feedback

KEPT = 4.0  # seconds: feedback later than that tells of another time
MOST = 1024  # flights


@dataclass(slots=True)
class Flight:
    """One run as it left: packets of ``size`` bytes from ``first`` on, the last may be smaller.

    What the viewer told so far: ``come`` packets, the last one at ``arrived`` of its clock, and
    ``lost``.
    """

    first: int
    count: int
    size: int
    last_size: int
    sent: float
    probe: Probe | None = None
    come: int = 0
    lost: int = 0
    octets: int = 0
    arrived: float = 0.0


class Flights:
    """The log; numbers are extended ones."""

    def __init__(self) -> None:
        """Begin with nothing on its way."""
        self._flights: deque[Flight] = deque()
        self._next = 0
        self._reference: int | None = None

    @property
    def next(self) -> int:
        """The number of the next packet."""
        return self._next

    def add(self, flight: Flight) -> None:
        """Note what has been sent, and forget what is too old."""
        self._next = flight.first + flight.count
        self._flights.append(flight)
        while len(self._flights) > MOST or self._flights[0].sent < flight.sent - KEPT:
            self._flights.popleft()

    def land(self, feedback: Feedback) -> list[Flight]:
        """Note what has come; return the flights that are now told of whole, in their order.

        Numbers that were never sent, or not lately, say nothing.
        """
        base = unwrap(feedback.base, self._next, 16)
        self._reference = unwrap(feedback.reference, self._reference, 24)
        arrivals, begin = feedback.arrivals, self._reference * REFERENCE
        end = base + len(arrivals)
        done = 0
        for flight in self._flights:
            if flight.first >= end:
                break
            last = flight.first + flight.count
            if last > base:
                self._land_one(flight, base, arrivals, begin)
            if last <= end:
                done += 1
        return [self._flights.popleft() for _ in range(done)]

    @staticmethod
    def _land_one(flight: Flight, base: int, arrivals: list[float | None], begin: float) -> None:
        last = flight.first + flight.count
        for number in range(max(flight.first, base), min(last, base + len(arrivals))):
            arrived = arrivals[number - base]
            if arrived is None:
                flight.lost += 1
                continue
            flight.come += 1
            flight.octets += flight.last_size if number == last - 1 else flight.size
            flight.arrived = max(flight.arrived, begin + arrived)
