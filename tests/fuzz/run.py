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
    fault: tuple[str, bytes] | None = None


def feed(target: Target, count: int, seed: int) -> Outcome:
    """Feed ``count`` inputs, always the same ones for the same seed."""
    outcome, chance = Outcome(), random.Random(seed)  # noqa: S311  the same each time
    for number in range(count):
        whole = number < len(target.corpus)
        data = target.corpus[number] if whole else target.mutate(chance, target.corpus)
        begun = time.perf_counter()
        try:
            target(data)
        except Exception as error:  # noqa: BLE001  that is what is looked for
            outcome.faults += 1
            if outcome.fault is None:
                outcome.fault = (f"{type(error).__name__}: {error}", data)
        took = time.perf_counter() - begun
        outcome.inputs += 1
        outcome.slow += took > LIMIT
        outcome.slowest = max(outcome.slowest, took)
    return outcome
