"""Glass to glass: from the moment a page draws a picture until another page shows it.

A canvas that carries the time bar code is sent by the phone page's own WHIP script; the console's
own WHEP script shows the view, and each picture that a frame callback announces is read and
dated. So the figure holds all there is: Chromium's capture, encoder, network, decoder and
compositor, and the server between. Both pages are of one browser and share its clock.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from genba.bench import browser
from genba.bench.bench import MissingError
from genba.bench.glasshouse import serving

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.async_api import Page

    from genba.bench.bench import Bench
    from genba.bench.browser import Stage
    from genba.bench.glasshouse import Way

QUICK, FULL = 8.0, 30.0  # seconds that count
SETTLE = 4.0  # seconds before: the camera's rate and the viewer's jitter buffer find their level
PATIENCE = 20.0  # seconds until pictures are read at all
TRIES = 8
FEW = 20  # pictures; fewer are no figure


@dataclass(frozen=True, slots=True)
class Ages:
    """How old pictures were when they were shown, in milliseconds.

    ``received`` is how old they were when their last packet had come to the viewer; what lies
    between is Chromium's jitter buffer, decoder and compositor. ``encode`` and ``pacer`` are the
    means of the camera's browser, ``camera_fps`` what it sent, and ``limited`` by what it says that
    it held back. ``refused`` pictures could not be read. ``sound_late``: by how much the sound is
    played later than its picture, by the browser's own estimate (None: no sound).
    """

    p50: float
    p95: float
    least: float
    received_p50: float
    received_p95: float
    shown_p50: float
    shown_p95: float
    encode: float
    pacer: float
    buffered: float
    decode: float
    pictures: int
    refused: int
    fps: float
    camera_fps: float
    limited: str
    sound_late: float | None
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Glass:
    """The view, and one camera's pictures passed through undecoded.

    ``stages`` are the session's own figures of the parts of its way: mean and 95th percentile.
    """

    composite: Ages
    passed: Ages
    stages: dict[str, dict[str, float]]

    @property
    def composite_p95(self) -> float:
        """The quick form's figure."""
        return self.composite.p95


async def measure(bench: Bench) -> Glass:
    """Measure with one camera in one session; raises MissingError."""
    seconds = QUICK if bench.quick else FULL
    async with (
        browser.chromium() as chromium,
        serving(bench.folder / "glass") as house,
        browser.stage(chromium, house.base) as stage,
    ):
        room = await house.open("glass")
        camera = await stage.page()
        await begin_camera(camera, await room.camera())
        await room.live()
        view = await look(stage, await room.desk(), camera, seconds)
        stages = (await room.state())["figures"]["latency"]
        passed = await look(stage, await room.close_look(), camera, seconds, audio=False)
        stages["look"] = (await room.state())["figures"]["latency"].get("look")
    return Glass(view, passed, stages)


async def begin_camera(page: Page, way: Way) -> None:
    """Have a measuring page send its canvas."""
    await page.evaluate("way => bench.camera.start(way)", way.json())


async def look(
    stage: Stage,
    way: Way,
    camera: Page,
    seconds: float,
    *,
    settle: float = SETTLE,
    audio: bool = True,
) -> Ages:
    """Have a new page look for so long; raises MissingError where it sees no readable picture."""
    page = await stage.page()
    try:
        skew = await _skew(camera, page)
        await page.evaluate(
            "([way, audio]) => bench.watcher.start(way, audio)", [way.json(), audio]
        )
        await _readable(page)
        await asyncio.sleep(settle)
        before = await _stats(camera, page)
        await page.evaluate("() => bench.watcher.take()")
        await asyncio.sleep(seconds)
        taken = await page.evaluate("() => bench.watcher.take()")
        after = await _stats(camera, page)
    finally:
        await page.evaluate("() => bench.watcher.stop()")
        await page.close()
    if len(taken["ages"]) < FEW:
        raise MissingError(f"Chromium showed {len(taken['ages'])} pictures in {seconds:.0f} s.")
    return ages(taken, before, after, seconds=seconds, skew=skew)


def ages(
    taken: dict[str, Any],
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    seconds: float,
    skew: float = 0.0,
) -> Ages:
    """Return the figures of what a watcher took, and of both ends' statistics around it."""

    def mean(what: str, number: str) -> float:
        count = after[number] - before[number]
        return float((after[what] - before[what]) / count) if count else 0.0

    shown = sorted(one["age"] - skew for one in taken["ages"])
    received = sorted(one["received"] - skew for one in taken["ages"])
    within = sorted(one["age"] - one["received"] for one in taken["ages"])
    return Ages(
        p50=at(shown, 0.5),
        p95=at(shown, 0.95),
        least=shown[0],
        received_p50=at(received, 0.5),
        received_p95=at(received, 0.95),
        shown_p50=at(within, 0.5),
        shown_p95=at(within, 0.95),
        encode=mean("encode", "encoded"),
        pacer=mean("pacer", "sent"),
        buffered=mean("buffered", "emitted"),
        decode=mean("decode", "pictures"),
        pictures=len(shown),
        refused=taken["refused"],
        fps=len(shown) / seconds,
        camera_fps=(after["encoded"] - before["encoded"]) / seconds,
        limited=str(after.get("limited", "")),
        sound_late=after.get("late"),
        width=taken["width"],
        height=taken["height"],
    )


def at(ordered: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` of them lie."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def _readable(page: Page) -> None:
    """Wait for a picture with a readable code."""
    from playwright.async_api import Error

    try:
        await page.wait_for_function("() => bench.watcher.pictures > 0", timeout=PATIENCE * 1000)
    except Error:
        raise MissingError("Chromium showed no readable picture.") from None


async def _stats(camera: Page, watcher: Page) -> dict[str, Any]:
    sent = await camera.evaluate("() => bench.camera.stats()") or {}
    seen = await watcher.evaluate("() => bench.watcher.stats()") or {}
    return {**sent, "encoded": sent.get("pictures", 0), **seen}


async def _skew(one: Page, other: Page) -> float:
    """Return by how many milliseconds ``other``'s clock is ahead, 0 where that is not certain.

    Pages derive their time from one clock, but each begins to count at its own start.
    """
    found = []
    for _ in range(TRIES):
        before = await one.evaluate("() => bench.now()")
        there = await other.evaluate("() => bench.now()")
        after = await one.evaluate("() => bench.now()")
        found.append((after - before, there - (before + after) / 2))
    trip, skew = min(found)
    return float(skew) if abs(skew) > trip / 2 else 0.0
