"""``python -m genba.session.recording.finalise <id> <piece>...``: make files that seek of pieces.

A plain copy of the packets, nothing is encoded again; with ``--mp4`` VP8 is. A torn last fragment
is left out. Neighbours with equal parameters become one file, others ``<id>``, ``<id>-2``,
``<id>-3``. Where the disk has no room for a copy, a piece itself gets a final name: it plays, only
its seeking is slower.

Prints a JSON list with an object for each file; exit code 3 means that there is no picture.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import av

from genba.kin import die_with
from genba.session.recording.sidecar import hidden, settle
from genba.session.recording.splice import HOLE, SEAM, Spliced, look, runs, splice
from genba.session.recording.transcode import to_mp4
from genba.session.recording.trim import trim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genba.session.recording.splice import Piece

NOTHING = 3
NICE = 10
LEAVE = 32 * 2**20  # bytes of disk that copies do not take: others write to it as well


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


def finalise(name: str, pieces: Sequence[Path], *, mp4: bool = False) -> list[Made]:
    """Make the files of ``name`` (an id), each in one step; none without any picture.

    ``mp4``: code VP8 anew. Where that fails it stays what it is.
    """
    found = [piece for path in pieces if (piece := look(path)) is not None]
    made: list[Made] = []
    epoch = 0
    for run in runs(found):
        more = _run(name, run, len(made) + 1, mp4=mp4)
        if made:
            _state_gap(made[-1], more[0], restart=run[0].epoch != epoch)
        made, epoch = made + more, run[-1].epoch
    if made:
        settle(pieces[0].parent)
    return made


def _run(name: str, run: Sequence[Piece], number: int, *, mp4: bool) -> list[Made]:
    suffix = run[0].path.suffix
    out = run[0].path.with_name(f"{name if number == 1 else f'{name}-{number}'}{suffix}")
    growing = hidden(out)
    try:
        _check_room(run)
        spliced = splice(run, growing)
        out = _keep(growing, _anew(growing, out) if mp4 and suffix == ".mkv" else out)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        growing.unlink(missing_ok=True)
        if len(run) > 1:  # no room to join them: each stands for itself
            return [
                made
                for i, piece in enumerate(run)
                for made in _run(name, [piece], number + i, mp4=mp4)
            ]
        if suffix == ".mp4":
            trim(run[0].path)
        run[0].path.replace(out)
        spliced = Spliced(run[0].seconds, run[0].began, run[0].gaps)
    finally:
        growing.unlink(missing_ok=True)
    return [
        Made(
            id=out.stem,
            suffix=out.suffix.removeprefix("."),
            seconds=round(spliced.seconds, 3),
            size=out.stat().st_size,
            width=run[0].width,
            height=run[0].height,
            began=spliced.began,
            gaps=spliced.gaps,
        )
    ]


def _state_gap(before: Made, after: Made, *, restart: bool) -> None:
    """State what is missing between two files at the end of the earlier one."""
    if before.began is None or after.began is None:
        return
    missing = after.began - before.began - before.seconds
    if missing > (SEAM if restart else HOLE):
        why = "restart" if restart else "network"
        before.gaps.append((before.seconds, round(missing, 3), why))


def _check_room(run: Sequence[Piece]) -> None:
    """Raise OSError where a copy would take what others need."""
    size = sum(piece.path.stat().st_size for piece in run)
    if shutil.disk_usage(run[0].path.parent).free < size + LEAVE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(run[0].path.parent))


def _anew(growing: Path, out: Path) -> Path:
    """Turn what was copied into an MP4 and return that one's name, or leave it and its name."""
    new = out.with_suffix(".mp4")
    try:
        to_mp4(growing, hidden(new))
    except (OSError, av.FFmpegError) as error:
        sys.stderr.write(f"{out.name} stays Matroska: {error}\n")
        hidden(new).unlink(missing_ok=True)
        return out
    growing.unlink()
    return new


def _keep(growing: Path, out: Path) -> Path:
    """Give a whole file its final name, once it is on disk."""
    whole = growing if growing.exists() else hidden(out)
    with whole.open("rb") as file:
        os.fsync(file.fileno())
    return whole.replace(out)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Make files that seek of a recording's pieces.")
    parser.add_argument("--parent", type=int, help="end when this process ends")
    parser.add_argument("--mp4", action="store_true", help="code VP8 anew as H.264")
    parser.add_argument("id")
    parser.add_argument("pieces", type=Path, nargs="+")
    chosen = parser.parse_args(arguments)
    if chosen.parent is not None:
        die_with(chosen.parent)
    os.nice(NICE)
    try:
        made = finalise(chosen.id, chosen.pieces, mp4=chosen.mp4)
    except (OSError, av.FFmpegError) as error:
        sys.stderr.write(f"{chosen.id}: {error}\n")
        return 1
    if not made:
        return NOTHING
    sys.stdout.write(json.dumps([asdict(one) for one in made]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
