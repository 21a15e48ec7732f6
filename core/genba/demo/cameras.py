"""The process of the demo's cameras: ``python -m genba.demo.cameras``.

Reads one line of JSON from stdin, ``{"whip": address, "cameras": [[token, place], ...], "trust":
null or a certificate's path}``, so that no token stands in a list of processes, and ends when stdin
does or at SIGTERM.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import aioice.ice

from genba import logs
from genba.clock import SystemClock
from genba.demo.camera import Camera
from genba.demo.places import PLACES
from genba.demo.stage import tls
from genba.demo.studio import Studio
from genba.demo.tone import tone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genba.clock import Clock

log = logging.getLogger(__name__)
LOOPBACK = "127.0.0.1"


async def run_cameras(
    whip: str,
    cameras: Sequence[tuple[str, str]],
    stop: asyncio.Event,
    *,
    clock: Clock | None = None,
    trust: Path | None = None,
) -> None:
    """Publish one scene per ``(token, place)`` until ``stop``.

    A place that `genba.demo.places` does not know gets one of its scenes and its own sign.
    ``trust`` is the certificate of a server that has made its own.
    """
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        pool = ThreadPoolExecutor(2, "demo-camera")
        stack.push_async_callback(asyncio.to_thread, pool.shutdown)  # it waits for its threads
        connector = aiohttp.TCPConnector(ssl=await tls(trust))
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        group = await stack.enter_async_context(asyncio.TaskGroup())
        for n, (token, name) in enumerate(cameras):
            draw = PLACES.get(name) or list(PLACES.values())[n % len(PLACES)]
            place = await loop.run_in_executor(pool, draw, name)
            studio = await loop.run_in_executor(pool, Studio, place, clock or SystemClock())
            sound = await loop.run_in_executor(pool, tone, n)
            camera = Camera(whip, token, studio, sound, pool)
            group.create_task(camera.run(http, stop), name=f"demo:camera {n + 1}")


def offer_loopback() -> None:
    """Have this process's peers offer 127.0.0.1 too, which aioice leaves out.

    The demo's server stands there, and a machine without any network has nothing else.
    """
    others = aioice.ice.get_host_addresses

    def addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:  # noqa: FBT001 (aioice's own form)
        return [LOOPBACK, *others(use_ipv4, use_ipv6)] if use_ipv4 else others(use_ipv4, use_ipv6)

    aioice.ice.get_host_addresses = addresses


async def _main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    line = await reader.readline()
    if not line:  # the parent changed its mind
        return
    order = json.loads(line)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    async def until_parent_goes() -> None:
        while await reader.read(1024):
            pass
        stop.set()

    parent = asyncio.create_task(until_parent_goes(), name="demo:parent")
    try:
        cameras = [(token, name) for token, name in order["cameras"]]
        trust = Path(order["trust"]) if order["trust"] else None
        await run_cameras(order["whip"], cameras, stop, trust=trust)
    finally:
        parent.cancel()
        await asyncio.gather(parent, return_exceptions=True)


if __name__ == "__main__":
    offer_loopback()
    with logs.running("cameras", level="warning"):
        asyncio.run(_main())
