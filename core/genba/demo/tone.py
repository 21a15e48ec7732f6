"""The quiet sound of a demo camera: a soft chord, encoded once, played over and over."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np

RATE = 48_000
SAMPLES = 960  # 20 ms
SECONDS = 4
_LEVEL = 900  # of 32767: about -31 dBFS


def tone(n: int) -> list[bytes]:
    """Return ``SECONDS`` of Opus packets, 20 ms each; ``n`` chooses the pitch.

    Pitches and swell fit whole into the loop, so its seam is not heard.
    """
    root = (196, 220, 246.75, 293.75)[n % 4]
    at = np.arange(RATE * SECONDS) / RATE
    chord = np.sin(2 * np.pi * root * at) + 0.4 * np.sin(2 * np.pi * root * 1.5 * at)
    swell = 0.55 + 0.45 * np.sin(2 * np.pi * at / SECONDS + n)
    wave = (_LEVEL * swell * chord).astype(np.int16)
    codec = av.AudioCodecContext.create("libopus", "w")
    codec.sample_rate, codec.layout, codec.format = RATE, "mono", "s16"
    codec.bit_rate = 24_000
    packets: list[bytes] = []
    for start in range(0, wave.size, SAMPLES):
        part = wave[start : start + SAMPLES].reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return packets
