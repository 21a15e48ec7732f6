"""The thread that writes one file's pieces."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from genba.session.recording.backlog import Backlog
from genba.session.recording.part import Part
from genba.session.recording.shelf import FAILED, code_of
from genba.wire.media import piece_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from genba.session.recording.shelf import Shelf

log = logging.getLogger(__name__)

BACKLOG = 64 * 2**20  # bytes: minutes of a view; a disk that is slower than that is broken
SYNC_EVERY = 0.5  # seconds of recording that a power cut may cost
ROOM_EVERY = 2.0  # seconds between two looks at the free disk
HELD = 8  # pieces that stay locked, and open; the newest tells that somebody writes
MOST = 1000  # pieces; a camera that changes ever so often keeps the parameters of the last one
T = TypeVar("T")
Item_contra = TypeVar("Item_contra", contravariant=True)


class Writer(Protocol[Item_contra]):
    """Writes one piece; on the tape's thread."""

    seconds: float

    def fits(self, item: Item_contra) -> bool:
        """Say whether the item belongs into this piece; False: it begins another one."""
        ...

    def write(self, item: Item_contra) -> None:
        """Write it."""
        ...

    def close(self) -> None:
        """Write what waits and close the file."""
        ...

    def abandon(self) -> None:
        """Close the file without another word, after a failure."""
        ...


class Tape(Generic[T]):
    """Takes items on the event loop or any thread, and writes them behind on a thread of its own.

    ``begin(path)`` makes the writer of a new piece and ``suffix(item)`` says of which kind; None:
    with this item no piece can begin, it is dropped. When the disk fails, is full, falls 64 MiB
    behind, or another epoch took over, the tape ends itself, keeps what is written and calls
    ``failed(code)`` once on the event loop. ``parts`` are the newest pieces, still locked; the
    others are found by their names.
    """

    def __init__(
        self,
        shelf: Shelf,
        name: str,
        begin: Callable[[Path], Writer[T]],
        suffix: Callable[[T], str | None],
        failed: Callable[[str], None],
    ) -> None:
        """Prepare the file ``name`` (an id); nothing is written before ``start``."""
        self.parts: list[Part] = []
        self.fenced = False
        self._shelf = shelf
        self._name = name
        self._begin = begin
        self._suffix = suffix
        self._tell = failed
        self._backlog: Backlog[T] = Backlog(BACKLOG)
        self._writer: Writer[T] | None = None
        self._number = 0
        self._waiting = False  # for something with which the last piece can go on
        self._thread = threading.Thread(target=self._run, name=f"recording:{name}", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failed = False

    @property
    def running(self) -> bool:
        """Whether items are still taken."""
        return self._loop is not None and not self._failed

    def start(self) -> None:
        """Begin; on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def put(self, item: T, size: int, *, must: bool = True) -> None:
        """Take an item of ``size`` bytes; one that ``must`` be kept ends the tape if it cannot."""
        if self.running and not self._backlog.put(item, size) and must:
            self._fail(FAILED, "the disk is too slow")

    async def stop(self) -> None:
        """Return once all that was taken is written."""
        self._backlog.close()
        if self._thread.ident is not None:
            await asyncio.to_thread(self._thread.join)

    def close(self) -> None:
        """Give the pieces' locks back; whoever comes next may take them."""
        for part in self.parts:
            part.close()

    def _run(self) -> None:
        synced = roomed = time.monotonic()
        try:
            while (item := self._backlog.take()) is not None:
                now = time.monotonic()
                if now - synced >= SYNC_EVERY and self.parts:
                    # Before the next item: whoever slept looks first of all who holds the fence.
                    self._shelf.check_fence()
                    self.parts[-1].sync()
                    synced = now
                self._write(item)
                if now - roomed >= ROOM_EVERY:
                    self._shelf.check_room()
                    roomed = now
            if self._writer is not None:
                self._writer.close()
        except Exception as error:  # noqa: BLE001 (whatever it is, a person is told)
            self._give_up(error)

    def _write(self, item: T) -> None:
        if self._writer is None or not self._writer.fits(item):
            suffix = self._suffix(item)
            self._waiting = self._number >= MOST
            if suffix is None or self._waiting:
                return
            self._shelf.check_fence()
            if self._writer is not None:
                self._writer.close()
                self.parts[-1].sync()
            self._number += 1
            path = self._shelf.directory / piece_name(
                self._name, self._shelf.epoch, self._number, suffix
            )
            self._writer = self._begin(path)
            self.parts.append(Part.create(path))
            if len(self.parts) > HELD:
                self.parts.pop(0).close()
        if self._waiting:
            if self._suffix(item) is None:
                return  # it goes on from a picture that was left out
            self._waiting = False
        self._writer.write(item)

    def _give_up(self, error: Exception) -> None:
        code = code_of(error)
        self.fenced = code == "recording.fenced"
        log.error("recording %s cannot go on: %r", self._name, error)
        if self._writer is not None:
            try:
                self._writer.abandon()
            except Exception as more:  # noqa: BLE001 (whatever the muxer says of a broken disk)
                log.warning("recording %s: %s", self._name, more)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._fail, code, "see above")

    def _fail(self, code: str, why: str) -> None:
        """End by itself; on the event loop."""
        if not self._failed and self._loop is not None:
            self._failed = True
            log.error("recording %s ended: %s (%s)", self._name, code, why)
            self._backlog.close(discard=True)
            self._loop.call_soon(self._tell, code)
