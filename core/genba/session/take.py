"""One press on record: the view's file, and one of each camera."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import TYPE_CHECKING

from genba.api import Layer
from genba.errors import GenbaError
from genba.session.compositor.mixer import Mix
from genba.session.recording.camerarecorder import CameraRecorder
from genba.session.recording.finishing import finish
from genba.session.recording.recorder import ViewRecorder
from genba.session.recording.shelf import code_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from genba.session.camera.unit import AccessUnit
    from genba.session.engine import Engine
    from genba.session.recording.shelf import Shelf
    from genba.session.taps import Source
    from genba.wire.media import MediaFile

log = logging.getLogger(__name__)
KEY_EVERY = 5.0  # seconds between two key pictures of a recorded camera: its file seeks by them
LOOK_EVERY = 1.0


class Take:
    """On the event loop. ``start`` it, then ``stop`` it once.

    ``failed(code)`` is called once when the disk does not take it any more; what is written stays.
    """

    def __init__(
        self,
        engine: Engine,
        shelf: Shelf,
        meta: MediaFile,
        failed: Callable[[str], None],
        *,
        known: Mapping[str, MediaFile],
    ) -> None:
        """Record under the view's ``meta``; ``known`` are camera files of an earlier epoch."""
        self.meta = meta
        self._engine = engine
        self._shelf = shelf
        self._tell = failed
        self._known = dict(known)
        self._layer = engine.layers.video(Layer.H264)
        view = engine.order.view
        self._view = ViewRecorder(
            shelf,
            meta,
            width=view.width,
            height=view.height,
            fps=view.fps,
            on_failed=self._failed,
            request_key=self._layer.request_key,
        )
        self._cameras: dict[str, CameraRecorder] = {}
        self._over = False
        self._keeps = False  # the cameras' own pictures

    async def start(self) -> None:
        """Begin; raises GenbaError ``recording.*`` where the disk has no room or is broken."""
        await self._view.start()
        engine = self._engine
        self._unlisten = engine.mixer.listen(Mix.everyone(), self._view.heard)
        self._layer.fanout.add(self._view)
        self._layer.request_key()
        if engine.order.record_cameras:
            engine.taps.add(self)
            engine.taps.recording += 1
            self._keeps = True
        self._keys = asyncio.create_task(self._ask_for_keys(), name=f"take:{self.meta.id}:keys")

    def unit(self, source: Source, unit: AccessUnit) -> None:
        """Record a camera's picture; its file begins with its first key picture."""
        recorder = self._cameras.get(source.camera)
        if recorder is None:
            if not unit.key:
                self._engine.taps.request_key(source.camera)
                return
            recorder = self._begin(source)
        recorder.unit(unit)

    def heard(self, source: Source, data: bytes, time: float) -> None:
        """Record a camera's sound."""
        recorder = self._cameras.get(source.camera)
        if recorder is not None:
            recorder.heard(data, time)

    async def stop(self) -> tuple[list[MediaFile], str | None]:
        """Finish all files; return those that are ready, and the code of what went wrong."""
        self.detach()
        self._keys.cancel()
        await asyncio.gather(self._keys, return_exceptions=True)
        done: list[MediaFile] = []
        fault: str | None = None
        # One after the other, the view first: people wait for it.
        recorders: list[ViewRecorder | CameraRecorder] = [self._view, *self._cameras.values()]
        for recorder in recorders:
            try:
                done += await recorder.stop()
            except Exception as error:
                log.exception("recording %s could not be finished", recorder.meta.id)
                fault = fault or code_of(error)
        for meta in self._known.values():  # cameras that never came back: what they had left
            try:
                done += await finish(self._shelf, (), meta)
            except GenbaError as error:
                log.warning("recording %s could not be finished: %s", meta.id, error)
        return done, fault

    def detach(self) -> None:
        """Take nothing more. Idempotent."""
        if self._over:
            return
        self._over = True
        self._layer.fanout.remove(self._view)
        self._unlisten()
        self._engine.taps.remove(self)
        self._engine.taps.recording -= self._keeps

    def _begin(self, source: Source) -> CameraRecorder:
        meta = self._known.pop(source.camera, None)
        if meta is None:
            meta = self.meta.model_copy(
                update={
                    "id": secrets.token_urlsafe(12),
                    "take": self.meta.id,
                    "camera": source.camera,
                    "slot": source.seat.n,
                    "camera_name": source.seat.name,
                    "started_at": self._engine.clock.now(),
                    "width": 0,
                    "height": 0,
                    "vp8_to_mp4": self._engine.order.vp8_to_mp4,
                }
            )
        recorder = CameraRecorder(self._shelf, meta, sound=source.sounds(), on_failed=self._failed)
        recorder.start()
        self._cameras[source.camera] = recorder
        return recorder

    async def _ask_for_keys(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            now = self._engine.media.now()
            for camera, recorder in self._cameras.items():
                if recorder.key_age(now) > KEY_EVERY - LOOK_EVERY:
                    self._engine.taps.request_key(camera)

    def _failed(self, code: str) -> None:
        if not self._over:
            self.detach()
            self._tell(code)
