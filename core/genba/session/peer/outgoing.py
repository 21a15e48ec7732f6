"""All that goes to one viewer: numbered, paced, protected, and what is learnt of its way."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from genba.session.peer.estimate import Estimate
from genba.session.peer.flights import Flight
from genba.session.peer.pacer import Pacer
from genba.session.peer.probe import Probe
from genba.session.peer.seal import seal
from genba.session.peer.transportcc import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.session.peer.dtls import Dtls
    from genba.session.peer.ice import IceLite
    from genba.session.peer.socket import PeerSocket
    from genba.session.peer.train import Train

log = logging.getLogger(__name__)

PROBE_AGAIN = 5.0  # seconds between two probes
PROBE_AT_FIRST, AT_FIRST = 1.0, 3  # seconds between so many at the beginning
PROBE_FIRST = 4_000_000  # bit/s
PROBE_FACTOR = 2.0  # times what is known
ENOUGH = 8_000_000  # bit/s: nothing of ours needs more, so nobody asks for it
PIECES, GAP = 5, 0.005  # of a probe, and seconds between them at the least
PADDING = 1200  # bytes of a packet of a probe, about


class Outgoing:
    """One peer's; on the event loop.

    ``filler`` makes packets that a viewer can do without, of about so many bytes, to probe with;
    None: there are none, and growth is tried with pictures alone.
    """

    def __init__(self, socket: PeerSocket, ice: IceLite, dtls: Dtls) -> None:
        """Send by ``socket`` once ``dtls`` is connected and ``ice`` knows a route."""
        self.estimate = Estimate(probing=False)
        self._socket = socket
        self._ice = ice
        self._dtls = dtls
        self._pacer = Pacer(self._send_paced, time.monotonic, _later)
        self._filler: Callable[[int], Train | None] | None = None
        self._large: Probe | None = None  # a large picture that is on its way out
        self._probed, self._probes = float("-inf"), 0
        self._padding: asyncio.TimerHandle | None = None

    @property
    def filler(self) -> Callable[[int], Train | None] | None:
        """What makes packets to probe with."""
        return self._filler

    @filler.setter
    def filler(self, filler: Callable[[int], Train | None] | None) -> None:
        self._filler = filler
        self.estimate.probing = filler is not None

    @property
    def ready(self) -> bool:
        """Whether a picture can be sent now, or soon."""
        return self._ice.route is not None and self._dtls.outgoing is not None and self._pacer.room

    def send(self, train: Train) -> bool:
        """Send a train, a paced one perhaps later; False: it, or its rest, was dropped."""
        if train.paced:
            return self._pacer.push(train)
        for start, stop in train.runs:  # noqa: SIM110  sound's way: no generator for its one run
            if not self._send_run(train, start, stop, None):
                return False
        return True

    def hear(self, data: bytes) -> None:
        """Take one message of transport-wide feedback; raise ValueError if it is not usable."""
        now = time.monotonic()
        self.estimate.hear(read(data), now)
        self._pacer.carry(self.estimate.available)
        available = self.estimate.available
        if (
            self._filler is not None
            and available < ENOUGH
            and self.estimate.calm
            and now - self._probed > (PROBE_AT_FIRST if self._probes < AT_FIRST else PROBE_AGAIN)
            and not self._pacer.waiting
        ):
            self._probed, self._probes = now, self._probes + 1
            self._probe(PROBE_FACTOR * available or PROBE_FIRST)

    def hear_remb(self, bitrate: int, sending: int) -> None:
        """Take what the viewer says that it can get, while ``sending`` bit/s go to it."""
        self.estimate.hear_remb(bitrate, sending)
        self._pacer.carry(self.estimate.available)

    def hear_loss(self, loss: float, sending: int) -> None:
        """Take what a report says was lost (0 to 1), while ``sending`` bit/s go to it."""
        self.estimate.hear_loss(loss, sending)
        self._pacer.carry(self.estimate.available)

    def stop(self) -> None:
        """Drop what waits, and probe no more."""
        self._filler = None
        self._pacer.stop()
        if self._padding is not None:
            self._padding.cancel()

    def _send_paced(self, train: Train, start: int, stop: int) -> bool:
        """Send one run of pictures; those of a large one show how fast they come."""
        more = self._pacer.waiting > 0
        if more and self._large is None:
            self._large = Probe()
        probe = self._large
        if probe is not None and not more:
            probe.closed, self._large = True, None
        return self._send_run(train, start, stop, probe)

    def _send_run(self, train: Train, start: int, stop: int, probe: Probe | None) -> bool:
        session, route = self._dtls.outgoing, self._ice.route
        if session is None or route is None:
            return False
        now = time.monotonic()
        flights = self.estimate.flights
        number = flights.next if train.number is None else train.number
        block = train.header.block(now) if train.block is None else train.block
        data, size = seal(
            session, self._socket.buffer, train, start, stop, block=block, number=number
        )
        sent = self._socket.send_segments(data, size, route)
        if not train.paced:
            self._pacer.spent(len(data), now)
        count = stop - start
        if train.stamps is not None:
            train.stamps += [(block, number + index) for index in range(count)]
        if train.header.numbered and train.number is None:
            last = len(data) - size * (count - 1)
            flights.add(Flight(number, count, size, last, now, probe))
            if probe is not None:
                probe.flying += 1
        return sent

    def _probe(self, rate: float) -> None:
        """Send padding at this rate, for some 25 ms."""
        octets = max(PADDING, rate * GAP / 8)
        self._pad(Probe(), PIECES, octets, octets * 8 / rate)

    def _pad(self, probe: Probe, left: int, octets: float, gap: float) -> None:
        self._padding = None
        train = self._filler(round(octets)) if self._filler is not None else None
        if train is None:
            return
        probe.closed = left == 1
        for start, stop in train.runs:
            if not self._send_run(train, start, stop, probe):
                return
        if left > 1:
            loop = asyncio.get_running_loop()
            self._padding = loop.call_later(gap, self._pad, probe, left - 1, octets, gap)


def _later(when: float, call: Callable[[], None]) -> Callable[[], None]:
    loop = asyncio.get_running_loop()
    return loop.call_later(when - time.monotonic(), call).cancel
