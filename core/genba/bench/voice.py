"""Sound that is as much work as somebody who speaks: syllables, pauses, and a site's noise."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np

RATE = 48_000
SAMPLES = 960  # 20 ms
SECONDS = 4
_PITCHES = (110.0, 140.0, 180.0, 210.0)  # Hz; with the syllables they fit whole into the loop
_HARMONICS = 20


def voice(n: int) -> list[bytes]:
    """Return ``SECONDS`` of Opus packets, 20 ms each, to be played over and over."""
    pitch = _PITCHES[n % len(_PITCHES)]
    at = np.arange(RATE * SECONDS) / RATE
    phase = 2 * np.pi * (pitch * at + 2 * np.sin(2 * np.pi * 2.5 * at))
    wave = np.sum([np.sin(k * phase) / k for k in range(1, _HARMONICS)], axis=0)
    syllables = np.clip(np.sin(2 * np.pi * 3 * at), 0, 1)
    pauses = np.sin(2 * np.pi * at / SECONDS + n) > -0.5  # noqa: PLR2004 (two thirds are speech)
    noise = np.random.default_rng(n).normal(0, 60, at.size)
    return _coded((2500 * syllables * pauses * wave + noise).astype(np.int16))


def _coded(wave: np.ndarray[tuple[int], np.dtype[np.int16]]) -> list[bytes]:
    codec = av.AudioCodecContext.create("libopus", "w")
    codec.sample_rate, codec.layout, codec.format = RATE, "mono", "s16"
    codec.bit_rate = 32_000
    packets: list[bytes] = []
    for start in range(0, wave.size, SAMPLES):
        part = wave[start : start + SAMPLES].reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return packets
