"""Large pictures go out in pieces, so that the queue of a narrow link holds them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.session.peer.train import Train

FACTOR = 2.5  # times what the way carries: a picture must not take as long as it lasts
UNKNOWN = 8_000_000  # bit/s while nothing is known: a key picture of 40 kB takes 40 ms
AT_ONCE = 0.02  # seconds whose share goes at once: every picture but large ones
LONGEST = 0.5  # seconds that the last packet may have to wait


class Pacer:
    """Trains of one peer that wait, in their order; on the event loop.

    ``send`` is given a train and where a run of it begins and ends; False: it was dropped, and all
    that waits is dropped with it. ``later`` calls back at a time of ``now``.
    """

    def __init__(
        self,
        send: Callable[[Train, int, int], bool],
        now: Callable[[], float],
        later: Callable[[float, Callable[[], None]], Callable[[], None]],
    ) -> None:
        """Begin with nothing waiting; ``later`` returns what takes the call back."""
        self._send = send
        self._now = now
        self._later = later
        self._waiting: deque[tuple[Train, int]] = deque()  # and its next run
        self._octets = 0
        self._rate = float(UNKNOWN)
        self._free = float("-inf")
        self._take_back: Callable[[], None] | None = None

    @property
    def waiting(self) -> int:
        """Bytes that wait."""
        return self._octets

    @property
    def room(self) -> bool:
        """Whether one more train may wait."""
        return self._octets * 8 / self._rate <= LONGEST

    def carry(self, available: int) -> None:
        """Hear what the way carries in bit/s; 0: unknown."""
        self._rate = FACTOR * available if available else float(UNKNOWN)

    def spent(self, octets: int, now: float) -> None:
        """Count what went past the queue: sound, and what goes again."""
        self._free = max(now - AT_ONCE, self._free) + octets * 8 / self._rate

    def push(self, train: Train) -> bool:
        """Send a train, or the rest of it later; False: there is no room, it is dropped whole."""
        if self._waiting:
            if not self.room:
                return False
            self._octets += train.octets
            self._waiting.append((train, 0))
            return True
        now = self._now()
        if len(train.runs) == 1 and self._free <= now:
            self.spent(train.octets, now)
            return self._send(train, *train.runs[0])
        self._octets = train.octets
        self._waiting.append((train, 0))
        return self._go_on()

    def stop(self) -> None:
        """Drop what waits."""
        self._waiting.clear()
        self._octets = 0
        if self._take_back is not None:
            self._take_back()
            self._take_back = None

    def _go_on(self) -> bool:
        now = self._now()
        while self._waiting and self._free <= now:
            train, index = self._waiting[0]
            start, stop = train.runs[index]
            last = index + 1 == len(train.runs)
            if last:
                self._waiting.popleft()
            else:
                self._waiting[0] = (train, index + 1)
            octets = sum(map(len, train.payloads[start:stop]))
            self._octets -= octets
            self.spent(octets, now)
            if not self._send(train, start, stop):
                self.stop()
                return False
        if self._waiting and self._take_back is None:
            self._take_back = self._later(self._free, self._woken)
        return True

    def _woken(self) -> None:
        self._take_back = None
        waiting = [train for train, _ in self._waiting]
        if not self._go_on():
            for dropped in dict.fromkeys(train.dropped for train in waiting):
                if dropped is not None:
                    dropped()
