"""A supporter's close look in the console: one camera, large, for one person alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from genba.errors import GenbaError
from tests.kit.pagebrowser import OVERFLOW, SMALL, look
from tests.kit.pagefacts import busy, slot
from tests.kit.until import until

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.kit.pagebrowser import Look
    from tests.kit.pages import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

LATENCY = {
    "network": {"mean_ms": 12.4, "p95_ms": 31.0},
    "decode": {"mean_ms": 3.1, "p95_ms": 6.2},
    "slot": {"mean_ms": 17.0, "p95_ms": 32.8},
    "compose": {"mean_ms": 1.9, "p95_ms": 4.0},
    "encode": {"mean_ms": 8.8, "p95_ms": 14.1},
    "send": {"mean_ms": 0.6, "p95_ms": 1.3},
    "look": {"mean_ms": 1.1, "p95_ms": 2.7},
}
OPEN = "document.querySelector('#look-dialog').open"
PLAYS = "document.querySelector('#look-video').getVideoPlaybackQuality().totalVideoFrames > 5"
CLEAR = "document.querySelector('#look-curtain').hidden"


async def _fits(at: Look, name: str) -> None:
    assert await at.page.evaluate(OVERFLOW) == [], name
    assert await at.page.evaluate(SMALL) == [], name
    if folder := os.environ.get("GENBA_SHOTS"):
        await at.page.screenshot(path=Path(folder) / f"look-{name}.png")


async def test_one_camera_is_seen_large_by_one_person(pages: Site, browser: Browser) -> None:
    pages.state = {**busy(), "figures": {"latency": LATENCY}}
    async with look(browser) as at:
        await at.page.goto(f"{pages.url}/s/s1")
        await at.until("document.querySelector('#curtain').hidden")
        await at.until("document.querySelectorAll('.slot').length === 4")
        await at.page.click("#eye-1")
        await at.until(f"{OPEN} && {CLEAR} && {PLAYS}")
        assert "POST /whep/cameras/c1" in pages.calls
        assert "m=audio" not in pages.rtc.offers[-1], "its sound would be heard twice"
        names = await at.page.get_by_role("dialog").all()
        assert [await one.get_attribute("id") for one in names] == ["look-dialog"]
        dialog = at.page.get_by_role("dialog", name="自分だけ拡大: ポンプ室 入口")
        assert await dialog.is_visible()
        await _fits(at, "ja-1366-light")
        await at.page.keyboard.press("2")  # another camera, without a word to anybody
        await until(lambda: "POST /whep/cameras/c2" in pages.calls)
        await at.until(f"document.querySelector('#look-title').textContent === '制御盤' && {CLEAR}")
        await at.page.keyboard.press("s")
        await until(lambda: pages.commands)
        assert [(c["do"], c["slot"]) for c in pages.commands] == [("still", 2)]
        # The worker pauses: the same link waits, and says why.
        calls = len(pages.calls)
        pages.state["slots"][1] = {**pages.state["slots"][1], "state": "paused"}
        await pages.tell()
        await at.until(f"!{CLEAR}")
        assert await at.text("#look-curtain-title") == "カメラ側で一時停止しています"
        await _fits(at, "ja-1366-paused")
        pages.state["slots"][1] = slot(2)
        await pages.tell()
        await at.until("document.querySelector('#look-curtain-title').textContent.includes('終了')")
        assert not [c for c in pages.calls[calls:] if c.startswith("POST /whep")]
        await at.page.keyboard.press("Escape")
        await at.until(f"!{OPEN} && document.activeElement.id === 'eye-1'")
        assert pages.state["layout"] == {"kind": "grid", "focus": 1}, "the shared view is as it was"
        await at.page.click("#connections summary")
        await at.until("document.querySelectorAll('#latency-list dd').length === 7")
        assert "次の画面までの待ち" in await at.text("#latency-list")
        assert "平均 17.0 ms、95%が32.8 ms以内" in await at.text("#latency-list")
        # A browser that cannot show it goes back to what everybody sees, in words.
        pages.rtc.refused = GenbaError("camera.codec")
        await at.page.keyboard.press("Shift+Digit1")
        await at.until("document.querySelector('#toasts').textContent.includes('そのまま')")
        assert not await at.page.evaluate(f"() => {OPEN}")
        (fault,) = at.faults
        assert "406" in fault


async def test_it_fits_a_small_screen(pages: Site, browser: Browser) -> None:
    pages.state = busy()
    async with look(browser, width=320, height=640) as at:
        await at.page.goto(f"{pages.url}/s/s1?lang=en")
        await at.until("document.querySelectorAll('.slot').length === 4")
        await at.page.click("#eye-3")  # it is lost: the picture is waited for
        await at.until(f"{OPEN}")
        assert "interrupted" in await at.text("#look-curtain-title")
        await _fits(at, "en-320-lost")
        assert at.faults == []
