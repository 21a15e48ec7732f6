"""Made-up pictures and sound with known content."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass
class Holder:
    """A camera's slot with one picture."""

    frame: av.VideoFrame | None
    ready: float = -math.inf


def plain(width: int, height: int, yuv: tuple[int, int, int]) -> av.VideoFrame:
    """Return a picture of one colour."""
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, value in zip(frame.planes, yuv, strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return frame


def varied(width: int, height: int, seed: int = 0) -> av.VideoFrame:
    """Return a picture with slopes, waves and some edges, as a camera sees a room."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    scale = width / 1280
    waves = 60 * np.sin(x / (50 * scale) + seed) * np.cos(y / (70 * scale))
    red = 40 + 120 * x / width + waves
    green = 60 + 120 * y / height + waves / 2
    blue = 200 - 100 * x / width - waves
    rgb = np.stack([red, green, blue], -1).clip(0, 255).astype(np.uint8)
    return av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv420p")


def planes(frame: av.VideoFrame) -> list[NDArray[np.uint8]]:
    """Return copies of Y, U and V without padding."""
    found = []
    for k, plane in enumerate(frame.planes):
        d = 2 if k else 1
        rows = np.frombuffer(bytes(plane), np.uint8).reshape(-1, plane.line_size)
        found.append(rows[: frame.height // d, : frame.width // d].copy())
    return found


def tone(samples: int, hertz: float = 440.0, level: float = 0.3, start: int = 0) -> bytes:
    """Return 16-bit mono sound at 48 kHz."""
    t = (start + np.arange(samples)) / 48_000
    return (level * 32767 * np.sin(2 * np.pi * hertz * t)).astype("<i2").tobytes()
