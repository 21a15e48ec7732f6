"""What the cameras of a run send: made once, on demand, and kept in its folder."""

from __future__ import annotations

import asyncio
import threading
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import av
from av.filter import Graph
from av.video.frame import PictureType

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CAMERAS = 4
FPS = 30
WIDTH, HEIGHT = 1280, 720
KBPS = 2500


class Clips:
    """Four clips as phones would send them: 720p30, constrained baseline, 2.5 Mbit/s, moving.

    Each begins with its one key picture, so that a camera that is asked for one begins anew.
    """

    def __init__(self, folder: Path, seconds: int) -> None:
        """Nothing is made yet."""
        self.seconds = seconds
        self._folder = folder
        self._made: tuple[Path, ...] = ()
        self._making = asyncio.Lock()

    async def paths(self) -> tuple[Path, ...]:
        """Return the files (MP4)."""
        async with self._making:
            if not self._made:
                given_up = threading.Event()
                try:
                    self._made = tuple(
                        await asyncio.gather(
                            *(
                                asyncio.to_thread(
                                    _make,
                                    self._folder / f"camera{n}.mp4",
                                    n,
                                    self.seconds,
                                    given_up,
                                )
                                for n in range(CAMERAS)
                            )
                        )
                    )
                finally:
                    given_up.set()  # a thread can't be cancelled
        return self._made


def units(path: Path) -> list[bytes]:
    """Return a clip's access units in Annex B, parameter sets before the key picture. Blocking."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        filters = av.BitStreamFilterContext("h264_mp4toannexb", stream)
        return [
            bytes(made)
            for packet in container.demux(stream)
            if packet.size
            for made in filters.filter(packet)
        ]


def _make(path: Path, number: int, seconds: int, given_up: threading.Event) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate = KBPS * 1000
        stream.codec_context.thread_count = 1
        stream.codec_context.gop_size = seconds * FPS + 1
        stream.options = {
            "preset": "superfast",
            "profile": "baseline",
            "tune": "zerolatency",
            "maxrate": str(KBPS * 1000),
            "bufsize": str(KBPS * 500),
            "x264-params": "scenecut=0",
        }
        for frame in _pictures(number, seconds):
            if given_up.is_set():
                break
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _pictures(number: int, seconds: int) -> Iterator[av.VideoFrame]:
    """Yield FFmpeg's moving test picture, in other colours for each, with a camera's noise."""
    graph = Graph()
    source = graph.add("testsrc2", f"size={WIDTH}x{HEIGHT}:rate={FPS}:duration={seconds}")
    hue = graph.add("hue", f"h={number * 80}")
    noise = graph.add("noise", "alls=6:allf=t")
    plain = graph.add("format", "pix_fmts=yuv420p")
    sink = graph.add("buffersink")
    chain = (source, hue, noise, plain, sink)
    for one, following in pairwise(chain):
        one.link_to(following)
    graph.configure()
    for n in range(seconds * FPS):
        frame = graph.vpull()
        frame.pts, frame.time_base = n, Fraction(1, FPS)
        frame.pict_type = PictureType.NONE  # the filter calls each a key picture
        yield frame
