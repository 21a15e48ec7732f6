"""Sound becomes AAC while it is heard, so that finishing a recording is a plain copy."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from av import AudioFrame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av import Packet
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.stream import Stream
    from numpy.typing import NDArray

RATE = 48_000
BITRATE = 96_000
FRAME = 1024  # samples of an AAC-LC packet
# The encoder puts one packet before the first sample. A fragmented file has no place before its
# time 0 for it, so in a part all sound is 21 ms late; finishing takes that back by an edit list.
PRIMING = FRAME
SLACK = RATE // 100  # blocks that lie less beside their place just follow each other
PATIENCE = RATE  # how far sound may stay behind pictures until silence takes its place


class SoundTrack:
    """Puts 16-bit mono blocks in their places after ``start`` and encodes them.

    Gaps become silence, what came before or twice is dropped. Used on one thread.
    """

    def __init__(self, container: OutputContainer, start: float) -> None:
        """Add the stream to a container; ``start`` is the media time of the first sample."""
        # The default coder weighs every band again and again: half of what a recording costs. At
        # this rate FFmpeg's own advice is the fast one.
        self._stream: AudioStream = container.add_stream(
            "aac", rate=RATE, layout="mono", options={"aac_coder": "fast"}
        )
        self._stream.bit_rate = BITRATE
        self._start = start
        self._waiting = np.empty(0, np.int16)
        self._placed = 0  # samples that have their place, encoded or waiting
        self._encoded = 0

    def hear(self, pcm: bytes, time: float) -> Iterator[Packet[Stream]]:
        """Take a block whose first sample is at media time ``time``; yield what became ready."""
        block = np.frombuffer(pcm, "<i2")
        gap = round((time - self._start) * RATE) - self._placed
        if gap >= SLACK or (gap > 0 and not self._placed):
            yield from self._silence(gap)
        elif gap <= -SLACK or not self._placed:
            block = block[-gap:]
        yield from self._place(block)

    def keep_up(self, time: float, patience: int = PATIENCE) -> Iterator[Packet[Stream]]:
        """Put silence where sound is too far behind the picture at media time ``time``."""
        behind = round((time - self._start) * RATE) - self._placed - patience
        if behind >= FRAME or (behind > 0 and not patience):
            yield from self._silence(behind)

    def end(self) -> Iterator[Packet[Stream]]:
        """Encode what waits; nothing can follow."""
        if self._waiting.size:
            yield from self._encode(self._waiting)
        yield from self._stream.encode(None)

    def _silence(self, samples: int) -> Iterator[Packet[Stream]]:
        while samples > 0:
            some = min(samples, RATE)
            yield from self._place(np.zeros(some, np.int16))
            samples -= some

    def _place(self, block: NDArray[np.int16]) -> Iterator[Packet[Stream]]:
        self._placed += block.size
        self._waiting = np.concatenate([self._waiting, block])
        while self._waiting.size >= FRAME:
            block, self._waiting = self._waiting[:FRAME], self._waiting[FRAME:]
            yield from self._encode(block)

    def _encode(self, block: NDArray[np.int16]) -> Iterator[Packet[Stream]]:
        samples = (block.astype(np.float32) / 32768).reshape(1, -1)
        frame = AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = RATE
        frame.time_base = Fraction(1, RATE)
        frame.pts = PRIMING + self._encoded
        self._encoded += block.size
        yield from self._stream.encode(frame)
