"""Feeds a target and says what came of it."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fuzz.targets import Target

LIMIT = 0.1  # seconds that one input may take


@dataclass
class Outcome:
    """``fault`` is the first exception and the input that caused it."""

    inputs: int = 0
    faults: int = 0
    slow: int = 0
    slowest: float = 0.0
    slowest_input: bytes = b""
    fault: tuple[str, bytes] | None = None

    def note(self, took: float, data: bytes) -> None:
        """Count one input that took so many seconds."""
        self.inputs += 1
        self.slow += took > LIMIT
        if took > self.slowest:
            self.slowest, self.slowest_input = took, data

    def broke(self, what: str, data: bytes) -> None:
        """Count a fault; the first one is kept."""
        self.faults += 1
        if self.fault is None:
            self.fault = (what, data)


def feed(target: Target, count: int, seed: int) -> Outcome:
    """Feed ``count`` inputs, always the same ones for the same seed.

    Times are the thread's own: what else the machine does in between does not count.
    """
    outcome, chance = Outcome(), random.Random(seed)  # noqa: S311  the same each time
    for number in range(count):
        whole = number < len(target.corpus)
        data = target.corpus[number] if whole else target.mutate(chance, target.corpus)
        begun = time.thread_time()
        try:
            target(data)
        except Exception as error:  # noqa: BLE001  that is what is looked for
            outcome.broke(f"{type(error).__name__}: {error}", data)
        outcome.note(time.thread_time() - begun, data)
    return outcome
