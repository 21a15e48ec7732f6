"""Other programs that make one picture of four cameras, on the same clips in the same run.

GStreamer's compositor with x264enc, as fast as it goes; and what most meeting recorders are: a
browser on a virtual screen that FFmpeg grabs, without WebRTC and sound, while it plays.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import statistics
import subprocess
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genba.bench import browser, machine
from genba.bench.bench import MissingError
from genba.bench.child import run
from genba.bench.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from genba.bench.bench import Bench
    from genba.wire.order import ViewOrder

ROUNDS = 3
DECODERS = ("avdec_h264 max-threads=1", "openh264dec")  # the first that is there
START, SETTLE, COUNTED = 20.0, 6.0, 12.0  # seconds: of the screen; of the browser; measured
GOODBYE = 5.0


@dataclass(frozen=True, slots=True)
class Peers:
    """CPU-seconds per second of media; None where a part is missing, which ``why`` names."""

    gstreamer_720p: float | None
    gstreamer_1080p: float | None
    grabbed_720p: float | None
    grabbed_1080p: float | None
    why: dict[str, str]


async def measure(bench: Bench) -> Peers:
    """Run each that is installed; raises MissingError where none is."""
    found: dict[str, float | None] = {}
    why: dict[str, str] = {}
    clips = await bench.clips.paths()
    for name, view in VIEWS.items():
        for peer, work in (("gstreamer", gstreamer), ("grabbed", grabbed)):
            bench.say(f"{peer} at {name}")
            try:
                found[f"{peer}_{name}"] = await work(view, clips, bench)
            except MissingError as error:
                found[f"{peer}_{name}"], why[peer] = None, str(error)
    if not any(found.values()):
        raise MissingError(" ".join(why.values()))
    return Peers(**found, why=why)


async def gstreamer(view: ViewOrder, clips: Sequence[Path], bench: Bench) -> float:
    """Return the median cost of GStreamer's pipeline; raises MissingError."""
    program = await asyncio.to_thread(shutil.which, "gst-launch-1.0")
    look = await asyncio.to_thread(shutil.which, "gst-inspect-1.0")
    if program is None or look is None:
        raise MissingError("gst-launch-1.0 (gstreamer1.0-tools) is not installed.")
    decoder = None
    for words in DECODERS:
        if decoder is None and await _exists(look, words.split()[0]):
            decoder = words
    if decoder is None or not await _exists(look, "x264enc"):
        raise MissingError("GStreamer lacks a decoder or x264enc (gstreamer1.0-libav, -ugly).")
    command = tuple(pipeline(view, clips, decoder))
    costs = [(await run(program, *command)).cpu for _ in range(ROUNDS)]
    return statistics.median(costs) / bench.clips.seconds


def pipeline(view: ViewOrder, clips: Sequence[Path], decoder: str) -> Iterator[str]:
    """Yield gst-launch's words."""
    w, h = view.width // 2, view.height // 2
    yield from ("-q", "compositor", "name=c", "background=black")
    for n in range(len(clips)):
        yield from (f"sink_{n}::xpos={n % 2 * w}", f"sink_{n}::ypos={n // 2 * h}")
        yield from (f"sink_{n}::width={w}", f"sink_{n}::height={h}")
    size = f"width={view.width},height={view.height}"
    yield from ("!", f"video/x-raw,format=I420,{size},framerate={view.fps}/1", "!")
    yield from ("x264enc", "threads=1", "speed-preset=superfast", "tune=zerolatency")
    yield from (f"bitrate={view.kbps}", f"key-int-max={view.fps * 10}", "!", "fakesink")
    for n, clip in enumerate(clips):
        yield from ("filesrc", f"location={clip}", "!", "qtdemux", "!", "h264parse", "!")
        yield from (*decoder.split(), "!", "videoconvert", "!", "queue", "!", f"c.sink_{n}")


async def grabbed(view: ViewOrder, clips: Sequence[Path], bench: Bench) -> float:
    """Return the cost of screen, browser and FFmpeg together; raises MissingError."""
    screen = await asyncio.to_thread(shutil.which, "Xvfb")
    ffmpeg = await asyncio.to_thread(machine.ffmpeg)
    chromium = await asyncio.to_thread(browser.program)
    if screen is None:
        raise MissingError("Xvfb (package xvfb) is not installed.")
    if ffmpeg is None:
        raise MissingError("There is no ffmpeg program.")
    size = f"{view.width}x{view.height}"
    async with AsyncExitStack() as stack:
        reader, writer = os.pipe()
        try:
            x = await stack.enter_async_context(
                _program(
                    *(screen, "-displayfd", str(writer), "-screen", "0", f"{size}x24"),
                    *("-nolisten", "tcp"),
                    keep=writer,
                )
            )
        finally:
            os.close(writer)
        display = f":{await _line(reader)}"
        page = bench.folder / f"grid-{view.height}.html"
        await asyncio.to_thread(page.write_text, grid(clips), "utf-8")
        c = await stack.enter_async_context(
            _program(
                *(chromium, "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
                *("--disable-background-networking", "--disable-component-update"),
                *("--autoplay-policy=no-user-gesture-required", "--kiosk"),
                f"--user-data-dir={bench.folder / f'profile-{view.height}'}",
                *(f"--window-size={view.width},{view.height}", "--window-position=0,0"),
                page.as_uri(),
                display=display,
            )
        )
        await asyncio.sleep(SETTLE)
        rate = f"{view.kbps}k"
        f = await stack.enter_async_context(
            _program(
                *(ffmpeg, "-nostdin", "-loglevel", "error", "-f", "x11grab"),
                *("-framerate", str(view.fps), "-video_size", size, "-i", display),
                *("-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "superfast"),
                *("-tune", "zerolatency", "-threads", "1", "-b:v", rate, "-maxrate", rate),
                *("-bufsize", rate, "-g", str(view.fps * 10), "-f", "null", "-"),
            )
        )
        await asyncio.sleep(2)
        before = await asyncio.to_thread(cost, (x.pid, c.pid, f.pid))
        await asyncio.sleep(COUNTED)
        after = await asyncio.to_thread(cost, (x.pid, c.pid, f.pid))
        if any(process.returncode is not None for process in (x, c, f)):
            raise MissingError("The screen, the browser or FFmpeg ended while it was measured.")
    return (after - before) / COUNTED


def grid(clips: Sequence[Path]) -> str:
    """Return a page that plays four clips in a square, over and over."""
    places = (
        f'<video style="left:{n % 2 * 50}vw;top:{n // 2 * 50}vh" src="{clip.as_uri()}"'
        " muted autoplay loop></video>"
        for n, clip in enumerate(clips)
    )
    style = "body{margin:0;background:#000}video{position:absolute;width:50vw;height:50vh}"
    return f"<!doctype html><style>{style}</style>{''.join(places)}"


def cost(roots: Sequence[int]) -> float:
    """Return the CPU seconds of processes and all that descend from them, while they live."""
    children: dict[int, list[int]] = {}
    used: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        children.setdefault(int(words[1]), []).append(int(entry.name))
        used[int(entry.name)] = int(words[11]) + int(words[12])
    total, waiting = 0, list(roots)
    while waiting:
        one = waiting.pop()
        total += used.get(one, 0)
        waiting += children.get(one, ())
    return total / os.sysconf("SC_CLK_TCK")


async def _exists(look: str, element: str) -> bool:
    process = await asyncio.create_subprocess_exec(look, "--exists", element)
    return await process.wait() == 0


async def _line(handle: int) -> str:
    """Read what a program says first; raises MissingError."""
    with os.fdopen(handle) as file:
        try:
            async with asyncio.timeout(START):
                said = (await asyncio.to_thread(file.readline)).strip()
        except TimeoutError:
            said = ""
    if not said:
        raise MissingError("Xvfb does not start.")
    return said


@asynccontextmanager
async def _program(
    *words: str, display: str | None = None, keep: int | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a program in a process group of its own; leaving ends the group."""
    process = await asyncio.create_subprocess_exec(
        *words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **({"DISPLAY": display} if display else {})},
        pass_fds=(keep,) if keep is not None else (),
        process_group=0,
    )
    try:
        yield process
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, number)
                async with asyncio.timeout(GOODBYE):
                    await process.wait()
            except (ProcessLookupError, TimeoutError):
                continue
