"""Sound that takes a little less or more time, by whole periods of its wave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Wave = NDArray[np.int16]

SHORTEST, LONGEST = 120, 480  # samples at 48 kHz: 2.5 and 10 ms
ALIKE = 0.85  # correlation of two periods that can stand for each other
QUIET = 60.0  # RMS of what nobody hears: any part of it can go
FAR = 480  # samples: what is more off is mended by whole periods
LOOSE, TIGHT = 240, 48  # samples off at which stretching begins, and ends
STRETCH = 0.005  # share of time: 9 cents of pitch
AT_EASE = 96_000  # samples in which what is off is to be mended
_COARSE = 4  # samples that are looked at as one


def shorten(wave: Wave, most: int) -> Wave:
    """Return it without one period of at most ``most`` samples; as it is where none fits.

    Two neighbouring periods are faded into one, so there is no click.
    """
    period = _period(wave, most)
    if not period:
        return wave
    return np.concatenate((_fade(wave[:period], wave[period : 2 * period]), wave[2 * period :]))


def lengthen(wave: Wave, most: int) -> Wave:
    """Return it with one period of at most ``most`` samples twice; as it is where none fits."""
    period = _period(wave, most)
    if not period:
        return wave
    again = _fade(wave[period : 2 * period], wave[:period])
    return np.concatenate((wave[:period], again, wave[period:]))


def _fade(out: Wave, into: Wave) -> Wave:
    ramp = np.linspace(0, 1, len(out), dtype=np.float32)
    return (out * (1 - ramp) + into * ramp).astype(np.int16)


def _period(wave: Wave, most: int) -> int:
    """Return the length of the period with which the wave begins; 0: none that can be used."""
    longest = min(most, LONGEST, len(wave) // 2)
    if longest < SHORTEST:
        return 0
    coarse = wave[: len(wave) // _COARSE * _COARSE].reshape(-1, _COARSE).mean(axis=1)
    if np.sqrt(np.mean(coarse**2)) < QUIET:
        return longest
    span = len(coarse) // 2
    first, last = SHORTEST // _COARSE, longest // _COARSE
    likeness = np.correlate(coarse[first : last + span], coarse[:span], "valid")
    power = np.convolve(coarse[first : last + span] ** 2, np.ones(span), "valid")
    likeness /= np.sqrt(power * np.sum(coarse[:span] ** 2)) + 1.0
    best = int(np.argmax(likeness))
    return (first + best) * _COARSE if likeness[best] > ALIKE else 0


class Pace:
    """Brings sound to its place, so that nobody hears it; used on one thread.

    What is far off by whole periods, the rest and a clock that runs otherwise by so little
    stretching that nobody hears the pitch.
    """

    def __init__(self) -> None:
        """Begin in step."""
        self.changed = 0
        self._stretching = False
        self._edge = 0

    def keep(self, wave: Wave, late: int) -> Wave:
        """Return a block that takes less time the more samples it is late, or more: early."""
        if not len(wave):
            return wave
        made = wave
        if late > FAR:
            made = shorten(wave, late)
        elif late < -FAR:
            made = lengthen(wave, -late)
        if made is wave:
            made = self._stretch(wave, late)
        self.changed += made is not wave
        self._edge = int(wave[-1])
        return made

    def _stretch(self, wave: Wave, late: int) -> Wave:
        """Resample, continuing from the last sample before."""
        off = abs(late)
        self._stretching = off > (TIGHT if self._stretching else LOOSE)
        if not self._stretching:
            return wave
        change = round(len(wave) * min(STRETCH, off / AT_EASE))
        count = len(wave) - change if late > 0 else len(wave) + change
        given = np.concatenate(([self._edge], wave))
        places = np.arange(1, count + 1) * (len(wave) / count)
        made: Wave = np.interp(places, np.arange(len(given)), given).astype(np.int16)
        return made
