"""What sessions would go on with, on disk: for when their process dies, or this one, or both."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel

from genba.server.storage.folder import Folder
from genba.wire.resume import Resume

if TYPE_CHECKING:
    from pathlib import Path

    from genba.clock import Clock

log = logging.getLogger(__name__)
SIGN_OF_LIFE = timedelta(seconds=30)  # between two notes that a session lives
STILL_WANTED = timedelta(minutes=10)  # after so long nobody waits for its return


class Kept(BaseModel):
    """One session's file: it was alive at ``alive_at`` (UTC)."""

    alive_at: datetime
    resume: Resume


class Keeper:
    """Writes behind, the newest only. Async context manager: leaving it writes what is left."""

    def __init__(self, data: Path, clock: Clock) -> None:
        """Keep files below ``data``."""
        self._folder = Folder(data / "resume", Kept)
        self._clock = clock
        self._all: dict[str, Kept] = {}
        self._dirty: dict[str, Kept | None] = {}
        self._wake = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Read what is there."""
        self._all = await self._folder.all()
        self._writer = asyncio.create_task(self._write(), name="keeper:write")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Write what waits."""
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)
        await self._flush()

    def keep(self, session: str, resume: Resume) -> None:
        """Remember the newest; it is on disk within moments."""
        self._put(session, Kept(alive_at=self._clock.now(), resume=resume))

    def alive(self, session: str) -> None:
        """Hear that a session lives; noted twice a minute."""
        kept = self._all.get(session)
        if kept is not None and self._clock.now() - kept.alive_at >= SIGN_OF_LIFE:
            self._put(session, kept.model_copy(update={"alive_at": self._clock.now()}))

    def find(self, session: str) -> Resume | None:
        """Return what a session would go on with."""
        kept = self._all.get(session)
        return kept.resume if kept is not None else None

    def wanted(self, session: str) -> bool:
        """Whether a session lived so lately that people still wait for it."""
        kept = self._all.get(session)
        return kept is not None and self._clock.now() - kept.alive_at <= STILL_WANTED

    def forget(self, session: str) -> None:
        """Drop what was kept of a session that has ended."""
        if self._all.pop(session, None) is not None:
            self._dirty[session] = None
            self._wake.set()

    def _put(self, session: str, kept: Kept) -> None:
        self._all[session] = self._dirty[session] = kept
        self._wake.set()

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._flush()

    async def _flush(self) -> None:
        while self._dirty:
            session, kept = self._dirty.popitem()
            try:
                if kept is None:
                    await self._folder.remove(session)
                else:
                    await self._folder.put(session, kept)
            except OSError:  # without it a crash costs more; the session itself does not suffer
                log.exception("what session %s would go on with could not be written", session)
            except asyncio.CancelledError:
                self._dirty.setdefault(session, kept)
                raise
