"""What a crash has left is finished."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from genba.errors import GenbaError
from genba.kin import die_with
from genba.session.recording.finishing import finish, take_others
from genba.session.recording.shelf import Shelf
from genba.session.recording.sidecar import read_meta, write_meta
from genba.wire.media import piece_number, pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genba.wire.media import MediaFile

NICE = 10  # a live session comes first

log = logging.getLogger(__name__)


async def repair(directory: Path, names: Sequence[str] = ()) -> list[MediaFile]:
    """Finish the recordings that nobody works on any more; return those that became ready.

    ``names`` are the ids to look at; none stands for all.

    Recordings that another process is writing or finishing are locked and left alone, so this may
    run at any time, also in several processes at once. One that cannot be finished does not keep
    the others from it: it is logged and ``failed``.
    """
    ready: list[MediaFile] = []
    for name in names or await asyncio.to_thread(_unfinished, directory):
        ready += await _repair(directory, name)
    return ready


def _unfinished(directory: Path) -> list[str]:
    """Return the ids to look at."""
    left = [path for path in directory.glob("*.part.*") if piece_number(path) is not None]
    found = {path.name.split(".", 1)[0] for path in left}
    for path in directory.glob("*.json"):
        try:
            meta = read_meta(directory, path.stem)
        except (OSError, ValueError) as error:
            log.warning("%s is not readable: %s", path.name, error)
            continue
        if meta.kind == "recording" and meta.state in ("writing", "finishing"):
            found.add(meta.id)
    return sorted(found)


async def _repair(directory: Path, name: str) -> list[MediaFile]:
    parts = await asyncio.to_thread(take_others, directory, name, ())
    try:
        if len(parts) < len(await asyncio.to_thread(pieces, directory, name)):
            return []  # somebody works on it
        if not parts:
            await asyncio.to_thread(_give_up, directory, name)
            return []
        meta = await asyncio.to_thread(read_meta, directory, name)  # as it is under the locks
        if meta.state == "ready":  # only the removal of pieces was left
            for part in parts:
                await asyncio.to_thread(part.remove)
            return []
        return await finish(Shelf(directory), parts, meta)
    except (OSError, ValueError, GenbaError) as error:
        log.warning("recording %s cannot be repaired: %s", name, error)
        return []
    finally:
        for part in parts:
            part.close()


def _give_up(directory: Path, name: str) -> None:
    """Mark a recording as failed whose part is gone, rather than in other hands."""
    if pieces(directory, name):
        return
    # Read after that look: whoever removes a part has written the last state before.
    meta = read_meta(directory, name)
    if meta.state in ("writing", "finishing"):
        write_meta(directory, meta.model_copy(update={"state": "failed"}))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a program, at low priority: what became ready is printed, an id a line."""
    parser = argparse.ArgumentParser(description="Finish the recordings that a crash has left.")
    parser.add_argument("--parent", type=int, required=True, help="end when this process ends")
    parser.add_argument("directory", type=Path)
    parser.add_argument("id", nargs="*", help="which; all that are left without any")
    chosen = parser.parse_args(arguments)
    die_with(chosen.parent)
    os.nice(NICE)
    for meta in asyncio.run(repair(chosen.directory, chosen.id)):
        sys.stdout.write(f"{meta.id}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
