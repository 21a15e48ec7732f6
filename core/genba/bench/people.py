"""The process of a run's cameras or viewers: ``python -m genba.bench.people --parent PID``.

Reads orders from stdin and answers each on stdout, one line of JSON either way, so that no ticket
stands in a list of processes. It ends, and hangs up, when stdin does.

    {"do": "cameras", "unix": path or "", "url": …, "clips": [path, …], "bearers": [ticket, …]}
    {"do": "viewers", "unix": path or "", "url": …, "bearers": [ticket, …], "codec": "H264"}
    {"do": "count"}
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
from aiortc.rtcdtlstransport import RTCCertificate

from genba.bench.camera import LeanCamera
from genba.bench.clips import CAMERAS, FPS, units
from genba.bench.lean import LinkError
from genba.bench.viewer import LeanViewer
from genba.bench.voice import voice
from genba.kin import die_with
from genba.session.publishing import packetise

if TYPE_CHECKING:
    from genba.bench.lean import Ask

CREATED = 201
SDP = "application/sdp"


class People:
    """All links of this process; on the event loop."""

    def __init__(self, stack: AsyncExitStack) -> None:
        """Whoever owns ``stack`` ends the links."""
        self._stack = stack
        self._certificate = RTCCertificate.generateCertificate()
        self.cameras: list[LeanCamera] = []
        self.viewers: list[LeanViewer] = []

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Do what an order says and return the answer."""
        match order["do"]:
            case "cameras":
                await self._film(order)
            case "viewers":
                await self._watch(order)
        return self._count()

    async def _film(self, order: dict[str, Any]) -> None:
        http = await self._http(order["unix"])
        for n, (bearer, clip) in enumerate(zip(order["bearers"], order["clips"], strict=True)):
            coded = await asyncio.to_thread(units, Path(clip))
            pictures = [packetise.h264(unit) for unit in coded]
            sounds = await asyncio.to_thread(voice, n)
            camera = LeanCamera(
                _asker(http, order["url"], bearer), self._certificate, pictures, sounds
            )
            await self._stack.enter_async_context(camera)
            self.cameras.append(camera)
            # Cameras are not in step with each other: spread over a picture's time.
            await asyncio.sleep(1 / FPS + 1 / FPS / CAMERAS)

    async def _watch(self, order: dict[str, Any]) -> None:
        http = await self._http(order["unix"])
        for bearer in order["bearers"]:
            ask = _asker(http, order["url"], bearer)
            viewer = LeanViewer(ask, self._certificate, order.get("codec", "H264"))
            await self._stack.enter_async_context(viewer)
            self.viewers.append(viewer)

    async def _http(self, unix: str) -> aiohttp.ClientSession:
        connector = aiohttp.UnixConnector(unix) if unix else aiohttp.TCPConnector()
        return await self._stack.enter_async_context(aiohttp.ClientSession(connector=connector))

    def _count(self) -> dict[str, Any]:
        """Return what was counted; the longest pauses begin anew."""
        found = {
            "cameras": [
                {"sent": one.sent, "asked": one.asked, "late": one.late} for one in self.cameras
            ],
            "viewers": [
                {
                    "pictures": one.pictures,
                    "packets": one.packets,
                    "octets": one.octets,
                    "gaps": one.gaps,
                    "first_picture": one.first_picture,
                    "longest": one.longest,
                }
                for one in self.viewers
            ],
        }
        for viewer in self.viewers:
            viewer.reset()
        return found


def _asker(http: aiohttp.ClientSession, url: str, bearer: str) -> Ask:
    async def ask(offer: str) -> str:
        headers = {"Authorization": f"Bearer {bearer}", "Content-Type": SDP}
        async with http.post(url, data=offer.encode(), headers=headers) as answer:
            text = await answer.text()
            if answer.status != CREATED:
                raise LinkError(f"{url}: {answer.status} {text[:200]}")
            return text

    return ask


async def _main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with AsyncExitStack() as stack:
        people = People(stack)
        while line := await reader.readline():
            try:
                said = await people.obey(json.loads(line))
            except (LinkError, aiohttp.ClientError, OSError, TimeoutError) as error:
                said = {"error": f"{type(error).__name__}: {error}"}
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m genba.bench.people")
    parser.add_argument("--parent", type=int, required=True)
    die_with(parser.parse_args().parent)
    asyncio.run(_main())
