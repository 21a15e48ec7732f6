"""A Chromium camera's time to 1280x720 at 30 pictures a second, through the phone page itself.

The page that an invitation opens is tapped as a worker would; its connection is only watched. Its
camera shows a moving picture with noise, which takes all the rate that the page allows. The
clock starts when the connection is up, and also at the tap, and stops at the moment from which on a
whole second of 1280x720 at full rate leaves.
"""

from __future__ import annotations

import asyncio
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from genba.bench import browser
from genba.bench.bench import MissingError
from genba.bench.browserfilm import film
from genba.bench.glasshouse import serving

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.async_api import BrowserContext

    from genba.bench.bench import Bench
    from genba.bench.glasshouse import Room

QUICK, FULL = 1, 5  # cameras, one after another
LONGEST = 15.0  # seconds; one that needs longer has no time
AFTER = 1.5  # seconds that are watched once it is large, so that a rate can be told
LINES, RATE = 720, 28.0  # pictures a second that count as 30
WINDOW = 1.0  # seconds


class Sample(NamedTuple):
    """What had left at a moment: seconds from the tap, lines of the picture, pictures so far."""

    at: float
    lines: int
    pictures: int


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds: until 720 lines at full rate, from the connection and from the tap (medians)."""

    seconds: float
    from_tap: float
    connected: float  # from the tap
    worst: float
    cameras: int
    kbps: float  # what left in the last second looked at


async def measure(bench: Bench) -> Start:
    """Start phones, one after another; raises MissingError where one never gets there."""
    found = []
    clip = (await bench.clips.paths())[0]
    shown = await asyncio.to_thread(film, clip, bench.folder / "camera.y4m")
    async with (
        browser.chromium(shown) as chromium,
        serving(bench.folder / "camera") as house,
    ):
        for _ in range(QUICK if bench.quick else FULL):
            room = await house.open("camera")
            async with browser.stage(chromium, house.base) as stage:
                found.append(await _phone(stage.context, room))
            await room.end()
    return Start(
        seconds=statistics.median(large - connected for large, connected, _ in found),
        from_tap=statistics.median(large for large, _, _ in found),
        connected=statistics.median(connected for _, connected, _ in found),
        worst=max(large - connected for large, connected, _ in found),
        cameras=len(found),
        kbps=statistics.median(kbps for _, _, kbps in found),
    )


def settled(samples: Sequence[Sample]) -> float | None:
    """Return the moment from which on ``LINES`` lines leave at ``RATE`` for a whole ``WINDOW``."""
    for first in samples:
        if first.lines != LINES:
            continue
        last = next((s for s in samples if s.at >= first.at + WINDOW), None)
        if last is None:
            return None
        steady = all(s.lines == LINES for s in samples if first.at <= s.at <= last.at)
        if steady and (last.pictures - first.pictures) / (last.at - first.at) >= RATE:
            return first.at
    return None


async def _phone(where: BrowserContext, room: Room) -> tuple[float, float, float]:
    """Return seconds from the tap until it is large, and until it is connected; and its kbit/s."""
    watch = await asyncio.to_thread((browser.PAGES / "connections.js").read_text, "utf-8")
    await where.add_init_script(watch)
    page = await where.new_page()
    await page.goto((await room.invite())["url"])
    await page.wait_for_selector("#send:visible")
    await page.evaluate("() => benchConnections.watch()")
    await page.click("#send")
    async with asyncio.timeout(LONGEST + AFTER):
        while True:
            await asyncio.sleep(0.25)
            seen = await page.evaluate("() => benchConnections.seen()")
            samples = [Sample(*one[:3]) for one in seen["samples"]]
            large = settled(samples)
            if large is not None:
                break
            if samples and samples[-1].at > LONGEST:
                last = samples[-1]
                raise MissingError(
                    f"After {LONGEST:.0f} s the camera sends {last.lines} lines, and has sent"
                    f" {last.pictures} pictures."
                )
    octets = [(one[0], one[3]) for one in seen["samples"] if one[0] >= samples[-1].at - 1]
    (begin, before), (end, after) = octets[0], octets[-1]
    return large, seen["connected"], (after - before) * 8 / 1000 / (end - begin)
