"""Pixels as the encoder wants them: drawn once by Pillow, then only copied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from av import VideoFrame
    from numpy.typing import NDArray

    Plane = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Planes:
    """An I420 picture or a part of one (BT.601, video range); sides and places are even."""

    y: Plane
    u: Plane
    v: Plane

    @classmethod
    def of(cls, image: Image.Image) -> Planes:
        """Convert what Pillow has drawn; raises ValueError for odd sides."""
        if image.width % 2 or image.height % 2:
            raise ValueError(f"odd size: {image.size}")
        luma, blue, red = image.convert("YCbCr").split()
        half = (image.width // 2, image.height // 2)
        chroma = [np.asarray(c.resize(half, Image.Resampling.BOX)) for c in (blue, red)]
        u, v = ((128 + (c.astype(np.float32) - 128) * 224 / 255).round() for c in chroma)
        y = (16 + np.asarray(luma).astype(np.float32) * 219 / 255).round()
        return cls(y.astype(np.uint8), u.astype(np.uint8), v.astype(np.uint8))

    @classmethod
    def on(cls, frame: VideoFrame) -> Planes:
        """Look through to a yuv420p frame's own memory: what is pasted here, stands there."""
        y, u, v = (
            np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[
                :, : plane.width
            ]
            for plane in frame.planes
        )
        return cls(y, u, v)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.y.shape[1], self.y.shape[0]

    def columns(self, start: int, width: int) -> Planes:
        """Return a strip of it, without a copy."""
        half, end = slice(start // 2, (start + width) // 2), start + width
        return Planes(self.y[:, start:end], self.u[:, half], self.v[:, half])

    def paste(self, part: Planes, x: int, y: int) -> None:
        """Copy ``part`` over the pixels at ``x``, ``y``; it must lie inside."""
        width, height = part.size
        self.y[y : y + height, x : x + width] = part.y
        left, top = x // 2, y // 2
        for mine, new in ((self.u, part.u), (self.v, part.v)):
            mine[top : top + height // 2, left : left + width // 2] = new
