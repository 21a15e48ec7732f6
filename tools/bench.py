"""`make bench`: four cameras decoded, composed and encoded, beside FFmpeg doing the same.

Both do it in this one run on this one machine: compare the ratios, not the figures of two machines.
Genba's part is the session's own code (painter and encoder), which also writes four names and the
clock into each picture; FFmpeg's is scale, xstack and libx264 with the same options.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import imageio_ffmpeg

from genba.api import Layer
from genba.clock import SystemClock
from genba.session.compositor.canvases import Canvases
from genba.session.compositor.painter import Painter
from genba.session.compositor.source import Source
from genba.session.encoder.codec import TIME_BASE, open_video
from genba.wire.order import ViewOrder
from genba.wire.state import CameraState, Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CAMERAS = 4
KBPS = 2500
TILE = "[{n}:v]scale={w}:{h}:flags=bilinear[t{n}];"
STACK = "[t0][t1][t2][t3]xstack=inputs=4:layout=0_0|w0_0|0_h0|w0_h0[v]"


@dataclass(frozen=True, slots=True)
class Job:
    """What both are asked to do."""

    clips: tuple[Path, ...]
    view: ViewOrder
    pictures: int


@dataclass(slots=True)
class Held:
    """A slot that holds one picture."""

    frame: av.VideoFrame | None = None


def ffmpeg(*words: str | Path) -> None:
    """Run FFmpeg; raises CalledProcessError."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-y"]
    subprocess.run([*command, *map(str, words)], check=True)


def clips(folder: Path, seconds: int, fps: int) -> Iterator[Path]:
    """Make four clips as a phone would send them: 720p, constrained baseline, 2.5 Mbit/s."""
    for n in range(CAMERAS):
        path = folder / f"camera{n}.mp4"
        source = f"testsrc2=s=1280x720:r={fps}:d={seconds},hue=h={n * 80},noise=alls=6:allf=t"
        ffmpeg(
            *("-f", "lavfi", "-i", source, "-c:v", "libx264", "-profile:v", "baseline"),
            *("-preset", "veryfast", "-b:v", f"{KBPS}k", "-pix_fmt", "yuv420p", path),
        )
        yield path


def by_ffmpeg(job: Job) -> None:
    """Do it with the FFmpeg program, every part on one thread as in a session."""
    width, height = job.view.width // 2, job.view.height // 2
    tiles = "".join(TILE.format(n=n, w=width, h=height) for n in range(CAMERAS))
    inputs = [word for clip in job.clips for word in ("-threads", "1", "-i", clip)]
    rate = f"{job.view.kbps}k"
    ffmpeg(
        *inputs,
        *("-filter_complex_threads", "1", "-filter_complex", tiles + STACK, "-map", "[v]"),
        *("-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency"),
        *("-profile:v", "baseline", "-threads", "1", "-g", str(job.view.fps * 10)),
        *("-b:v", rate, "-maxrate", rate, "-bufsize", f"{job.view.kbps // 2}k"),
        *("-x264-params", "scenecut=0", "-frames:v", str(job.pictures), "-f", "null", "-"),
    )


def pictures(clip: Path) -> Iterator[av.VideoFrame]:
    """Decode as a session does: one thread."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        yield from container.decode(stream)


def by_genba(job: Job) -> None:
    """Do it with the session's own parts, as fast as they go."""
    view, clock = job.view, SystemClock()
    painter, canvases = Painter(view.width, view.height, "ja"), Canvases(view.width, view.height)
    codec = open_video(Layer.H264, view)
    slots = [Held() for _ in job.clips]
    sources = [Source(n, slot, f"カメラ{n}", CameraState.LIVE) for n, slot in enumerate(slots, 1)]
    decoding = zip(*(pictures(clip) for clip in job.clips), strict=True)
    for number, frames in zip(range(job.pictures), decoding, strict=False):
        for slot, frame in zip(slots, frames, strict=True):
            slot.frame = frame
        canvas = canvases.take()
        canvas.pts, canvas.time_base = round(Fraction(number, view.fps) / TIME_BASE), TIME_BASE
        painter.paint(canvas, sources, Layout(), clock.now())
        for packet in codec.encode(canvas):
            bytes(packet)


def cpu(work: Callable[[Job], None], job: Job) -> float:
    """Return the CPU seconds, user and system, of this process and its children."""
    before = _used()
    work(job)
    return _used() - before


def _used() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def main() -> None:
    """Print both for each size of the view, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="of media (default: 10)")
    parser.add_argument("--rounds", type=int, default=3, help="the median counts (default: 3)")
    chosen = parser.parse_args()
    fps = 30
    print(f"4 cameras 1280x720 at {fps} fps, {chosen.seconds} s, CPU seconds per second of media")
    print(f"{os.cpu_count()} cores, PyAV {av.__version__}, median of {chosen.rounds} rounds\n")
    print(f"{'view':<12}{'Genba':>8}{'FFmpeg':>9}{'Genba / FFmpeg':>17}")
    with tempfile.TemporaryDirectory() as folder:
        made = tuple(clips(Path(folder), chosen.seconds, fps))
        for width, height, kbps in ((1280, 720, 2500), (1920, 1080, 4500)):
            view = ViewOrder(width=width, height=height, fps=fps, kbps=kbps)
            job = Job(made, view, chosen.seconds * fps)
            rounds = [(cpu(by_genba, job), cpu(by_ffmpeg, job)) for _ in range(chosen.rounds)]
            ours, theirs = (
                statistics.median(one) / chosen.seconds for one in zip(*rounds, strict=True)
            )
            print(f"{width}x{height:<7}{ours:>8.3f}{theirs:>9.3f}{ours / theirs:>17.2f}")


if __name__ == "__main__":
    main()
