"""That the figure measures what it says: a delay put between is seen in it."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Self

from genba.bench import barcode, browser
from genba.bench.glass import begin_camera, look
from genba.bench.glasshouse import serving

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Route

DELAY = 0.25  # seconds
MOMENTS = [0, 1, 1_048_575, 1_048_576, 1_764_000_123_456]
BOTH_WAYS = """async (moments) => {
  const { decode, encode } = await import('/bench/barcode.js');
  return moments.map((moment) => [encode(moment), decode(encode(moment))]);
}"""
CANDIDATE = re.compile(r"( 127\.0\.0\.1) (\d+) typ host")

Address = tuple[str, int]


class Side(asyncio.DatagramProtocol):
    def __init__(self, way: LongWay) -> None:
        self.way = way

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        asyncio.get_running_loop().call_later(
            DELAY, self.way.carry, self, data, (str(addr[0]), addr[1])
        )


class LongWay:
    """Carries one viewer's datagrams, each way ``DELAY`` later."""

    def __init__(self) -> None:
        self.server: Address | None = None
        self.client: Address | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        (self.inner, self.near), (self.outer, self.far) = [
            await loop.create_datagram_endpoint(lambda: Side(self), local_addr=("127.0.0.1", 0))
            for _ in range(2)
        ]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.inner.close()
        self.outer.close()

    def carry(self, side: Side, data: bytes, address: Address) -> None:
        if self.inner.is_closing():
            return
        if side is self.near:
            self.client = address
            self.outer.sendto(data, self.server)
        else:
            self.inner.sendto(data, self.client)

    async def answer(self, route: Route) -> None:
        """Have a viewer's offer answered with an address of ours."""
        answer = await route.fetch()
        text = await answer.text()
        found = CANDIDATE.search(text)
        if found is not None:
            self.server = ("127.0.0.1", int(found[2]))
            port = self.inner.get_extra_info("sockname")[1]
            text = CANDIDATE.sub(rf"\1 {port} typ host", text)
        await route.fulfill(response=answer, body=text)


async def test_a_delay_put_between_is_seen_in_the_figure(tmp_path: Path) -> None:
    async with (
        browser.chromium() as chromium,
        serving(tmp_path) as house,
        LongWay() as way,
        browser.stage(chromium, house.base) as near,
        browser.stage(chromium, house.base) as far,
    ):
        await far.context.route(f"{house.base}/whep", way.answer)
        room = await house.open("試験")
        camera = await near.page()
        theirs = await camera.evaluate(BOTH_WAYS, MOMENTS)
        await begin_camera(camera, await room.camera())
        await room.live()
        desk = await room.desk()
        straight = await look(near, desk, camera, 1, settle=0)
        delayed = await look(far, desk, camera, 1, settle=0)
    print(f"p50 {straight.p50:.0f} ms, over a long way {delayed.p50:.0f} ms")  # noqa: T201
    assert theirs == [[barcode.encode(one), one % barcode.CYCLE] for one in MOMENTS]
    for one in (straight, delayed):
        assert (one.width, one.height) == (1280, 720)
        assert one.least > 0
    # Nothing makes a picture younger: this holds on the busiest of machines.
    assert delayed.least >= DELAY * 1000
    assert delayed.received_p50 >= DELAY * 1000
    assert straight.least < delayed.least
