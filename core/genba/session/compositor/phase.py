"""When in its period the view's tick comes: just after the pictures that matter most."""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

FOLLOW = 1 / 45  # share of each new picture in what is known of a camera's pace
SURE = 0.5  # how alike arrivals must be (0: all over the period, 1: all at one point)
SPARE = 0.002  # seconds between the arrivals and the tick
SPREAD = 1.5  # of how far arrivals scatter (as a standard deviation), that is waited for
MOST = 0.010  # seconds by which the tick moves in a second, at most
FIRM = 30  # pictures until a camera's pace is believed
BETTER = 1.25  # how much more active another camera must be to be followed instead


@dataclass(slots=True)
class _Pace:
    """How a camera's pictures arrive: ``mean`` is that of points on the period's circle."""

    mean: complex = 0j
    pictures: int = 0
    activity: float = 0.0
    last: float = -math.inf


class Phase:
    """Moves the ticks ``offset`` seconds along, smoothly; used on the compositor's thread.

    Without it, a picture waits half a period in the mean until a tick shows it. A camera whose pace
    has nothing to do with the view's, or whose pictures arrive anyhow, moves nothing.
    """

    def __init__(self, period: float) -> None:
        """Take the seconds between two ticks."""
        self._period = period
        self._paces: dict[int, _Pace] = {}
        self._followed: int | None = None
        self.offset = 0.0

    def arrived(self, camera: int, moment: float) -> None:
        """Hear that a picture of a camera could be shown from this monotonic moment on."""
        pace = self._paces.setdefault(camera, _Pace())
        if moment <= pace.last:
            return
        if moment - pace.last > 1.0:  # it begins, or begins again
            pace.mean, pace.pictures, pace.activity = 0j, 0, 0.0
        pace.last = moment
        pace.pictures += 1
        pace.activity += 1.0
        share = max(FOLLOW, 1 / pace.pictures)
        point = cmath.exp(2j * math.pi * (moment % self._period) / self._period)
        pace.mean += (point - pace.mean) * share

    def forget(self, camera: int) -> None:
        """Hear that a camera shows nothing any more."""
        self._paces.pop(camera, None)

    def move(self, tick: float) -> float:
        """Return by how many seconds the tick that stood at ``tick`` and all later ones move."""
        for pace in self._paces.values():
            pace.activity *= 1 - FOLLOW
        followed = self._choose(tick)
        if followed is None:
            return 0.0
        alike = abs(followed.mean)
        turn = self._period / (2 * math.pi)
        scatter = turn * math.sqrt(-2 * math.log(min(1.0, alike)))
        wanted = cmath.phase(followed.mean) * turn + SPARE + SPREAD * scatter
        away = math.remainder(wanted - tick, self._period)
        step = MOST * self._period
        moved = max(-step, min(step, away * FOLLOW * 2))
        self.offset += moved
        return moved

    def _choose(self, now: float) -> _Pace | None:
        """Return the pace of the most active camera, unless it is none to follow."""
        alive = {n: p for n, p in self._paces.items() if p.pictures >= FIRM and now - p.last < 1.0}
        if not alive:
            self._followed = None
            return None
        best = max(alive, key=lambda n: alive[n].activity)
        kept = alive.get(self._followed) if self._followed is not None else None
        if kept is None or alive[best].activity > BETTER * kept.activity:
            self._followed = best
        pace = alive[self._followed] if self._followed is not None else alive[best]
        return pace if abs(pace.mean) >= SURE else None
