"""Which waits for which: a camera's picture and its sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BEHIND = 0.040  # seconds that mixed sound is behind the view's picture, as its times tell
LATE = 0.015  # seconds by which sound may be late before pictures wait for it
HOLD = 0.300  # seconds that a picture waits at most
LONGEST = 1.0  # seconds under way that are believed
GONE = 2.0  # seconds without a picture: there is nothing to be in step with
_SLOW = 0.02  # share of a picture's lag that is taken over
_STEP = 0.002  # seconds by which one odd picture can mislead
_HASTE = 0.001  # seconds by which ``hold`` changes with each block of sound


class LipSync:
    """One camera's; told by the thread that shows and asked by the one that mixes.

    The view shows pictures as they come, and its mixer dates sound ``BEHIND`` before the moment at
    which it is mixed. So sound is in step when it is as much longer under way than the picture.
    Where it needs even longer, pictures wait.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        """Take what tells media time."""
        self.hold = 0.0  # seconds that pictures are to wait
        self._now = now
        self._lag = 0.0  # seconds from a picture's capture until the view shows it at once
        self._shown_at = float("-inf")

    def shown(self, captured: float, held: float) -> None:
        """Hear that a picture is shown for the first time, after it waited for ``held``."""
        now = self._now()
        lag = min(LONGEST, max(0.0, now - captured - held))
        if now - self._shown_at > GONE:
            self._lag = lag
        else:
            self._lag += min(_STEP, max(-_STEP, (lag - self._lag) * _SLOW))
        self._shown_at = now

    def delay(self, needed: float, now: float) -> float:
        """Return how long after its capture sound is to be mixed; it needs ``needed`` at least."""
        if now - self._shown_at > GONE:
            self.hold = 0.0
            return needed
        want = min(HOLD, max(0.0, needed - BEHIND - LATE - self._lag))
        self.hold += min(_HASTE, max(-_HASTE, want - self.hold))
        return max(needed, self._lag + self.hold + BEHIND)
