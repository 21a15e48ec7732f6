"""One camera's recording: its own pictures and sound, before any is dropped for a slow decoder."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from genba.errors import GenbaError
from genba.session.recording.camerawriter import CameraWriter, Shot, Sound, shape_of
from genba.session.recording.finishing import finish
from genba.session.recording.shelf import FENCED
from genba.session.recording.sidecar import write_meta
from genba.session.recording.tape import Tape

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from genba.session.camera.unit import AccessUnit
    from genba.session.recording.shelf import Shelf
    from genba.wire.media import MediaFile


class CameraRecorder:
    """Writes what it is given; see ``Tape`` for what happens when the disk does not take it.

    On the event loop. Its file is seekable for as long as somebody asks the camera for key
    pictures: ``key_age`` tells when.
    """

    def __init__(
        self, shelf: Shelf, meta: MediaFile, *, sound: bool, on_failed: Callable[[str], None]
    ) -> None:
        """Prepare; ``sound``: the camera has a microphone."""
        self.meta = meta
        self._shelf = shelf
        self._sound = sound
        self._described = False
        self._tape: Tape[Shot | Sound] = Tape(shelf, meta.id, self._begin, _suffix, on_failed)
        self._last_key: float | None = None

    def start(self) -> None:
        """Begin."""
        self._tape.start()

    def key_age(self, now: float) -> float:
        """Return for how many seconds (of media time) no key picture has come."""
        return now - self._last_key if self._last_key is not None else 0.0

    def unit(self, unit: AccessUnit) -> None:
        """Take a picture."""
        shape = shape_of(unit.data, unit.codec) if unit.key else b""
        if unit.key:
            self._last_key = unit.time
        shot = Shot(unit.data, unit.time, unit.key, unit.codec, shape)
        self._tape.put(shot, len(unit.data))

    def heard(self, data: bytes, time: float) -> None:
        """Take an Opus packet."""
        if self._sound:
            self._tape.put(Sound(data, time), len(data), must=False)

    async def stop(self) -> list[MediaFile]:
        """Finish the files and return what became of them; none where no picture came.

        Raises GenbaError ``recording.failed`` where nothing playable could be made.
        """
        await self._tape.stop()
        try:
            if self._tape.fenced:
                raise GenbaError(FENCED)
            if not self._described:
                return []
            return await finish(self._shelf, self._tape.parts, self.meta)
        finally:
            await asyncio.to_thread(self._tape.close)

    def _begin(self, path: Path) -> CameraWriter:
        """Begin a piece; on the tape's thread. Its json is there before it."""
        if not self._described:
            write_meta(self._shelf.directory, self.meta)
            self._described = True
        return CameraWriter(path, self._shelf.wall, sound=self._sound)


def _suffix(item: Shot | Sound) -> str | None:
    if isinstance(item, Sound) or not item.key:
        return None
    return "mp4" if item.codec == "h264" else "mkv"
