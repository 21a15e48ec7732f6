"""All sounds become one; a different one for each kind of listener."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from genba.session.camera.lipsync import BEHIND as LAG
from genba.session.compositor.limiter import Limiter
from genba.session.compositor.mix import Mix

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from genba.session.mediaclock import MediaClock

    Heard = Callable[[bytes, float], None]

__all__ = ["Mix", "Mixer"]

log = logging.getLogger(__name__)

TICK = 0.02  # seconds
SAMPLES = 960  # of a tick, at 48 kHz
SILENCE = bytes(2 * SAMPLES)
BEHIND = 25  # ticks that are made up for; what is beyond is left out


class Sound(Protocol):
    """Where an input's sound comes from."""

    def get(self, moment: float) -> bytes:
        """Return the 20 ms that are due at a media time: 960 samples of 16 bit, mono.

        Never blocks.
        """
        ...


@dataclass(eq=False, slots=True)
class _Input:
    name: str
    sound: Sound
    supporter: bool
    ailing: bool = False

    def read(self, moment: float) -> NDArray[np.int32]:
        """Return the block of a moment; silence where the input fails."""
        try:
            data = self.sound.get(moment)
            if len(data) != len(SILENCE):
                raise ValueError(f"a block of {len(data)} bytes")  # noqa: TRY301 (one way out)
        except Exception:
            if not self.ailing:
                log.exception("sound of %s failed", self.name)
            self.ailing = True
            data = SILENCE
        else:
            self.ailing = False
        return np.frombuffer(data, "<i2").astype(np.int32)


class Mixer:
    """Ticks every 20 ms on a thread of its own, by the clock and not by what arrives.

    Each input is read once a tick, and only mixes that somebody listens to are computed. Ticks
    that come late are made up for at once, so that sound loses no time, but at most half a second
    of them: what is beyond is left out and counted in ``skipped``, and the times tell of the gap.
    All methods may be called from any thread.
    """

    def __init__(self, clock: MediaClock) -> None:
        """Prepare; nothing runs before ``start``."""
        self._clock = clock
        self._lock = threading.Lock()
        # Both are replaced whole under the lock, so that the thread reads them without it.
        self._inputs: Mapping[str, _Input] = {}
        self._listeners: tuple[tuple[Mix, Heard], ...] = ()
        self._limiters: dict[Mix, Limiter] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mixer", daemon=True)
        self.ticks = 0
        self.skipped = 0

    def add_input(self, name: str, buffer: Sound, *, supporter: bool) -> None:
        """Hear ``buffer`` from the next tick on, in the place of an older one of that name."""
        with self._lock:
            self._inputs = {**self._inputs, name: _Input(name, buffer, supporter)}

    def remove_input(self, name: str) -> None:
        """Hear that input no more; nothing happens where there is none."""
        with self._lock:
            self._inputs = {k: v for k, v in self._inputs.items() if k != name}

    def listen(self, mix: Mix, heard: Heard) -> Callable[[], None]:
        """Call ``heard(pcm, time)`` on the mixer's thread at every tick; it must be quick.

        ``pcm`` is 960 samples of 16 bit, mono, 48 kHz; ``time`` is the media time of the first,
        dated back so that it lies beside its picture. One that raises is removed and logged. The
        function returned ends the listening; the call that is under way just then may still come.
        """
        entry = (mix, heard)
        with self._lock:
            self._listeners = (*self._listeners, entry)
        return lambda: self._remove(entry)

    def start(self) -> None:
        """Start the thread; once."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it; blocks for a tick, so never on the event loop."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _remove(self, entry: tuple[Mix, Heard]) -> None:
        with self._lock:
            self._listeners = tuple(e for e in self._listeners if e is not entry)

    def _run(self) -> None:
        start, n = time.monotonic(), 0
        while not self._stopping.is_set():
            n += 1
            wait = start + n * TICK - time.monotonic()
            if wait > 0 and self._stopping.wait(wait):
                return
            beyond = int(-wait / TICK) - BEHIND
            if beyond > 0:
                n += beyond
                self.skipped += beyond
            self.tick(self._clock.at(start + n * TICK))

    def tick(self, moment: float) -> None:
        """Mix what is due at a media time; the thread does, or a test in its place."""
        blocks = [(i, i.read(moment)) for i in self._inputs.values()]
        listeners = self._listeners
        mixes = {
            mix: self._mixed(
                mix, [b for i, b in blocks if mix.takes(i.name, supporter=i.supporter)]
            )
            for mix in {mix for mix, _ in listeners}
        }
        self._limiters = {mix: kept for mix, kept in self._limiters.items() if mix in mixes}
        for entry in listeners:
            mix, heard = entry
            try:
                heard(mixes[mix], moment - LAG)
            except Exception:
                log.exception("a listener of %s failed and is removed", mix)
                self._remove(entry)
        self.ticks += 1

    def _mixed(self, mix: Mix, blocks: list[NDArray[np.int32]]) -> bytes:
        if not blocks:
            return SILENCE
        limiter = self._limiters.setdefault(mix, Limiter())
        total = np.add.reduce(blocks) if len(blocks) > 1 else blocks[0]
        return limiter.limit(total).astype("<i2", copy=False).tobytes()
