"""One viewer more by stock aiortc: MediaRelay, and an encoder for each."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genba.bench.cpu import read, spent
from genba.bench.helper import Helper
from genba.bench.scratch import scratch

if TYPE_CHECKING:
    from genba.bench.bench import Bench

SETTLE = 2.0  # seconds
SECONDS, QUICK_SECONDS = 15.0, 6.0


@dataclass(frozen=True, slots=True)
class Stock:
    """``viewer_core`` is the difference that one viewer makes, in CPU-seconds per second."""

    idle_core: float  # pictures are made and relayed, nobody looks
    one_core: float
    viewer_core: float
    viewer_fps: float


async def measure(bench: Bench, seconds: float = 0.0) -> Stock:
    """Run a relay in a process of its own, without and with a viewer, for so long."""
    seconds = seconds or (QUICK_SECONDS if bench.quick else SECONDS)
    clip = (await bench.clips.paths())[0]
    async with scratch() as folder:
        socket = str(folder / "s")
        async with (
            Helper("genba.bench.relay", "--socket", socket, "--clip", str(clip)) as relay,
            Helper("genba.bench.people") as people,
        ):
            await relay.ask(do="ready")
            pid = relay.process.pid
            idle = await read(pid)
            await asyncio.sleep(seconds / 2)
            without = spent(idle, await read(pid))
            await people.ask(
                do="viewers", unix=socket, url="http://relay/whep", bearers=["anybody"]
            )
            await asyncio.sleep(SETTLE)
            before, seen = await read(pid), await people.ask(do="count")
            await asyncio.sleep(seconds)
            used, now = spent(before, await read(pid)), await people.ask(do="count")
    pictures = now["viewers"][0]["pictures"] - seen["viewers"][0]["pictures"]
    return Stock(without.core, used.core, used.core - without.core, pictures / used.seconds)
