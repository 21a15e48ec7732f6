"""Which waits for which: a camera's picture and its sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BEHIND = 0.040  # seconds that mixed sound is behind the view's picture, as its times tell
LATE = 0.005  # seconds by which sound may be late before pictures wait for it
SPARE = 0.020  # seconds that pictures may wait in vain
HOLD = 0.300  # seconds that a picture waits at most
LONGEST = 1.0  # seconds under way that are believed
GONE = 2.0  # seconds without a picture: there is nothing to be in step with
_SHARE = 0.04  # of what a picture's lag is off, that is taken over
_STEP = 0.003  # seconds by which one odd picture can mislead
_MORE, _LESS = 2e-4, 4e-5  # seconds by which ``hold`` changes with each block of sound


class LipSync:
    """One camera's; told by the threads that decode and show, asked by the one that mixes.

    The view shows a picture as soon as most others that were as long under way are there, and its
    mixer dates sound ``BEHIND`` before the moment at which it is mixed. So sound is in step when
    it is as much longer under way than the picture. Where it needs even longer, pictures wait.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        """Take what tells media time."""
        self.now = now
        self.hold = 0.0  # seconds that pictures wait
        self._came = _Lag()  # from a picture's capture until it is decoded
        self._shown = _Lag()  # until the view shows it
        self._shown_at = float("-inf")

    def due(self, captured: float) -> float:
        """Hear that a picture is decoded, and return the media time at which to show it."""
        self._came.follow(self.now() - captured)
        return captured + self._came.seconds + self.hold

    def shown(self, captured: float) -> None:
        """Hear that a picture is shown for the first time."""
        now = self.now()
        self._shown.anew |= now - self._shown_at > GONE
        self._shown.follow(now - captured)
        self._shown_at = now

    def delay(self, needed: float, now: float) -> float:
        """Return how long after its capture sound is to be mixed; it needs ``needed`` at least.

        Called with each block of sound.
        """
        if now - self._shown_at > GONE:
            self.hold = 0.0
            return needed
        wanted = self._shown.seconds + BEHIND
        if needed > wanted + LATE:
            self.hold = min(HOLD, self.hold + _MORE)
        elif needed < wanted - SPARE:
            self.hold = max(0.0, self.hold - _LESS)
        return max(needed, wanted)


class _Lag:
    """A mean that single pictures cannot move far."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.anew = True

    def follow(self, lag: float) -> None:
        lag = min(LONGEST, max(0.0, lag))
        if self.anew:
            self.seconds, self.anew = lag, False
        else:
            self.seconds += min(_STEP, max(-_STEP, (lag - self.seconds) * _SHARE))
