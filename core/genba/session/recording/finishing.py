"""A part becomes a seekable MP4, in a process that stands behind all others."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from typing import TYPE_CHECKING

from genba import kin
from genba.errors import GenbaError
from genba.session.recording.finalise import NOTHING
from genba.session.recording.sidecar import write_meta

if TYPE_CHECKING:
    from pathlib import Path

    from genba.session.recording.part import Part
    from genba.wire.media import MediaFile

log = logging.getLogger(__name__)


async def finish(part: Part, meta: MediaFile) -> MediaFile:
    """Make ``<id>.mp4`` of a part, remove the part, and return what ``<id>.json`` says then.

    Raises GenbaError ``recording.failed``: without any picture in it the part is removed; where
    the copy failed it stays for another try.
    """
    directory = part.path.parent
    meta = meta.model_copy(update={"state": "finishing"})
    try:
        await asyncio.to_thread(write_meta, directory, meta)
        code, seconds, size = await _finalise(part.path, directory / f"{meta.id}.mp4")
        if code == 0:
            meta = meta.model_copy(update={"state": "ready", "seconds": seconds, "size": size})
        else:
            meta = meta.model_copy(update={"state": "failed"})
        await asyncio.to_thread(write_meta, directory, meta)
        if code in (0, NOTHING):
            await asyncio.to_thread(part.remove)
    except OSError as error:
        raise GenbaError("recording.failed", error.strerror or "") from error
    if code == NOTHING:
        raise GenbaError("recording.failed", "There was no picture to record.")
    if code:
        raise GenbaError("recording.failed", "The file could not be finished.")
    return meta


async def _finalise(part: Path, out: Path) -> tuple[int, float, int]:
    """Run the finaliser; return its exit code, the seconds and bytes of ``out``."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "genba.session.recording.finalise",
        "--parent",
        str(os.getpid()),
        str(part),
        str(out),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            await kin.end(process, 2.0)
    if process.returncode:
        log.error("finishing %s failed (%s)", part.name, process.returncode)
        return process.returncode, 0.0, 0
    facts = json.loads(said)
    return 0, float(facts["seconds"]), int(facts["size"])
