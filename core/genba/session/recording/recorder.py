"""The view's recording: a sink like a viewer, with a file at its end."""

from __future__ import annotations

import asyncio
import logging
import shutil
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genba.errors import GenbaError
from genba.session.recording.backlog import Backlog
from genba.session.recording.finishing import finish
from genba.session.recording.part import Part
from genba.session.recording.sidecar import write_meta
from genba.session.recording.writer import PartWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from genba.api import Packet
    from genba.wire.media import MediaFile

log = logging.getLogger(__name__)

BACKLOG = 64 * 2**20  # bytes: minutes of a view; a disk that is slower than that is broken
SYNC_EVERY = 0.5  # seconds of recording that a power cut may cost
FAILED = "recording.failed"


@dataclass(frozen=True, slots=True)
class _Block:
    pcm: bytes
    time: float


class ViewRecorder:
    """Writes ``<id>.part.mp4`` on a thread of its own and, once stopped, ``<id>.mp4``.

    The recording begins at the first key picture pushed. A key picture is asked for by
    ``request_key`` (on the event loop) so that there is one at least every ``wants_key_every``
    seconds. When the disk fails or falls 64 MiB behind, the recorder ends itself, keeps what is
    written and calls ``on_failed(code)`` once on the event loop; ``stop`` then makes a file of it.
    ``<id>.json`` says at any time what state the recording is in.
    """

    wants_key_every = 4.0

    def __init__(
        self,
        directory: Path,
        meta: MediaFile,
        *,
        width: int,
        height: int,
        fps: int,
        min_free_bytes: int,
        on_failed: Callable[[str], None],
        request_key: Callable[[], None],
    ) -> None:
        """Prepare; nothing is written before ``start``."""
        self.meta = meta.model_copy(update={"width": width, "height": height, "state": "writing"})
        self._directory = directory
        self._min_free = min_free_bytes
        self._on_failed = on_failed
        self._request_key = request_key
        self._backlog: Backlog[Packet | _Block] = Backlog(BACKLOG)
        self._writer = PartWriter(directory / f"{meta.id}.part.mp4", fps)
        self._thread = threading.Thread(target=self._run, name=f"recording:{meta.id}", daemon=True)
        self._part: Part | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._keys: asyncio.Task[None] | None = None
        self._last_key: float | None = None
        self._failed = False

    async def start(self) -> None:
        """Begin; raises GenbaError ``recording.failed`` where the disk has no room or is broken."""
        self._loop = asyncio.get_running_loop()
        try:
            self._part = await asyncio.to_thread(self._prepare)
        except OSError as error:
            raise GenbaError(FAILED, error.strerror or "") from error
        self._thread.start()
        self._keys = asyncio.create_task(self._ask_for_keys(), name=f"keys:{self.meta.id}")

    def push(self, packet: Packet) -> None:
        """Take a picture. On the event loop; after the end nothing happens."""
        if packet.codec != "h264" or self._loop is None or self._failed:
            return
        if packet.key:
            self._last_key = self._loop.time()
        if not self._backlog.put(packet, len(packet.data)):
            self._fail("the disk is too slow")

    def heard(self, pcm: bytes, time: float) -> None:
        """Take 20 ms of sound (16 bit, mono, 48 kHz) of media time ``time``. Any thread."""
        if self._loop is not None and not self._failed:
            # Where there is no room for sound there is none for the next picture, which tells.
            self._backlog.put(_Block(pcm, time), len(pcm))

    async def stop(self) -> MediaFile:
        """Finish the file behind a low-priority process and return what became of it.

        Raises GenbaError ``recording.failed`` where nothing playable could be made; a part that
        holds pictures stays on disk then, for `repair`.
        """
        if self._keys is None or self._part is None:
            raise GenbaError("recording.not_running")
        self._keys.cancel()
        await asyncio.wait([self._keys])
        self._backlog.close()
        part = self._part
        try:
            await asyncio.to_thread(self._thread.join)
            self.meta = self.meta.model_copy(
                update={"seconds": self._writer.seconds, "size": part.size()}
            )
            self.meta = await finish(part, self.meta)
        finally:
            part.close()
            self._keys = None
        return self.meta

    def _prepare(self) -> Part:
        """Make the part file and its first json; in a thread."""
        self._directory.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self._directory).free
        if free < self._min_free:
            raise GenbaError(FAILED, f"Only {free // 2**20} MiB of disk are free.")
        part = Part.create(self._directory / f"{self.meta.id}.part.mp4")
        try:
            write_meta(self._directory, self.meta)
        except BaseException:
            part.remove()
            part.close()
            raise
        return part

    async def _ask_for_keys(self) -> None:
        """Ask half a second ahead, and again until it has come."""
        ahead = 0.5
        loop = asyncio.get_running_loop()
        first = loop.time() + ahead
        while True:
            due = first - loop.time()
            if self._last_key is not None:
                due = self._last_key + self.wants_key_every - ahead - loop.time()
            if due > 0:
                await asyncio.sleep(due)
                continue
            try:
                self._request_key()
            except Exception:
                log.exception("no key picture could be asked for")
            await asyncio.sleep(ahead)

    def _run(self) -> None:
        """Write until the end of the backlog; on the recorder's thread."""
        synced = time.monotonic()
        try:
            while (item := self._backlog.take()) is not None:
                if isinstance(item, _Block):
                    self._writer.sound(item.pcm, item.time)
                else:
                    self._writer.picture(item)
                if time.monotonic() - synced >= SYNC_EVERY and self._part is not None:
                    self._part.sync()
                    synced = time.monotonic()
            self._writer.close()
        except Exception:
            log.exception("recording %s cannot go on", self.meta.id)
            self._abandon()
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._fail, "the disk failed")

    def _abandon(self) -> None:
        try:
            self._writer.abandon()
        except Exception as error:  # noqa: BLE001 (whatever the muxer still says of a broken disk)
            log.warning("recording %s: %s", self.meta.id, error)

    def _fail(self, why: str) -> None:
        """End by itself; on the event loop."""
        if not self._failed and self._loop is not None:
            self._failed = True
            log.error("recording %s ended: %s", self.meta.id, why)
            self._backlog.close(discard=True)
            self._loop.call_soon(self._on_failed, FAILED)
