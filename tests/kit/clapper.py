"""A clapperboard: flashes and beeps of one moment, sent by a peer and found again in a file."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import av
import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from tests.kit.pictures import plain
from tests.kit.rtc import AUDIO_CLOCK, VIDEO_CLOCK

if TYPE_CHECKING:
    from pathlib import Path

EVERY = 1.5  # seconds
LASTS = 0.15
QUIET = 1.0  # seconds between two beeps at least


@dataclass
class Clapper:
    """Both tracks of a camera; the clock that they share starts with the first of them."""

    start: float = 0.0
    tracks: tuple[MediaStreamTrack, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.tracks = (_Flashes(self), _Beeps(self))

    async def due(self, moment: float) -> None:
        self.start = self.start or time.monotonic()
        await asyncio.sleep(max(0.0, self.start + moment - time.monotonic()))


class _Flashes(MediaStreamTrack):
    kind = "video"

    def __init__(self, clapper: Clapper) -> None:
        super().__init__()
        self._clapper, self._number = clapper, 0

    async def recv(self) -> av.VideoFrame:
        if self.readyState != "live":
            raise MediaStreamError
        moment = self._number / 30
        self._number += 1
        await self._clapper.due(moment)
        frame = plain(320, 240, (220 if moment % EVERY < LASTS else 30, 128, 128))
        frame.pts, frame.time_base = round(moment * 90_000), VIDEO_CLOCK
        return frame


class _Beeps(MediaStreamTrack):
    kind = "audio"

    def __init__(self, clapper: Clapper) -> None:
        super().__init__()
        self._clapper, self._number = clapper, 0

    async def recv(self) -> av.AudioFrame:
        """Return 20 ms, once they are over: as a microphone does."""
        if self.readyState != "live":
            raise MediaStreamError
        first = self._number * 960
        self._number += 1
        await self._clapper.due((first + 960) / 48_000)
        at = (first + np.arange(960)) / 48_000 % EVERY
        wave = np.where(at < LASTS, 9000 * np.sin(2 * np.pi * 1000 * at), 0).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, first, AUDIO_CLOCK
        return frame


def claps(path: Path, tiles: int = 1) -> tuple[list[float], list[list[float]]]:
    """Return when a file beeps, and when each of the pictures side by side becomes bright."""
    beeps, flashes = list[float](), [list[float]() for _ in range(tiles)]
    bright = [True] * tiles
    loud_at = -QUIET
    with av.open(str(path)) as source:
        for frame in source.decode():
            at = float(frame.time or 0)
            if isinstance(frame, av.VideoFrame):
                stride = frame.planes[0].line_size
                luma = np.frombuffer(bytes(frame.planes[0]), np.uint8).reshape(-1, stride)
                for n in range(tiles):
                    column = frame.width * (2 * n + 1) // (2 * tiles)
                    now = luma[frame.height // 2 : frame.height * 2 // 3, column].mean() > 120
                    if now and not bright[n]:
                        flashes[n].append(at)
                    bright[n] = bool(now)
            elif isinstance(frame, av.AudioFrame):
                loud = np.flatnonzero(np.abs(frame.to_ndarray()[0]) > 0.03)
                if loud.size:
                    first = at + float(loud[0]) / frame.sample_rate
                    if first - loud_at > QUIET:
                        beeps.append(first)
                    loud_at = at + float(loud[-1]) / frame.sample_rate
    return beeps, flashes
