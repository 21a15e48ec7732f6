"""What a session keeps: the view's recording, and stills."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import TYPE_CHECKING, Self

from genba.api import Layer
from genba.errors import GenbaError
from genba.session.compositor.mixer import Mix
from genba.session.recording.recorder import ViewRecorder
from genba.session.recording.still import take_still
from genba.wire.event import RecordingStored
from genba.wire.media import MediaFile
from genba.wire.state import Recording

if TYPE_CHECKING:
    from collections.abc import Callable

    from av import VideoFrame

    from genba.session.engine import Engine
    from genba.wire.resume import KeptTake

log = logging.getLogger(__name__)


class Archive:
    """On the event loop. Async context manager; leaving it finishes what is being recorded."""

    def __init__(self, engine: Engine) -> None:
        """Keep files below the order's ``data``."""
        self._order = engine.order
        self._clock = engine.clock
        self._layers = engine.layers
        self._mixer = engine.mixer
        self._events = engine.events
        self._recorder: ViewRecorder | None = None
        self._starting = asyncio.Lock()
        self._closed = False
        self._unlisten: Callable[[], None] | None = None
        self._finishing: set[asyncio.Task[None]] = set()
        self.recording = Recording()

    async def __aenter__(self) -> Self:
        """Nothing to start."""
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop the recording that runs and wait until every file is ready."""
        self._closed = True
        async with self._starting:  # one that is just being started is stopped too
            if self._recorder is not None:
                self.stop()
        await asyncio.gather(*self._finishing)

    async def start(self) -> str:
        """Begin to record; return the recording's id. Raises ``recording.*``."""
        if self._recorder is not None or self._starting.locked():
            raise GenbaError("recording.running")
        if self._closed:
            raise GenbaError("session.ended")
        async with self._starting:
            meta = await self._start()
        return meta.id

    async def resume(self, take: KeptTake) -> None:
        """Go on with a recording that an earlier epoch ran, as its next part.

        Where the disk refuses, screens say so; the session goes on.
        """
        log.warning("recording %s goes on as a new part", take.id)
        try:
            await self.start()
        except GenbaError as error:
            self.recording = Recording(error=error.code)

    async def _start(self) -> MediaFile:
        meta = self._meta("recording").model_copy(update={"state": "writing", **self._view_size()})
        layer = self._layers.video(Layer.H264)
        recorder = ViewRecorder(
            self._order.data / "recordings",
            meta,
            width=self._order.view.width,
            height=self._order.view.height,
            fps=self._order.view.fps,
            min_free_bytes=self._order.min_free_bytes,
            on_failed=lambda code: self._failed(recorder, code),
            request_key=layer.request_key,
        )
        await recorder.start()
        self._recorder = recorder
        self._unlisten = self._mixer.listen(Mix.everyone(), recorder.heard)
        layer.fanout.add(recorder)
        layer.request_key()
        self.recording = Recording(running=True, id=meta.id, since=meta.started_at)
        self._events.changed()
        return meta

    def stop(self) -> str:
        """Stop recording; the file becomes ready behind the scenes. Returns the id."""
        recorder = self._recorder
        if recorder is None:
            raise GenbaError("recording.not_running")
        self._detach(recorder)
        self.recording = Recording()
        self._events.changed()
        self._finish(recorder)
        return recorder.meta.id

    async def still(self, frame: VideoFrame | None, slot: int, name: str) -> MediaFile:
        """Keep a picture as JPEG; raises ``still.no_picture``."""
        if frame is None:
            raise GenbaError("still.no_picture")
        meta = self._meta("still").model_copy(update={"slot": slot, "camera_name": name})
        return await take_still(frame, self._order.data / "stills", meta)

    def _view_size(self) -> dict[str, int]:
        return {"width": self._order.view.width, "height": self._order.view.height}

    def _meta(self, kind: str) -> MediaFile:
        return MediaFile.model_validate(
            {
                "id": secrets.token_urlsafe(12),
                "kind": kind,
                "session": self._order.session,
                "session_name": self._order.name,
                "group": self._order.group,
                "state": "ready",
                "started_at": self._clock.now(),
            }
        )

    def _detach(self, recorder: ViewRecorder) -> None:
        self._layers.video(Layer.H264).fanout.remove(recorder)
        if self._unlisten is not None:
            self._unlisten()
        self._recorder = self._unlisten = None

    def _finish(self, recorder: ViewRecorder) -> None:
        task = asyncio.create_task(self._store(recorder), name=f"recording:{recorder.meta.id}")
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)

    async def _store(self, recorder: ViewRecorder) -> None:
        try:
            meta = await recorder.stop()
        except Exception as error:
            log.exception("recording %s could not be finished", recorder.meta.id)
            code = error.code if isinstance(error, GenbaError) else "recording.failed"
            # A newer one may be running by now: that one's state stays.
            self.recording = self.recording.model_copy(update={"error": code})
            self._events.changed()
            return
        if meta.state == "ready":
            self._events.say(
                RecordingStored(
                    id=meta.id, seconds=meta.seconds, size=meta.size, started_at=meta.started_at
                )
            )

    def _failed(self, recorder: ViewRecorder, code: str) -> None:
        """Hear from a recorder that it had to give up; keep what it wrote, tell people."""
        if recorder is not self._recorder:
            return
        self._detach(recorder)
        self.recording = Recording(error=code)
        self._events.changed()
        self._finish(recorder)
