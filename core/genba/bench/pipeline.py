"""Four cameras decoded, composed and encoded, beside the FFmpeg program doing the same.

Genba's part is the session's own code, which also writes four names and the clock into each
picture; FFmpeg's is scale, xstack and libx264 with the same options, each part on one thread.
"""

from __future__ import annotations

import statistics
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genba.bench import machine
from genba.bench.bench import MissingError
from genba.bench.child import run
from genba.bench.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from genba.bench.bench import Bench
    from genba.wire.order import ViewOrder

TILE = "[{n}:v]scale={w}:{h}:flags=bilinear[t{n}];"
STACK = "[t0][t1][t2][t3]xstack=inputs=4:layout=0_0|w0_0|0_h0|w0_h0[v]"
ROUNDS, QUICK_ROUNDS = 5, 2


@dataclass(frozen=True, slots=True)
class Pipeline:
    """CPU-seconds per second of media (medians of rounds that took turns), and their ratios."""

    rounds: int
    genba_720p: float
    ffmpeg_720p: float
    ratio_720p: float
    genba_1080p: float
    ffmpeg_1080p: float
    ratio_1080p: float


async def measure(bench: Bench) -> Pipeline:
    """Have both do it in turns, each in a process of its own."""
    ffmpeg = machine.ffmpeg()
    if ffmpeg is None:
        raise MissingError("no ffmpeg program (Python package imageio-ffmpeg, or on PATH)")
    clips = await bench.clips.paths()
    rounds = QUICK_ROUNDS if bench.quick else ROUNDS
    found: dict[str, float] = {}
    for name, view in VIEWS.items():
        bench.say(f"decode, compose and encode at {name}, beside FFmpeg")
        ours, theirs = [], []
        for _ in range(rounds):
            own = await run(sys.executable, "-m", "genba.bench.offline", name, *map(str, clips))
            ours.append(float(own.output))
            theirs.append((await run(ffmpeg, *_words(view, clips))).cpu)
        found[f"genba_{name}"] = statistics.median(ours) / bench.clips.seconds
        found[f"ffmpeg_{name}"] = statistics.median(theirs) / bench.clips.seconds
        # Of each pair first: a neighbour on the machine disturbs both of it.
        found[f"ratio_{name}"] = statistics.median(
            one / other for one, other in zip(ours, theirs, strict=True)
        )
    return Pipeline(rounds=rounds, **found)


def _words(view: ViewOrder, clips: Sequence[Path]) -> Iterator[str]:
    """Yield FFmpeg's command line."""
    yield from ("-nostdin", "-loglevel", "error", "-y")
    for clip in clips:
        yield from ("-threads", "1", "-i", str(clip))
    width, height = view.width // 2, view.height // 2
    tiles = "".join(TILE.format(n=n, w=width, h=height) for n in range(len(clips)))
    yield from ("-filter_complex_threads", "1", "-filter_complex", tiles + STACK, "-map", "[v]")
    yield from ("-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency")
    yield from ("-profile:v", "baseline", "-threads", "1", "-g", str(view.fps * 10))
    yield from ("-b:v", f"{view.kbps}k", "-maxrate", f"{view.kbps}k")
    yield from ("-bufsize", f"{view.kbps // 2}k", "-x264-params", "scenecut=0")
    yield from ("-f", "null", "-")
