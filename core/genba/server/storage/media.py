"""Recordings and stills, as the session processes left them: a file and its ``<id>.json``."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from genba import kin
from genba.server.storage import atomic
from genba.server.storage.ids import is_id
from genba.wire.media import MediaFile, pieces

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

log = logging.getLogger(__name__)
Kind = Literal["recording", "still"]
_FOLDER = {"recording": "recordings", "still": "stills"}
_REPAIR = "genba.session.recording.repair"  # by name only: no media in the web process
_PATIENCE = 2.0  # seconds that a repair gets to end when the server does
_UNDER_WAY = ("writing", "finishing")


class MediaStore:
    """Reads what stands in the data folder; nothing is kept in memory."""

    def __init__(self, data: Path) -> None:
        """Take the data folder."""
        self._data = data

    async def all(self, kind: Kind) -> list[MediaFile]:
        """Return every one that is readable, the newest first."""
        found = await asyncio.to_thread(self._read_all, kind)
        return sorted(found, key=lambda m: m.started_at, reverse=True)

    async def get(self, kind: Kind, name: str) -> MediaFile | None:
        """Return it, or None where there is none (or ``name`` is no id)."""
        if not is_id(name):
            return None
        return await asyncio.to_thread(self._read, self._side(kind, name))

    def file(self, meta: MediaFile) -> Path:
        """Return where the media of a sidecar that was read here lies."""
        suffix = meta.suffix if meta.kind == "recording" else "jpg"
        return self._side(meta.kind, meta.id).with_suffix(f".{suffix}")

    async def take(self, meta: MediaFile) -> list[MediaFile]:
        """Return a file with those that belong to it: the view's with its cameras', in order."""
        if meta.kind != "recording" or (meta.take and meta.take != meta.id):
            return [meta]
        others = await asyncio.to_thread(self._read_all, meta.kind)
        cameras = [one for one in others if one.take == meta.id != one.id]
        return [meta, *sorted(cameras, key=lambda one: (one.slot, one.started_at, one.part))]

    async def erase(self, meta: MediaFile) -> None:
        """Remove the media and then its sidecar; nothing of it stays."""
        await asyncio.to_thread(self._erase, meta)

    async def settle(self, running: Container[str]) -> list[MediaFile]:
        """Settle recordings whose session is gone without having finished them.

        Returns those that became ready.

        A process of its own makes seekable files of the parts. One that cannot be copied is
        fragmented MP4 all the same and becomes the recording as it is; where there is nothing, the
        recording has failed. ``running`` holds the living sessions.
        """
        left = await asyncio.to_thread(self._left, running)
        if not left:
            return []
        repair = await kin.start(
            _REPAIR, ["--", str(self._data / _FOLDER["recording"]), *(meta.id for meta in left)]
        )
        try:
            await repair.wait()
        finally:
            await kin.end(repair, _PATIENCE)
        ready = []
        for meta in left:
            now = await self.get("recording", meta.id)
            if now is not None and now.state in _UNDER_WAY:
                now = await asyncio.to_thread(self._settle, now)
            if now is not None and now.state == "ready" and meta.state != "ready":
                ready.append(now)
        return ready

    def _side(self, kind: Kind, name: str) -> Path:
        return self._data / _FOLDER[kind] / f"{name}.json"

    def _read_all(self, kind: Kind) -> list[MediaFile]:
        found = (self._read(path) for path in (self._data / _FOLDER[kind]).glob("*.json"))
        return [meta for meta in found if meta is not None and meta.kind == kind]

    def _left(self, running: Container[str]) -> list[MediaFile]:
        """Return recordings of no living session that are unfinished, or whose part still lies."""
        return [
            meta
            for meta in self._read_all("recording")
            if meta.session not in running and (meta.state in _UNDER_WAY or self._pieces(meta))
        ]

    def _pieces(self, meta: MediaFile) -> list[Path]:
        return pieces(self._data / _FOLDER["recording"], meta.id)

    def _read(self, path: Path) -> MediaFile | None:
        try:
            meta = MediaFile.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            log.warning("%s is not readable: %s", path, type(error).__name__)
            return None
        return meta if meta.id == path.stem else None

    def _erase(self, meta: MediaFile) -> None:
        side = self._side(meta.kind, meta.id)
        for path in side.parent.glob(f"{meta.id}.*"):
            if path != side:
                path.unlink(missing_ok=True)
        side.unlink(missing_ok=True)

    def _settle(self, meta: MediaFile) -> MediaFile:
        left = self._pieces(meta)
        if left:
            meta = meta.model_copy(update={"suffix": left[0].suffix.removeprefix(".")})
        whole = self.file(meta)
        for piece in left:
            if not whole.exists() and piece.stat().st_size:
                piece.replace(whole)
            else:
                piece.unlink()
        if whole.exists():
            change: dict[str, object] = {"state": "ready", "size": whole.stat().st_size}
        else:
            change = {"state": "failed"}
        settled = meta.model_copy(update=change)
        atomic.write(self._side("recording", meta.id), settled.model_dump_json().encode())
        log.warning("recording %s was interrupted: now %s", meta.id, settled.state)
        return settled
