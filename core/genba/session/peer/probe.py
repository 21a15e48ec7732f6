"""How fast packets that were sent quickly on each other's heels have come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genba.session.peer.flights import Flight

SHORTEST = 0.012  # seconds: a shorter one tells of a queue's depth, not of the way
FEWEST = 3  # flights
SLOWED = 0.9  # of the rate it was sent at; slower than that is what the way carries


@dataclass(slots=True)
class Probe:
    """Flights that make one measurement: a large picture that was paced, or padding."""

    flying: int = 0
    closed: bool = False
    landed: list[Flight] = field(default_factory=list)

    def land(self, flight: Flight) -> int:
        """Take one that was told of; return what the way carries in bit/s, 0 while unknown."""
        self.flying -= 1
        self.landed.append(flight)
        return self._measured() if self.closed and not self.flying else 0

    def _measured(self) -> int:
        flights = [flight for flight in self.landed if flight.come]
        if len(flights) < FEWEST or sum(flight.lost for flight in self.landed) > 1:
            return 0
        first, last = flights[0], flights[-1]
        out, came = last.sent - first.sent, last.arrived - first.arrived
        if out < SHORTEST:
            return 0
        octets = sum(flight.octets for flight in flights)
        sent = (octets - last.octets) * 8 / out
        received = (octets - first.octets) * 8 / max(came, 0.001)
        if received < SLOWED * sent:
            return int(received)
        return int(min(sent, received))
