"""The heart without a network, as fast as it goes: ``python -m genba.bench.offline VIEW CLIP…``.

Prints the CPU seconds that decoding, composing and encoding took; imports are left out, which a
session pays once, and opening the codecs is not.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av

from genba.api import Layer
from genba.bench.clips import units
from genba.bench.views import VIEWS
from genba.clock import SystemClock
from genba.session.compositor.easel import Easel
from genba.session.compositor.source import Source
from genba.session.encoder.codec import TIME_BASE, open_video
from genba.wire.state import CameraState, Layout

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from genba.wire.order import ViewOrder


@dataclass(slots=True)
class Held:
    """A slot that holds one picture."""

    frame: av.VideoFrame | None = None
    ready: float = 0.0


def pictures(coded: Sequence[bytes]) -> Iterator[av.VideoFrame]:
    """Decode as a session does: one thread, no delay."""
    codec = av.VideoCodecContext.create("h264", "r")
    codec.thread_count = 1
    for unit in coded:
        yield from codec.decode(av.Packet(unit))


def work(view: ViewOrder, clips: Sequence[Path]) -> float:
    """Do it and return the CPU seconds of this process. Blocking."""
    coded = [units(clip) for clip in clips]
    before = time.process_time()
    clock = SystemClock()
    easel = Easel(view.width, view.height, "ja")
    codec = open_video(Layer.H264, view)
    slots = [Held() for _ in clips]
    sources = [Source(n, slot, f"カメラ{n}", CameraState.LIVE) for n, slot in enumerate(slots, 1)]
    for number, frames in enumerate(zip(*map(pictures, coded), strict=True)):
        for slot, frame in zip(slots, frames, strict=True):
            slot.frame = frame
        for canvas in easel.paint((), sources, Layout(), clock.now()):
            canvas.pts, canvas.time_base = round(Fraction(number, view.fps) / TIME_BASE), TIME_BASE
            for packet in codec.encode(canvas):
                bytes(packet)
    return time.process_time() - before


def main() -> None:
    """Work and print."""
    parser = argparse.ArgumentParser(prog="python -m genba.bench.offline")
    parser.add_argument("view", choices=sorted(VIEWS))
    parser.add_argument("clips", type=Path, nargs="+")
    chosen = parser.parse_args()
    sys.stdout.write(f"{work(VIEWS[chosen.view], chosen.clips)}\n")


if __name__ == "__main__":
    main()
