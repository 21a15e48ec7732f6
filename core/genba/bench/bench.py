"""What every part of a run gets."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from genba.bench.clips import Clips


class MissingError(Exception):
    """The machine lacks what a part needs; the message says what, for people."""


@dataclass(frozen=True, slots=True)
class Bench:
    """``folder`` is empty at first and goes away after the run; ``clips`` are made on demand.

    ``quick`` asks for the short form of a measurement: fewer rounds, never other work.
    """

    folder: Path
    clips: Clips
    quick: bool = False
    quiet: bool = field(default=False, compare=False)

    def say(self, text: str) -> None:
        """Tell whoever waits what is going on; on stderr, so that stdout is the result alone."""
        if not self.quiet:
            print(text, file=sys.stderr, flush=True)  # noqa: T201 (a command's own words)
