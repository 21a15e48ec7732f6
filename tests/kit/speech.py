"""Speech-like sound, and networks that lose some of it."""

from __future__ import annotations

import fractions
import functools
import random
from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def syllables(seconds: float) -> NDArray[np.int16]:
    """Return vowels of a voice that rises and falls, two a second, with pauses between them."""
    at = np.arange(round(seconds * 48_000)) / 48_000
    pitch = 140 + 20 * np.sin(2 * np.pi * 0.7 * at)
    phase = 2 * np.pi * np.cumsum(pitch) / 48_000
    loudness = np.clip(np.sin(2 * np.pi * 2.0 * at) + 0.6, 0, 1)
    wave = sum(np.sin(k * phase) / k for k in range(1, 9))
    return (4000 * loudness * wave).astype(np.int16)


@functools.cache
def spoken(
    seconds: float, *, fec: bool = False, channels: int = 1, milliseconds: str = "20", **more: str
) -> tuple[bytes, ...]:
    """Return the Opus packets of that speech."""
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, av.AudioCodecContext)
    layout = "mono" if channels == 1 else "stereo"
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = 48_000, layout, "s16", 24_000
    codec.options = {"application": "voip", "frame_duration": milliseconds, **more}
    if fec:
        codec.bit_rate = 20_000  # at which libopus does put it in
        codec.options |= {"fec": "1", "packet_loss": "20"}
    codec.open()
    size = round(float(milliseconds) * 48)
    made = []
    for n, block in enumerate(syllables(seconds).reshape(-1, size)):
        samples = np.repeat(block, channels).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=layout)
        frame.sample_rate, frame.pts = 48_000, n * size
        frame.time_base = fractions.Fraction(1, 48_000)
        made += [bytes(packet) for packet in codec.encode(frame)]
    return tuple(made)


def carried(
    packets: Sequence[bytes],
    *,
    loss: float,
    way: float = 0.050,
    jitter: float = 0.070,
    twice: float = 0.01,
    seed: int = 7,
    step: float = 0.02,
) -> list[tuple[float, int]]:
    """Return when the n-th packet arrives, in the order in which they do; sent at ``n`` steps."""
    chance = random.Random(seed)  # noqa: S311  a network
    found = []
    for n in range(len(packets)):
        found += [
            ((n + 1) * step + way + jitter * chance.random(), n)
            for _ in range(1 + (chance.random() < twice))
            if chance.random() >= loss
        ]
    return sorted(found)
