"""What Chromium's made-up camera shows: a clip, uncompressed, as its device reads it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import av

from genba.bench.clips import FPS, HEIGHT, WIDTH

if TYPE_CHECKING:
    from pathlib import Path

    from av.video.plane import VideoPlane

PICTURES = 60  # it begins anew after them; each has 1.4 MB


def film(clip: Path, into: Path) -> Path:
    """Write a clip's first pictures as YUV4MPEG2 and return the file. Blocking."""
    with av.open(str(clip)) as container, into.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in islice(container.decode(video=0), PICTURES):
            file.write(b"FRAME\n")
            for plane in frame.planes:
                file.write(_tight(plane))
    return into


def _tight(plane: VideoPlane) -> bytes:
    """Return a plane without what lies between its lines."""
    data, width = memoryview(plane), plane.width
    if plane.line_size == width:
        return bytes(data[: width * plane.height])
    begins = range(0, plane.height * plane.line_size, plane.line_size)
    return b"".join(data[at : at + width] for at in begins)
