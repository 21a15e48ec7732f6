"""A Chromium camera on a link that becomes narrow, and wide again."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from aiohttp import web
from playwright.async_api import async_playwright

from genba.session.camera import AccessUnit, CameraLink, FrameSlot
from genba.session.mediaclock import MediaClock
from genba.session.peer import PeerSocket
from genba.wire.order import RtcOrder
from tests.kit.netns import Network, needs_namespaces
from tests.kit.pagebrowser import ARGUMENTS
from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import Callable

STATIC = Path(__file__).parents[3] / "web" / "genba_web" / "static"
WIDE, NARROW = 1300, 1000  # kbit/s
WAY = 0.020  # seconds, one way
PAGE = """<!doctype html><script type="module">
import { WhipPublisher } from '/static/js/whip.js';
const stream = await navigator.mediaDevices.getUserMedia(
  {video: {width: 1280, height: 720, frameRate: 30}});
const publisher = new WhipPublisher({url: '/whip', ticket: 'x',
  onState: (state) => { document.title = state; }});
window.publisher = publisher;
await publisher.start(stream);
</script>"""


def film(path: Path, pictures: int = 30) -> None:
    """Write a scene that moves, and that takes a camera's rate."""
    random = np.random.default_rng(1)
    scene = np.repeat(np.repeat(random.integers(90, 150, (120, 200), np.uint8), 8, 0), 8, 1)
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W1280 H720 F30:1 Ip A1:1 C420\n")
        for n in range(pictures):
            step = 2 * min(n, pictures - n)
            file.write(b"FRAME\n" + scene[step : step + 720, step : step + 1280].tobytes())
            file.write(bytes([128]) * (1280 * 720 // 2))


class House:
    """The server's end on side a, and on side b the page that a phone would show."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.units: list[tuple[float, int]] = []
        self.links: list[CameraLink] = []
        self.connected = 0.0

    @property
    def link(self) -> CameraLink:
        return self.links[-1]

    def unit(self, unit: AccessUnit) -> None:
        self.units.append((unit.arrival, len(unit.data)))

    def lately(self, seconds: float = 1.0) -> tuple[int, float, float]:
        """Return pictures, kbit/s, and the longest time between two of the last seconds."""
        now = time.monotonic()
        recent = [(at, size) for at, size in self.units if at > now - seconds]
        moments = [now - seconds, *(at for at, _ in recent), now]
        longest = max(b - a for a, b in itertools.pairwise(moments))
        return len(recent), sum(size for _, size in recent) * 8 / seconds / 1000, longest

    @property
    def large(self) -> bool:
        return self.link._gate._size == (1280, 720)

    async def until(self, true: Callable[[], bool], after: float = 0, limit: float = 20) -> float:
        """Return after how many seconds it holds, ``after`` so many at the earliest."""
        began = time.monotonic()
        await until(lambda: time.monotonic() - began > after and true(), limit)
        return time.monotonic() - began

    async def serve(self, peer_socket: PeerSocket) -> tuple[web.AppRunner, str]:
        async def whip(request: web.Request) -> web.Response:
            link = await CameraLink.open(
                peer_socket,
                await request.text(),
                MediaClock(),
                FrameSlot(),
                on_unit=self.unit,
                wanted=lambda: False,
                warm=-1.0,  # nothing is decoded: the processor is the browser's
            )
            self.links.append(link)
            where = {"Location": f"/whip/{link.peer.id}", "ETag": link.peer.etag}
            return web.Response(
                status=201, text=link.peer.answer, content_type="application/sdp", headers=where
            )

        async def page(_: web.Request) -> web.Response:
            return web.Response(text=PAGE, content_type="text/html")

        app = web.Application()
        app.router.add_get("/", page)
        app.router.add_post("/whip", whip)
        app.router.add_static("/static", STATIC)
        runner = web.AppRunner(app)
        await runner.setup()
        with self.network.inside("b"):  # a page may have a camera on its own machine's address
            listening = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(runner, listening).start()
        return runner, f"http://127.0.0.1:{listening.getsockname()[1]}/"


async def adapt(house: House) -> None:
    await until(lambda: bool(house.links), 20)
    async with asyncio.timeout(10):
        await house.link.peer.connected.wait()
    took = await house.until(lambda: house.large and house.lately()[0] >= 24, 1)
    print(f"\n1280x720 at {house.lately()[0]} pictures/s {took:.1f} s after the connection stood")  # noqa: T201
    took = await house.until(lambda: house.lately()[1] > WIDE)
    print(f"{house.lately()[1]:.0f} kbit/s {took:.1f} s later")  # noqa: T201
    await house.network.shape("a", rate=NARROW * 1000)
    took = await house.until(lambda: house.lately(2.0)[1] < NARROW < house.lately(2.0)[0] * 100, 4)
    count, kbps, longest = house.lately(2.0)
    print(  # noqa: T201
        f"link of {NARROW} kbit/s: {kbps:.0f} kbit/s and {count / 2:.1f} pictures/s, longest pause "
        f"{longest * 1000:.0f} ms, {took:.1f} s after it became narrow"
    )
    await house.network.shape("a", rate=0)
    # A sender's estimate grows by some 8 % a second: more than the narrow link carried will do.
    took = await house.until(lambda: house.lately()[1] > NARROW * 1.1, 2, 35)
    print(f"wide again: {house.lately()[1]:.0f} kbit/s after {took:.1f} s")  # noqa: T201
    assert house.large
    assert not house.link.peer.closed.is_set()


@needs_namespaces
async def test_a_chromium_camera_stands_at_720p_and_follows_its_link(tmp_path: Path) -> None:
    async with Network() as network:
        await network.shape(delay=WAY)
        house = House(network)
        with network.inside("a"):  # before any other thread: it binds on a new one, which is there
            peer_socket = PeerSocket(RtcOrder(addresses=(network.address("a"),)))
            await peer_socket.__aenter__()
        await asyncio.to_thread(film, tmp_path / "camera.y4m")
        runner, url = await house.serve(peer_socket)
        try:
            with network.inside("b"):  # the driver starts the browser, so it has to be there too
                async with async_playwright() as tool:
                    browser = await tool.chromium.launch(
                        executable_path="/usr/bin/chromium",
                        args=[
                            *ARGUMENTS,
                            f"--use-file-for-fake-video-capture={tmp_path / 'camera.y4m'}",
                        ],
                    )
                    try:
                        page = await browser.new_page()
                        await page.goto(url)
                        await adapt(house)
                    finally:
                        await browser.close()
        finally:
            for link in house.links:
                await link.close()
            await runner.cleanup()
            await peer_socket.__aexit__()
