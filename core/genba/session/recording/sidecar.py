"""``<id>.json`` beside each recording and still. All of this blocks on disk: call it in threads."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from genba.wire.media import MediaFile

if TYPE_CHECKING:
    from pathlib import Path


log = logging.getLogger(__name__)


def write_meta(directory: Path, meta: MediaFile) -> None:
    """Write it at once or not at all: a reader, or a crash, never sees half of it."""
    write_whole(directory / f"{meta.id}.json", meta.model_dump_json(indent=1).encode())


def read_meta(directory: Path, name: str) -> MediaFile:
    """Return what is known of the file ``name`` (an id); raises OSError or ValueError."""
    return MediaFile.model_validate_json((directory / f"{name}.json").read_bytes())


def take_of(directory: Path, take: str) -> dict[str, MediaFile]:
    """Return the unfinished files of a take by camera, the view's under ``""``."""
    found = {}
    for path in directory.glob("*.json"):
        try:
            meta = read_meta(directory, path.stem)
        except (OSError, ValueError) as error:
            log.warning("%s is not readable: %s", path.name, error)
            continue
        if meta.take == take and meta.part == 1 and meta.state in ("writing", "finishing"):
            found[meta.camera] = meta.model_copy(update={"state": "writing"})
    return found


def write_whole(path: Path, data: bytes) -> None:
    """Give ``path`` this content in one step, on disk when this returns."""
    temporary = hidden(path)
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    settle(path.parent)


def hidden(path: Path) -> Path:
    """Return the name under which a file grows until it is whole."""
    return path.with_name(f".{path.name}.tmp")


def settle(directory: Path) -> None:
    """Bring new names of a directory to disk."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
