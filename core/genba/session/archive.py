"""What a session keeps: takes of the view and its cameras, and stills."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import TYPE_CHECKING, Self

from genba.errors import GenbaError
from genba.fence import Fence
from genba.session.recording.shelf import Shelf, code_of
from genba.session.recording.sidecar import take_of
from genba.session.recording.still import take_still
from genba.session.take import Take
from genba.wire.event import RecordingStored
from genba.wire.media import MediaFile
from genba.wire.state import Recording

if TYPE_CHECKING:
    from av import VideoFrame

    from genba.session.engine import Engine
    from genba.wire.resume import KeptTake

log = logging.getLogger(__name__)


class Archive:
    """On the event loop. Async context manager; leaving it finishes what is being recorded."""

    def __init__(self, engine: Engine) -> None:
        """Keep files below the order's ``data``."""
        self._engine = engine
        self._order = engine.order
        self._clock = engine.clock
        self._events = engine.events
        order = engine.order
        self._shelf = Shelf(
            order.data / "recordings",
            epoch=order.epoch,
            min_free=order.min_free_bytes,
            wall=engine.media.wall,
            fence=Fence(order.data, order.session, order.epoch),
        )
        self._take: Take | None = None
        self._starting = asyncio.Lock()
        self._closed = False
        self._finishing: set[asyncio.Task[None]] = set()
        self.recording = Recording()

    async def __aenter__(self) -> Self:
        """Nothing to start."""
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop the recording that runs and wait until every file is ready."""
        self._closed = True
        async with self._starting:  # one that is just being started is stopped too
            if self._take is not None:
                self.stop()
        await asyncio.gather(*self._finishing)

    async def start(self) -> str:
        """Begin to record; return the take's id. Raises ``recording.*``."""
        name = secrets.token_urlsafe(12)
        meta = self._meta("recording", name).model_copy(
            update={"state": "writing", "take": name, **self._view_size()}
        )
        await self._start(meta, {})
        return meta.id

    async def resume(self, kept: KeptTake) -> None:
        """Go on with a take of an earlier epoch: the same files, each with a gap.

        Where the disk refuses, screens say so; the session goes on.
        """
        try:
            left = await asyncio.to_thread(take_of, self._shelf.directory, kept.id)
            meta = left.pop("", None)
            if meta is None:  # it died before the first json was there
                meta = self._meta("recording", kept.id).model_copy(
                    update={"state": "writing", "take": kept.id, "started_at": kept.since}
                )
            await self._start(meta, left)
        except (GenbaError, OSError) as error:
            log.warning("recording %s cannot go on: %r", kept.id, error)
            self.recording = Recording(error=code_of(error))
            self._events.changed()

    async def _start(self, meta: MediaFile, known: dict[str, MediaFile]) -> None:
        if self._take is not None or self._starting.locked():
            raise GenbaError("recording.running")
        if self._closed:
            raise GenbaError("session.ended")
        async with self._starting:
            take = Take(
                self._engine,
                self._shelf,
                meta,
                lambda code: self._failed(take, code),
                known=known,
            )
            await take.start()
            self._take = take
        self.recording = Recording(running=True, id=meta.id, since=meta.started_at)
        self._events.changed()

    def stop(self) -> str:
        """Stop recording; the files become ready behind the scenes. Returns the take's id."""
        take = self._take
        if take is None:
            raise GenbaError("recording.not_running")
        self.recording = Recording()
        self._finish(take)
        return take.meta.id

    async def still(self, frame: VideoFrame | None, slot: int, name: str) -> MediaFile:
        """Keep a picture as JPEG; raises ``still.no_picture``, ``recording.fenced``."""
        if frame is None:
            raise GenbaError("still.no_picture")
        await asyncio.to_thread(self._shelf.check_fence)
        meta = self._meta("still", secrets.token_urlsafe(12)).model_copy(
            update={"slot": slot, "camera_name": name, "suffix": "jpg"}
        )
        return await take_still(frame, self._order.data / "stills", meta)

    def _view_size(self) -> dict[str, int]:
        return {"width": self._order.view.width, "height": self._order.view.height}

    def _meta(self, kind: str, name: str) -> MediaFile:
        return MediaFile.model_validate(
            {
                "id": name,
                "kind": kind,
                "session": self._order.session,
                "session_name": self._order.name,
                "group": self._order.group,
                "state": "ready",
                "started_at": self._clock.now(),
            }
        )

    def _finish(self, take: Take) -> None:
        take.detach()
        self._take = None
        self._events.changed()
        task = asyncio.create_task(self._store(take), name=f"recording:{take.meta.id}")
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)

    async def _store(self, take: Take) -> None:
        done, fault = await take.stop()
        if fault is not None:
            # A newer one may be running by now: that one's state stays.
            told = self.recording.error or fault  # what began it says more than what followed
            self.recording = self.recording.model_copy(update={"error": told})
            self._events.changed()
        for meta in done:
            self._events.say(
                RecordingStored(
                    id=meta.id, seconds=meta.seconds, size=meta.size, started_at=meta.started_at
                )
            )

    def _failed(self, take: Take, code: str) -> None:
        """Hear from a take that it had to give up; keep what it wrote, tell people."""
        if take is self._take:
            self.recording = Recording(error=code)
            self._finish(take)
