"""The foreign cameras that are proven: how each is started, and what it sends."""

from __future__ import annotations

import contextlib
import functools
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import imageio_ffmpeg
import pytest

from tests.kit.foreign.program import ROOT, Program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

HERE = Path(__file__).parent
SYSTEM_PYTHON = "/usr/bin/python3"  # the one for which Debian's python3-gi is built
ELEMENTS = (
    *("webrtcbin", "nicesink", "dtlsenc", "srtpenc", "x264enc", "vp8enc", "opusenc"),
    *("rtph264pay", "h264parse", "openh264dec", "videotestsrc", "opusdec"),
)
FFMPEG_VIDEO = (
    "-re -f lavfi -i testsrc2=s=640x360:r=15 -f lavfi -i sine=f=440 "
    "-c:v libx264 -profile:v baseline -tune zerolatency -preset ultrafast -pix_fmt yuv420p "
    "-g 30 -bf 0 -c:a libopus -ar 48000 -ac 2"
)


class Running(Protocol):
    """A camera that was started. Leave what started it to end it in any case."""

    async def bye(self) -> object:
        """End it in good order: it tells the server."""
        ...

    def kill(self) -> None:
        """End it without a word."""
        ...

    def statuses(self, method: str) -> list[int]:
        """Return how its requests of a method were answered, as far as it says so."""
        ...


@dataclass(frozen=True)
class Client:
    """``start`` gets the address and the ticket. ``trickles``: its own PATCHes are to be seen."""

    name: str
    start: Callable[[str, str], AbstractAsyncContextManager[Running]]
    codec: str
    size: tuple[int, int]
    cipher: str = "ECDHE-ECDSA"
    trickles: bool = False


def ffmpeg_command(url: str, ticket: str, *options: str) -> tuple[str, ...]:
    """Return what a person would type; ``options`` are the muxer's."""
    return (
        imageio_ffmpeg.get_ffmpeg_exe(),
        *("-hide_banner", "-loglevel", "warning", "-nostdin", *FFMPEG_VIDEO.split()),
        *("-f", "whip", *options, "-authorization", ticket, url),
    )


def ffmpeg(*options: str) -> Callable[[str, str], Program]:
    """FFmpeg's WHIP muxer (9.0): H.264 and Opus."""
    return lambda url, ticket: Program(*ffmpeg_command(url, ticket, *options))


def pyav(url: str, ticket: str, *key: str) -> Program:
    """PyAV's WHIP muxer; ``key`` names certificate and key, both PEM."""
    return Program(sys.executable, "-m", "tests.kit.pyavcamera", url, ticket, *key)


def gstreamer(codec: str) -> Callable[[str, str], Program]:
    """GStreamer's webrtcbin (1.22), with an RSA certificate of its own making."""
    program = str(HERE / "gstcamera.py")
    return lambda url, ticket: Program(SYSTEM_PYTHON, "-u", program, url, ticket, codec)


@contextlib.asynccontextmanager
async def gstreamer_viewer(url: str, ticket: str, codec: str) -> AsyncIterator[Program]:
    """Watch by webrtcbin; it says ``pictures``, ``sounds``, ``width`` and ``height``."""
    program = str(HERE / "gstviewer.py")
    async with Program(SYSTEM_PYTHON, "-u", program, url, ticket, codec) as running:
        yield running


@functools.cache
def no_gstreamer() -> str:
    """Say why GStreamer's tests cannot run here; empty: they can. Blocking."""
    words = "import gi; gi.require_version('Gst', '1.0'); gi.require_version('GstWebRTC', '1.0'); "
    words += "from gi.repository import Gst, GstWebRTC; Gst.init(None); "
    words += f"print(*(n for n in {ELEMENTS!r} if Gst.ElementFactory.find(n) is None))"
    try:
        done = subprocess.run(
            [SYSTEM_PYTHON, "-c", words],
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
            cwd=ROOT,
        )
    except OSError as error:
        return f"no GStreamer: {error}"
    missing = done.stdout.strip()
    cure = "as root: sh tools/packages.sh tests"
    if done.returncode:
        return f"no GStreamer for {SYSTEM_PYTHON} ({cure}): {done.stderr.strip()[-200:]}"
    return f"GStreamer lacks {missing} ({cure})" if missing else ""


needs_gstreamer = pytest.mark.skipif(bool(no_gstreamer()), reason=no_gstreamer())
