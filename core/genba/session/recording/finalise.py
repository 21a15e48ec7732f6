"""``python -m genba.session.recording.finalise <id> <piece>...``: make files that seek of pieces.

A plain copy of the packets, nothing is encoded again. A torn last fragment is left out. Neighbours
with equal parameters become one file, others ``<id>``, ``<id>-2``, ``<id>-3``. Where the disk has
no room for a copy, a piece itself gets a final name: it plays, only its seeking is slower.

Prints a JSON list with an object for each file; exit code 3 means that there is no picture.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import av

from genba.kin import die_with
from genba.session.recording.sidecar import hidden, settle
from genba.session.recording.splice import Spliced, look, runs, splice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genba.session.recording.splice import Piece

NOTHING = 3
NICE = 10


@dataclass(frozen=True, slots=True)
class Made:
    """One file; ``began`` is Unix time, ``gaps`` are (at, seconds, why)."""

    id: str
    suffix: str
    seconds: float
    size: int
    width: int
    height: int
    began: float | None
    gaps: list[tuple[float, float, str]]


def finalise(name: str, pieces: Sequence[Path]) -> list[Made]:
    """Make the files of ``name`` (an id), each in one step; none without any picture."""
    found = [piece for path in pieces if (piece := look(path)) is not None]
    made: list[Made] = []
    for run in runs(found):
        made += _run(name, run, len(made) + 1)
    if made:
        settle(pieces[0].parent)
    return made


def _run(name: str, run: Sequence[Piece], number: int) -> list[Made]:
    suffix = run[0].path.suffix
    out = run[0].path.with_name(f"{name if number == 1 else f'{name}-{number}'}{suffix}")
    growing = hidden(out)
    try:
        spliced = splice(run, growing)
        with growing.open("rb") as file:
            os.fsync(file.fileno())
        growing.replace(out)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        growing.unlink(missing_ok=True)
        if len(run) > 1:  # no room to join them: each stands for itself
            return [m for i, piece in enumerate(run) for m in _run(name, [piece], number + i)]
        run[0].path.replace(out)
        spliced = Spliced(run[0].seconds, run[0].began)
    finally:
        growing.unlink(missing_ok=True)
    return [
        Made(
            id=out.stem,
            suffix=suffix.removeprefix("."),
            seconds=round(spliced.seconds, 3),
            size=out.stat().st_size,
            width=run[0].width,
            height=run[0].height,
            began=spliced.began,
            gaps=spliced.gaps,
        )
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Make files that seek of a recording's pieces.")
    parser.add_argument("--parent", type=int, help="end when this process ends")
    parser.add_argument("id")
    parser.add_argument("pieces", type=Path, nargs="+")
    chosen = parser.parse_args(arguments)
    if chosen.parent is not None:
        die_with(chosen.parent)
    os.nice(NICE)
    try:
        made = finalise(chosen.id, chosen.pieces)
    except (OSError, av.FFmpegError) as error:
        sys.stderr.write(f"{chosen.id}: {error}\n")
        return 1
    if not made:
        return NOTHING
    sys.stdout.write(json.dumps([asdict(one) for one in made]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
