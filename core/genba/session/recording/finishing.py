"""Pieces become files that seek, in a process that stands behind all others."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from genba import kin
from genba.errors import GenbaError
from genba.session.recording.finalise import NOTHING
from genba.session.recording.part import Part
from genba.session.recording.shelf import code_of
from genba.session.recording.sidecar import write_meta
from genba.wire.media import Gap, MediaFile, piece_number, pieces

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from genba.session.recording.shelf import Shelf

log = logging.getLogger(__name__)


async def finish(shelf: Shelf, held: Sequence[Part], meta: MediaFile) -> list[MediaFile]:
    """Make the files of a recording, remove its pieces, and return what their jsons say then.

    ``held`` are pieces that the caller has locked; those that earlier epochs have left are taken
    as well. Raises GenbaError ``recording.failed``: without any picture the pieces are removed;
    where the copy failed they stay for another try.
    """
    directory = shelf.directory
    meta = meta.model_copy(update={"state": "finishing"})
    found: list[Part] = []
    try:
        await asyncio.to_thread(shelf.check_fence)
        await asyncio.to_thread(write_meta, directory, meta)
        found = await asyncio.to_thread(take_others, directory, meta.id, held)
        parts = [*held, *found]
        ordered = sorted((part.path for part in parts), key=lambda path: piece_number(path) or ())
        code, said = await _finalise(meta, ordered) if ordered else (NOTHING, [])
        if code == 0:
            made = [_described(meta, one, number) for number, one in enumerate(said, 1)]
        else:
            made = [meta.model_copy(update={"state": "failed"})]
        for one in reversed(made):  # the first, which says "ready", when all others are there
            await asyncio.to_thread(write_meta, directory, one)
        if code in (0, NOTHING):
            for part in parts:
                await asyncio.to_thread(part.remove)
    except OSError as error:
        raise GenbaError(code_of(error), error.strerror or "") from error
    finally:
        for part in found:
            part.close()
    if code == NOTHING:
        raise GenbaError("recording.failed", "There was no picture to record.")
    if code:
        raise GenbaError("recording.failed", "The file could not be finished.")
    return made


def take_others(directory: Path, name: str, held: Sequence[Part]) -> list[Part]:
    """Lock the pieces that nobody works on any more."""
    mine = {part.path for part in held}
    others = [path for path in pieces(directory, name) if path not in mine]
    return [part for path in others if (part := Part.take(path)) is not None]


def _described(meta: MediaFile, made: dict[str, Any], number: int) -> MediaFile:
    """Return the json of one file that was made."""
    whys = {"network": "stall"} if not meta.slot else {}  # the view is made by us: nothing is lost
    began = made["began"]
    return meta.model_copy(
        update={
            "id": made["id"],
            "part": number,
            "state": "ready",
            "suffix": made["suffix"],
            "seconds": made["seconds"],
            "size": made["size"],
            "width": made["width"],
            "height": made["height"],
            "started_at": datetime.fromtimestamp(began, UTC)
            if number > 1 and began
            else meta.started_at,
            "gaps": [
                Gap(at=at, seconds=seconds, why=whys.get(why, why))
                for at, seconds, why in made["gaps"]
            ],
        }
    )


async def _finalise(meta: MediaFile, paths: Sequence[Path]) -> tuple[int, list[dict[str, Any]]]:
    """Run the finaliser; return its exit code and what it made."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "genba.session.recording.finalise", "--parent", str(os.getpid())),
        *(("--mp4",) if meta.vp8_to_mp4 else ()),
        *("--", meta.id),
        *map(str, paths),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            await kin.end(process, 2.0)
    if process.returncode:
        log.error("finishing %s failed (%s)", meta.id, process.returncode)
        return process.returncode, []
    return 0, json.loads(said)
