"""``make fuzz``: feeds every parser of ours a hundred thousand spoiled inputs.

``fuzz.py [COUNT] [--seed N] [--only NAME]``; exits 1 when one broke or took longer than 100 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.fuzz.run import feed
from tests.fuzz.targets import targets


async def main() -> int:
    """Feed all targets and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)  # each fault is counted; a million lines help nobody
    found = targets()
    every = max(1, chosen.count // len(found))
    bad = 0
    print(f"{'target':10} {'inputs':>8} {'faults':>7} {'>100 ms':>8} {'slowest':>9}")
    for name, target in found.items():
        if chosen.only and name != chosen.only:
            continue
        outcome = feed(target, chosen.count if chosen.only else every, chosen.seed)
        print(
            f"{name:10} {outcome.inputs:8} {outcome.faults:7} {outcome.slow:8} "
            f"{outcome.slowest * 1000:6.1f} ms"
        )
        if outcome.fault is not None:
            print(f"  {outcome.fault[0]}: {outcome.fault[1]!r}"[:600])
        bad += outcome.faults + outcome.slow
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
