"""Several voices at once without clipping."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CEILING = 0.97 * 32767  # nothing is ever louder
ATTACK = 240  # samples until a block's gain is down: 5 ms
RELEASE = 0.04  # how much of the missing gain comes back with each block of 20 ms: 0.5 s


class Limiter:
    """Turns a sum down as far as its peak demands and lets it come back slowly.

    The gain moves in ramps, so there is no click; where a peak comes before the ramp is down, what
    is over the ceiling is cut. One for each mix; one thread.
    """

    def __init__(self) -> None:
        """Begin at full gain."""
        self._gain = 1.0

    def limit(self, total: NDArray[np.int32]) -> NDArray[np.int16]:
        """Return a block of sums as samples."""
        peak = int(np.abs(total).max(initial=0))
        if self._gain == 1.0 and peak <= CEILING:
            return total.astype(np.int16)
        wanted = min(1.0, CEILING / max(peak, 1))
        gain = min(wanted, self._gain + RELEASE * (1.0 - self._gain) + 1e-4)
        steps = total.size if gain > self._gain else min(ATTACK, total.size)
        ramp = np.full(total.size, gain, np.float32)
        ramp[:steps] = np.linspace(self._gain, gain, steps)
        self._gain = gain
        limited: NDArray[np.float32] = np.clip(total * ramp, -CEILING, CEILING)
        return limited.astype(np.int16)
