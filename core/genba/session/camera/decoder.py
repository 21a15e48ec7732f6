"""The thread that decodes one camera."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import fractions
import logging
import threading
import time
from typing import TYPE_CHECKING

import av
from av.codec.context import Flags

from genba.session.camera.header import PictureRefusedError, check_header
from genba.session.camera.rate import Rate
from genba.wire.latency import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.session.camera.slot import FrameSlot
    from genba.session.camera.unit import AccessUnit

log = logging.getLogger(__name__)

WAITING = 3  # units that may wait for longer than BEHIND
BEHIND = 0.100  # seconds; what a mended loss sets free comes at once, and is no overload
PATIENT = 3.0  # the same, of a camera that makes key pictures when it likes and not when asked
MOST = 90  # units that may wait at all
_TICKS = 90_000
_BASE = fractions.Fraction(1, _TICKS)


class Decoder:
    """Decodes units into a slot, on a thread of its own that starts with the first unit.

    ``put``, ``stop`` and the two callbacks belong to the event loop; ``first`` is called once,
    when the first picture was decoded; ``trouble`` whenever a key picture is needed. ``resting``
    it costs nothing.
    """

    def __init__(
        self, name: str, slot: FrameSlot, first: Callable[[], None], trouble: Callable[[], None]
    ) -> None:
        """Name the thread."""
        self.behind = BEHIND
        self.pictures = 0
        self.width = 0
        self.height = 0
        self.dropped = 0
        self.refused = 0
        self.errors = 0
        self.resting = False
        self.rate = Rate()
        self._slot = slot
        self._first = first
        self._trouble = trouble
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._units: collections.deque[tuple[AccessUnit, float]] = collections.deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._skipping = False
        self._waking = False  # what is skipped is no loss: it was not to be decoded anyway
        self._refusing = False  # what comes is too large: asking for more of it is no use
        self._thread: threading.Thread | None = None
        self._codec: av.VideoCodecContext | None = None

    def put(self, unit: AccessUnit) -> None:
        """Queue a unit; when the thread is behind drop it, and all up to a key picture."""
        now = time.monotonic()
        with self._changed:
            if self._stopping:
                return
            if self.resting:
                self.resting = False
                self._skipping = self._waking = True
            full = self._full(now)
            if unit.key:
                if full:
                    self.dropped += len(self._units)
                    self._units.clear()
                self._skipping = self._waking = False
            elif full:
                self._skipping = True
            drop = self._skipping
            if drop:
                self.dropped += not self._waking
            else:
                self._units.append((unit, now))
                self._changed.notify()
        if drop and not self._refusing:
            self._trouble()
        if not drop and self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def rest(self) -> None:
        """Decode nothing until the next ``put``, and let codec and picture go. Idempotent.

        Pictures then begin with the next key picture, which ``trouble`` asks for.
        """
        if self.resting:
            return
        with self._changed:
            self.resting = True
            self._units.clear()
            self._changed.notify()

    def _full(self, now: float) -> bool:
        waiting = len(self._units)
        late = waiting >= WAITING and now - self._units[0][1] > self.behind
        return late or waiting >= MOST

    def stop(self) -> None:
        """Have the thread end after the picture at hand; does not wait for it."""
        with self._changed:
            self._stopping = True
            self._units.clear()
            self._changed.notify()

    async def join(self) -> None:
        """Return when the thread has ended; it is waited for in another thread."""
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while (waiting := self._next()) is not None:
            unit, since = waiting
            try:
                self._decode(unit, since)
            except PictureRefusedError as error:
                self.refused += 1
                self._refusing = True
                self._fail(f"refused a picture: {error}", self.refused)
            except (av.FFmpegError, ValueError, MemoryError) as error:
                self.errors += 1
                self._fail(f"could not decode a picture: {error}", self.errors)
                self._tell(self._trouble)
        self._codec = None

    def _next(self) -> tuple[AccessUnit, float] | None:
        """Wait for a unit; None: it is over."""
        with self._changed:
            while not self._stopping:
                if self._units:
                    return self._units.popleft()
                if self.resting and self._codec is not None:
                    self._codec = None
                    self._slot.clear()  # nobody is to take an old picture for a new one
                self._changed.wait()
        return None

    def _fail(self, what: str, count: int) -> None:
        """Begin anew at the next key picture; log the first faults only."""
        if count <= 3:  # noqa: PLR2004
            log.warning("%s %s", self._name, what)
        with self._changed:
            self._codec = None
            while self._units and not self._units[0][0].key:
                self._units.popleft()
                self.dropped += 1
            self._skipping = not self._units

    def _decode(self, unit: AccessUnit, since: float) -> None:
        check_header(unit.codec, unit.data)
        if self._codec is None:
            self._codec = _open(unit.codec)
        packet = av.Packet(unit.data)
        packet.pts = round(unit.time * _TICKS)
        packet.time_base = _BASE
        for frame in self._codec.decode(packet):
            if frame.format.name != "yuv420p":
                frame = frame.reformat(format="yuv420p")  # noqa: PLW2901
            moment = unit.time if frame.pts is None else frame.pts / _TICKS
            self._slot.put(frame, moment)
            self._refusing = False
            if self._slot.note is not None:
                self._slot.note(Stage.DECODE, time.monotonic() - since)
            with self._changed:
                self.pictures += 1
                self.width, self.height = frame.width, frame.height
            self.rate.note(time.monotonic())
            if self.pictures == 1:
                self._tell(self._first)

    def _tell(self, what: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody listens any more
            self._loop.call_soon_threadsafe(what)


def _open(codec: str) -> av.VideoCodecContext:
    context = av.CodecContext.create(codec, "r")
    if not isinstance(context, av.VideoCodecContext):
        raise TypeError(f"{codec} is no video codec")
    context.thread_count = 1  # frame threads would add a delay each, slice threads gain nothing
    context.flags |= Flags.low_delay
    return context
