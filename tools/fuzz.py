"""``make fuzz``: feeds every parser of ours a hundred thousand spoiled inputs.

``fuzz.py [COUNT] [--seed N] [--only NAME]``; exits 1 when one broke or took longer than 100 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.fuzz.process import Bodies, feed_control
from tests.fuzz.run import LIMIT, Outcome, feed
from tests.fuzz.targets import Target, targets
from tests.kit.sessionprocess import session_process

if TYPE_CHECKING:
    from collections import Counter

DOORS = ("bodies", "messages")  # of a real session process
FIVE = 5  # hundred: the server's own faults
OF_DOORS = 0.05  # share of the inputs that each of them gets: each is a request


class Table:
    """Prints a row each, and knows whether all was well."""

    def __init__(self) -> None:
        self.bad = False
        self.inputs = 0
        print(
            f"{'target':10} {'inputs':>8} {'faults':>7} {'5xx':>5} {'>100 ms':>8} {'slowest':>10}"
        )

    def row(self, name: str, outcome: Outcome, statuses: Counter[int] | None = None) -> None:
        """Print one; ``statuses`` of HTTP, or close codes."""
        fives = sum(n for status, n in (statuses or {}).items() if status // 100 == FIVE)
        print(
            f"{name:10} {outcome.inputs:8} {outcome.faults:7} {fives:5} {outcome.slow:8} "
            f"{outcome.slowest * 1000:7.1f} ms"
        )
        if statuses:
            print(f"  {', '.join(f'{code}: {n}' for code, n in sorted(statuses.items()))}")
        if outcome.fault is not None:
            print(f"  {outcome.fault[0]}: {outcome.fault[1]!r}"[:600])
        if outcome.slowest > LIMIT:
            print(f"  slowest: {outcome.slowest_input!r}"[:600])
        self.inputs += outcome.inputs
        self.bad |= bool(outcome.faults or outcome.slow)


async def doors(chosen: argparse.Namespace, found: dict[str, Target], table: Table) -> None:
    """Feed a real session process."""
    count = chosen.count if chosen.only else round(chosen.count * OF_DOORS)
    with tempfile.TemporaryDirectory() as folder:
        async with session_process(Path(folder)) as session:
            if chosen.only in ("", "bodies"):
                bodies = Bodies(session)
                await bodies.feed(found["offer"], count, chosen.seed)
                table.row("bodies", bodies.outcome, bodies.statuses)
            if chosen.only in ("", "messages"):
                said = found["control"]
                table.row("messages", *await feed_control(session, said, count, chosen.seed))
            print(f"  the process lives, {session.resident() >> 20} MiB")


async def main() -> int:
    """Feed all targets and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    found = targets()
    parser.add_argument("--only", default="", choices=("", *found, *DOORS))
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)  # each fault is counted; a million lines help nobody
    every = -(-round(chosen.count * (1 - len(DOORS) * OF_DOORS)) // len(found))
    table = Table()
    for name, target in found.items():
        if chosen.only in ("", name):
            table.row(name, feed(target, chosen.count if chosen.only else every, chosen.seed))
    if chosen.only in ("", *DOORS):
        await doors(chosen, found, table)
    print(f"{table.inputs} inputs: {'something broke' if table.bad else 'nothing broke'}")
    return 1 if table.bad else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
