"""Feeds a target and says what came of it."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fuzz.targets import Target

LIMIT = 0.1  # seconds of processor that one input may take; what else the machine does is its own


@dataclass
class Outcome:
    """``fault`` is the first exception and the input that caused it."""

    inputs: int = 0
    faults: int = 0
    slow: int = 0
    slowest: float = 0.0
    slowest_input: bytes = b""
    fault: tuple[str, bytes] | None = None


def feed(target: Target, count: int, seed: int) -> Outcome:
    """Feed ``count`` inputs, always the same ones for the same seed."""
    outcome, chance = Outcome(), random.Random(seed)  # noqa: S311  the same each time
    for number in range(count):
        whole = number < len(target.corpus)
        data = target.corpus[number] if whole else target.mutate(chance, target.corpus)
        begun = time.thread_time()
        try:
            target(data)
        except Exception as error:  # noqa: BLE001  that is what is looked for
            outcome.faults += 1
            if outcome.fault is None:
                outcome.fault = (f"{type(error).__name__}: {error}", data)
        took = time.thread_time() - begun
        outcome.inputs += 1
        outcome.slow += took > LIMIT
        if took > outcome.slowest:
            outcome.slowest, outcome.slowest_input = took, data
    return outcome
