"""Which quality one viewer gets: by what was asked for, and by what its link carries."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from genba.session.encoder.quality import Quality

if TYPE_CHECKING:
    from collections.abc import Mapping

# All times in seconds. Down is quick, as a picture that stands is worse than a coarse one; up is
# slow, and slower after each climb that did not hold, so that nobody sees it swing.
SETTLE = 2.0  # after a switch, until figures are of the new encoding
DOWN_AFTER = 1.0
SHED_AFTER = 5.0
UP_AFTER = 4.0
TRY_AFTER = 10.0
TRY_AFTER_MOST = 120.0
BACK_AFTER, BACK_AFTER_SURE = 15.0, 5.0
HELD = 30.0  # a quality that was held so long was no mistake
DROPS, LOWEST_DROPS, DROPS_IN = 2, 8, 10.0  # so many looks with drops in so many seconds fail

NARROW, LOWEST_NARROW = 0.9, 0.7  # the estimate's share of what is sent
WIDE = 1.2  # the estimate over what a better quality would take
CALM = 1.1  # the estimate over what is sent: it is not what holds us down
LOSSY, LOWEST_LOSSY, CLEAN = 0.10, 0.25, 0.02


class Wish(StrEnum):
    """What a viewer asked for. All but the first are a ceiling too: no link is overrun."""

    AUTO = "auto"  # up to the view's own quality
    LOW = "low"  # as little as can be
    HIGH = "high"  # the best there is


class Shed(StrEnum):
    """Why a viewer is sent no moving picture."""

    NARROW = "narrow"  # the link carries less than the lowest quality takes
    LOSSY = "lossy"  # the link loses too much
    FULL = "full"  # our socket does not take it


@dataclass(frozen=True, slots=True)
class Asked:
    """What an offer comes with; ``narrow``: the page's last link carried no better than the low."""

    wish: Wish = Wish.AUTO
    narrow: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What a link has told. ``available`` and ``rate`` in bit/s; 0: not known.

    ``rate`` is what the present encoding takes, ``loss`` the share (0 to 1) that was last told,
    ``dropped`` the pictures that did not fit into the socket since the link was opened;
    ``probed``: ``available`` was tried beyond what is sent, so more need not be tried by pictures.
    """

    available: int = 0
    rate: int = 0
    loss: float = 0.0
    dropped: int = 0
    probed: bool = False


class Choice:
    """Decides, on figures alone: ``quality`` is what to send, None: nothing, and ``shed`` why.

    ``now`` is any clock in seconds that never goes back. Not thread-safe.
    """

    def __init__(
        self, rates: Mapping[Quality, int], top: Quality, now: float, start: Quality | None = None
    ) -> None:
        """Begin at ``start``, or else at ``top``; ``rates`` has each quality's nominal bit/s."""
        self._ladder = _up_to(top)
        self.quality: Quality | None = start if start in self._ladder else top
        self.shed: Shed | None = None
        self._rates = dict(rates)
        self._since = now
        self._bad_since: float | None = None
        self._good_since: float | None = None
        self._climbed_at: float | None = None
        self._failures = 0
        self._sheds = 0
        self._drops: deque[float] = deque()
        self._dropped = 0

    def limit(self, top: Quality, now: float) -> None:
        """Go to another ceiling, at once: somebody asked for it."""
        self._ladder = _up_to(top)
        self._failures = self._sheds = 0
        if self.quality is not top:
            self._turn(top, now)

    def look(self, now: float, seen: Seen) -> Quality | None:
        """Return what to send from now on; call it about twice a second."""
        self._note_drops(now, seen.dropped)
        if self.quality is None:
            self._come_back(now, seen)
            return self.quality
        if now - self._since < SETTLE:
            return self.quality
        if now - self._since >= HELD:
            self._sheds = 0
            if self._climbed_at is not None:
                self._climbed_at, self._failures = None, 0
        why = self._failing(seen, self.quality)
        if why is not None:
            self._good_since = None
            self._bad_since = now if self._bad_since is None else self._bad_since
            self._go_down(now, seen, self.quality, why)
        else:
            self._bad_since = None
            self._go_up(now, seen, self.quality)
        return self.quality

    def _come_back(self, now: float, seen: Seen) -> None:
        """Try the lowest again: later each time, but soon where the estimate says it fits."""
        lowest = self._ladder[0]
        fits = self.shed is Shed.NARROW and seen.available >= self._rates[lowest] * WIDE
        wait = min(BACK_AFTER * 2 ** (self._sheds - 1), TRY_AFTER_MOST)
        if now - self._since >= (BACK_AFTER_SURE if fits and self._sheds == 1 else wait):
            self._turn(lowest, now)

    def _note_drops(self, now: float, dropped: int) -> None:
        if dropped > self._dropped:
            self._drops.append(now)
        self._dropped = dropped
        while self._drops and self._drops[0] <= now - DROPS_IN:
            self._drops.popleft()

    def _failing(self, seen: Seen, quality: Quality) -> Shed | None:
        lowest = self._below(quality) is None
        rate = seen.rate or self._rates[quality]
        if seen.available and seen.available < rate * (LOWEST_NARROW if lowest else NARROW):
            return Shed.NARROW
        if seen.loss > (LOWEST_LOSSY if lowest else LOSSY):
            return Shed.LOSSY
        full = len(self._drops) >= (LOWEST_DROPS if lowest else DROPS)
        return Shed.FULL if full else None

    def _go_down(self, now: float, seen: Seen, quality: Quality, why: Shed) -> None:
        below = self._below(quality)
        patience = SHED_AFTER if below is None else DOWN_AFTER
        if now - (self._bad_since or now) < patience and why is not Shed.FULL:
            return
        if self._climbed_at is not None:
            self._climbed_at, self._failures = None, self._failures + 1
        if below is None:
            self._sheds += 1
            self._turn(None, now, why)
            return
        # Straight to what fits: each step on the way would cost a key picture that does not.
        share = self._share(seen, quality)
        while (
            seen.available
            and self._rates[below] * share > seen.available
            and (lower := self._below(below)) is not None
        ):
            below = lower
        self._turn(below, now)

    def _go_up(self, now: float, seen: Seen, quality: Quality) -> None:
        above = self._above(quality)
        sent = seen.rate or self._rates[quality]
        calm = not seen.available or seen.available >= sent * CALM
        if above is None or seen.loss > CLEAN or not calm or self._drops:
            self._good_since = None
            return
        if self._good_since is None:
            self._good_since = now
        # What is sent bounds what an estimate can know. So a climb is a trial where the estimate
        # does not say that there is room, and where it said so and was wrong.
        sure = seen.available >= self._rates[above] * self._share(seen, quality) * WIDE
        if not sure and seen.probed:
            return
        trial = min(TRY_AFTER * 2**self._failures, TRY_AFTER_MOST)
        if now - self._good_since >= (UP_AFTER if sure and not self._failures else trial):
            self._climbed_at = now
            self._turn(above, now)

    def _turn(self, quality: Quality | None, now: float, why: Shed | None = None) -> None:
        self.quality, self.shed, self._since = quality, why, now
        self._bad_since = self._good_since = None
        self._drops.clear()

    def _share(self, seen: Seen, quality: Quality) -> float:
        """How much of its nominal rate the view takes now: a view that stands takes little."""
        return min(1.0, max(0.3, seen.rate / self._rates[quality])) if seen.rate else 1.0

    def _below(self, quality: Quality) -> Quality | None:
        at = self._ladder.index(quality)
        return self._ladder[at - 1] if at else None

    def _above(self, quality: Quality) -> Quality | None:
        at = self._ladder.index(quality)
        return self._ladder[at + 1] if at + 1 < len(self._ladder) else None


def _up_to(top: Quality) -> list[Quality]:
    steps = list(Quality)
    return steps[: steps.index(top) + 1]
