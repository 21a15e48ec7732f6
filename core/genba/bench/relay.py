"""A server of stock aiortc: ``python -m genba.bench.relay --parent PID --socket PATH --clip FILE``.

Its pictures are decoded before, so that only relaying and encoding cost. It answers offers on
``POST /whep`` of the Unix socket, and each line on stdin once it is ready; it ends when stdin does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import av
from aiohttp import web
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.contrib.media import MediaBlackhole, MediaRelay

from genba.bench.clips import FPS
from genba.demo.cameras import offer_loopback
from genba.kin import die_with

if TYPE_CHECKING:
    from collections.abc import Sequence

PICTURES = 60  # that are held decoded: 1.4 MB each
CLOCK = Fraction(1, 90_000)


class ClipTrack(MediaStreamTrack):
    """Decoded pictures over and over, each at its time."""

    kind = "video"

    def __init__(self, pictures: Sequence[av.VideoFrame]) -> None:
        """Begin with the first ``recv``."""
        super().__init__()
        self._pictures = pictures
        self._number = -1
        self._start = 0.0

    async def recv(self) -> av.VideoFrame:
        """Return the next picture when it is due; late ones are left out."""
        loop = asyncio.get_running_loop()
        self._start = self._start or loop.time()
        self._number = max(self._number + 1, int((loop.time() - self._start) * FPS))
        await asyncio.sleep(self._start + self._number / FPS - loop.time())
        frame = self._pictures[self._number % len(self._pictures)]
        frame.pts, frame.time_base = self._number * 90_000 // FPS, CLOCK
        return frame


def decoded(clip: Path) -> list[av.VideoFrame]:
    """Return the clip's first pictures. Blocking."""
    with av.open(str(clip)) as container:
        return list(islice(container.decode(video=0), PICTURES))


async def serve(socket: Path, clip: Path) -> None:
    """Serve until stdin ends."""
    relay = MediaRelay()
    source = ClipTrack(await asyncio.to_thread(decoded, clip))
    sink = MediaBlackhole()  # the source runs before anybody looks
    sink.addTrack(relay.subscribe(source))
    await sink.start()
    peers: list[RTCPeerConnection] = []

    async def whep(request: web.Request) -> web.Response:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peers.append(peer)
        await peer.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
        peer.addTrack(relay.subscribe(source))
        await peer.setLocalDescription(await peer.createAnswer())
        return web.Response(status=201, text=peer.localDescription.sdp)

    app = web.Application()
    app.router.add_post("/whep", whep)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.UnixSite(runner, str(socket)).start()
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while await reader.readline():
        sys.stdout.write(json.dumps({"ready": True}) + "\n")
        sys.stdout.flush()
    await sink.stop()
    source.stop()
    await asyncio.gather(*(peer.close() for peer in peers))
    await runner.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m genba.bench.relay")
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--clip", type=Path, required=True)
    chosen = parser.parse_args()
    die_with(chosen.parent)
    offer_loopback()
    asyncio.run(serve(chosen.socket, chosen.clip))
