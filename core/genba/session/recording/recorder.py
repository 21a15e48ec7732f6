"""The view's recording: a sink like a viewer, with a file at its end."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genba.errors import GenbaError
from genba.session.recording.finishing import finish
from genba.session.recording.shelf import FENCED, code_of
from genba.session.recording.sidecar import write_meta
from genba.session.recording.tape import Tape
from genba.session.recording.writer import PartWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from genba.api import Packet
    from genba.session.recording.shelf import Shelf
    from genba.wire.media import MediaFile

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Block:
    pcm: bytes
    time: float


class ViewRecorder:
    """Writes pieces on a thread of its own and, once stopped, ``<id>.mp4``.

    The recording begins at the first key picture pushed. A key picture is asked for by
    ``request_key`` (on the event loop) so that there is one at least every ``wants_key_every``
    seconds. ``on_failed(code)`` is called once when the tape ended itself, see ``Tape``; ``stop``
    then makes a file of what is written. ``<id>.json`` says at any time what state it is in.
    """

    wants_key_every = 4.0

    def __init__(
        self,
        shelf: Shelf,
        meta: MediaFile,
        *,
        width: int,
        height: int,
        fps: int,
        on_failed: Callable[[str], None],
        request_key: Callable[[], None],
    ) -> None:
        """Prepare; nothing is written before ``start``."""
        self.meta = meta.model_copy(update={"width": width, "height": height, "state": "writing"})
        self._shelf = shelf
        self._request_key = request_key
        self._tape: Tape[Packet | _Block] = Tape(
            shelf, meta.id, lambda path: _ViewWriter(path, fps, shelf.wall), _suffix, on_failed
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._keys: asyncio.Task[None] | None = None
        self._last_key: float | None = None

    async def start(self) -> None:
        """Begin; raises GenbaError ``recording.*`` where the disk has no room or is broken."""
        try:
            await asyncio.to_thread(self._prepare)
        except OSError as error:
            raise GenbaError(code_of(error), error.strerror or "") from error
        self._loop = asyncio.get_running_loop()
        self._tape.start()
        self._keys = asyncio.create_task(self._ask_for_keys(), name=f"keys:{self.meta.id}")

    def push(self, packet: Packet) -> None:
        """Take a picture. On the event loop; after the end nothing happens."""
        if packet.codec != "h264" or self._loop is None:
            return
        if packet.key:
            self._last_key = self._loop.time()
        self._tape.put(packet, len(packet.data))

    def heard(self, pcm: bytes, time: float) -> None:
        """Take 20 ms of sound (16 bit, mono, 48 kHz) of media time ``time``. Any thread."""
        # Where there is no room for sound there is none for the next picture, which tells.
        self._tape.put(_Block(pcm, time), len(pcm), must=False)

    async def stop(self) -> list[MediaFile]:
        """Finish the file behind a low-priority process and return what became of it.

        Raises GenbaError ``recording.failed`` where nothing playable could be made; pieces that
        hold pictures stay on disk then, for `repair`. One that another epoch goes on with is left
        to it.
        """
        if self._keys is None:
            raise GenbaError("recording.not_running")
        self._keys.cancel()
        await asyncio.wait([self._keys])
        await self._tape.stop()
        self._keys = None
        try:
            if self._tape.fenced:
                raise GenbaError(FENCED)
            return await finish(self._shelf, self._tape.parts, self.meta)
        finally:
            self._tape.close()

    def _prepare(self) -> None:
        """Look at the disk and write the first json; in a thread."""
        self._shelf.directory.mkdir(parents=True, exist_ok=True)
        self._shelf.check_room()
        write_meta(self._shelf.directory, self.meta)

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


def _suffix(item: Packet | _Block) -> str | None:
    """Begin with a key picture."""
    return None if isinstance(item, _Block) or not item.key else "mp4"


class _ViewWriter:
    """A piece of the view: its encoder's parameters never change."""

    def __init__(self, path: Path, fps: int, wall: Callable[[float], float]) -> None:
        self._writer = PartWriter(path, fps, wall)
        self.seconds = 0.0

    def fits(self, item: Packet | _Block) -> bool:  # noqa: ARG002 (the protocol's name)
        return True

    def write(self, item: Packet | _Block) -> None:
        if isinstance(item, _Block):
            self._writer.sound(item.pcm, item.time)
        else:
            self._writer.picture(item)
            self.seconds = self._writer.seconds

    def close(self) -> None:
        self._writer.close()

    def abandon(self) -> None:
        self._writer.abandon()
