"""What a demo camera sends: finished packets, each due at its time."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from typing import TYPE_CHECKING

import av
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from genba.demo.studio import CLOCK, FPS
from genba.demo.tone import RATE, SAMPLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from av.packet import Packet
    from av.stream import Stream

    from genba.demo.studio import Studio


class _Paced(MediaStreamTrack):
    """Its ``n``-th item is due ``n`` steps after the first; one that is late is left out."""

    step: float

    def __init__(self) -> None:
        super().__init__()
        self._start: float | None = None
        self._number = -1

    async def _due(self) -> int:
        if self.readyState != "live":
            raise MediaStreamError
        now = asyncio.get_running_loop().time()
        if self._start is None:
            self._start = now
        self._number = max(self._number + 1, int((now - self._start) / self.step))
        await asyncio.sleep(self._start + self._number * self.step - now)
        return self._number


class PictureTrack(_Paced):
    """Pictures of a studio, made in ``pool`` when they are due; nothing waits in a queue."""

    kind = "video"
    step = 1 / FPS

    def __init__(self, studio: Studio, pool: Executor) -> None:
        """Send what ``studio`` shoots; the first picture is a key frame."""
        super().__init__()
        self._studio, self._pool = studio, pool
        self._key = True

    def want_key(self) -> None:
        """Make the next picture a key frame."""
        self._key = True

    async def recv(self) -> Packet[Stream]:
        """Return the next picture when it is due."""
        number = await self._due()
        key, self._key = self._key, False
        loop = asyncio.get_running_loop()
        data = await loop.run_in_executor(self._pool, lambda: self._studio.shoot(number, key=key))
        packet = av.Packet(data)
        packet.pts, packet.time_base = number * 90_000 // FPS, CLOCK
        return packet


class ToneTrack(_Paced):
    """The same few seconds of Opus again and again."""

    kind = "audio"
    step = SAMPLES / RATE

    def __init__(self, packets: Sequence[bytes]) -> None:
        """Send ``packets`` in a loop."""
        super().__init__()
        self._packets = packets

    async def recv(self) -> Packet[Stream]:
        """Return the next 20 ms when they are due."""
        number = await self._due()
        packet = av.Packet(self._packets[number % len(self._packets)])
        packet.pts, packet.time_base = number * SAMPLES, Fraction(1, RATE)
        return packet
