"""The first picture: from a supporter's wish to look until a picture is on the screen.

The console's own WHEP script begins; the clock stops at the first frame callback. Everything is
in it: the web process, the offer and the answer, ICE, DTLS, the key picture and its decoding.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

from genba.bench import browser
from genba.bench.bench import Bench, MissingError
from genba.bench.glass import at, begin_camera
from genba.bench.glasshouse import serving

QUICK, FULL = 12, 40  # joins
PATIENCE = 5000  # milliseconds of one
SETTLE = 1.5  # seconds: the camera's own beginning is no part of it


@dataclass(frozen=True, slots=True)
class Joins:
    """Milliseconds; ``cold`` is the first join, before which nobody looked."""

    p50: float
    p95: float
    least: float
    most: float
    cold: float
    joins: int


async def measure(bench: Bench) -> Joins:
    """Join one session again and again with one Chromium; raises MissingError."""
    pause = random.Random(1)  # noqa: S311 (joins shall meet every phase of the view's pace)
    found: list[float] = []
    async with (
        browser.chromium() as chromium,
        serving(bench.folder / "join") as house,
        browser.stage(chromium, house.base) as stage,
    ):
        room = await house.open("join")
        camera, viewer = [await stage.page() for _ in range(2)]
        await begin_camera(camera, await room.camera())
        await room.live()
        await asyncio.sleep(SETTLE)
        for number in range((QUICK if bench.quick else FULL) + 1):
            way = await room.desk()
            took = await viewer.evaluate(
                "([way, patience]) => bench.join(way, patience)", [way.json(), PATIENCE]
            )
            if took is None:
                raise MissingError(f"Join {number} showed no picture within {PATIENCE} ms.")
            found.append(float(took))
            await asyncio.sleep(0.2 + 0.2 * pause.random())
    return joins(found)


def joins(found: list[float]) -> Joins:
    """Return the figures of what each join took, the cold one first."""
    cold, warm = found[0], sorted(found[1:])
    return Joins(at(warm, 0.5), at(warm, 0.95), warm[0], warm[-1], cold, len(warm))
