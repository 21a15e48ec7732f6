"""A view without cameras: moving pictures and a tone, paced by threads like the real ones."""

from __future__ import annotations

import fractions
import threading
import time
from typing import TYPE_CHECKING, Self

import numpy as np

from tests.kit.rtc import picture

if TYPE_CHECKING:
    from collections.abc import Callable

    import av

    from genba.session.compositor.mix import Mix
    from genba.session.encoder.layers import Layers
    from genba.session.mediaclock import MediaClock

CLOCK = fractions.Fraction(1, 90_000)


def stamped(number: int, moment: float, width: int, height: int) -> av.VideoFrame:
    """Return picture ``number`` with the stamp that the compositor gives."""
    frame = picture(number, width, height)
    frame.pts, frame.time_base = round(moment / CLOCK), CLOCK
    return frame


class Tone:
    """A mixer in small: the same sine in every mix, 20 ms at a time, when told to tick."""

    def __init__(self) -> None:
        self.listeners: list[tuple[Mix, Callable[[bytes, float], None]]] = []
        self.ticks = 0

    def listen(self, mix: Mix, heard: Callable[[bytes, float], None]) -> Callable[[], None]:
        entry = (mix, heard)
        self.listeners.append(entry)
        return lambda: self.listeners.remove(entry)

    def tick(self, moment: float) -> None:
        at = (np.arange(960) + self.ticks * 960) / 48_000
        pcm = (8000 * np.sin(2 * np.pi * 440 * at)).astype("<i2").tobytes()
        self.ticks += 1
        for _, heard in tuple(self.listeners):
            heard(pcm, moment)


class MovingView:
    """Feeds ``layers`` on a thread of its own while it is entered: pictures and sound."""

    def __init__(self, layers: Layers, clock: MediaClock, tone: Tone) -> None:
        self.layers, self.clock, self.tone = layers, clock, tone
        self.number = 0
        self.frame: av.VideoFrame | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="moving view")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self._thread.join()

    def latest(self) -> av.VideoFrame | None:
        return self.frame

    def _run(self) -> None:
        view, start, sounds = self.layers.view, time.monotonic(), 0
        while not self._over.wait(max(0, start + self.number / view.fps - time.monotonic())):
            now = self.clock.now()
            own = (view.width, view.height)
            for size in self.layers.sizes() | {own}:
                frame = stamped(self.number, now, *size)
                self.frame = frame if size == own else self.frame
                self.layers.put(frame, now)
            self.number += 1
            while start + sounds * 0.02 <= time.monotonic():
                self.tone.tick(self.clock.at(start + sounds * 0.02))
                sounds += 1
