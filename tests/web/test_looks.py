"""Every page, narrow and wide, in both languages: nothing clipped, nothing refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kit.pagebrowser import OVERFLOW, SMALL, look
from tests.kit.pagefacts import busy, live
from tests.kit.pagepublishers import publication

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.kit.pagebrowser import Look
    from tests.kit.pages import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLAIN = (
    "/",
    "/recordings",
    "/recordings/r2",
    "/recordings/r3",
    "/error/session.full",
    "/error/server.failed",
    "/signin",
    "/j",
    "/j/1234-5678",
)


async def _check(at: Look, where: str) -> None:
    assert await at.page.evaluate(OVERFLOW) == [], where
    assert await at.page.evaluate(SMALL) == [], where
    assert at.faults == [], where


@pytest.mark.parametrize(
    ("width", "height", "language"), [(320, 640, "en"), (320, 640, "ja"), (1366, 768, "ja")]
)
async def test_pages_fit(
    pages: Site, browser: Browser, width: int, height: int, language: str
) -> None:
    async with look(browser, width=width, height=height) as at:
        for path in PLAIN:
            await at.page.goto(f"{pages.url}{path}?lang={language}")
            await at.until(
                "[...document.querySelectorAll('main h1')].some((h) => h.checkVisibility())"
            )
            assert await at.page.get_attribute("html", "lang") == language
            await _check(at, path)


@pytest.mark.parametrize(("width", "height"), [(320, 640), (820, 1100), (1366, 768)])
async def test_console_fits(pages: Site, browser: Browser, width: int, height: int) -> None:
    pages.state = busy()
    pages.state["recording"] = {
        "running": True,
        "id": "r",
        "since": "2026-11-24T00:00:00+00:00",
        "error": None,
    }
    async with look(browser, width=width, height=height) as at:
        await at.page.goto(f"{pages.url}/s/s1")
        await at.until("document.querySelectorAll('.slot').length === 4")
        await at.until("document.querySelector('#curtain').hidden")
        await _check(at, "console")
        pages.state["recording"] = {
            **pages.state["recording"],
            "running": False,
            "error": "recording.disk_full",
        }
        await pages.tell()
        await at.until("!document.querySelector('#rec-fault').hidden")
        await _check(at, "console without disk")
        pages.state["publications"] = [publication("browser", "on_air"), publication("teams")]
        await pages.tell()
        await at.page.click("#share")
        await at.until("document.querySelectorAll('.publication').length === 2")
        await _check(at, "share")


@pytest.mark.parametrize(("width", "height"), [(320, 568), (844, 390)])
async def test_live_camera_fits(pages: Site, browser: Browser, width: int, height: int) -> None:
    pages.camera = {
        "slot": {**live(1, "1"), "error": "camera.unstable"},
        "recording": True,
        "watched": True,
        "watchers": ["田中", "山田太郎"],
    }
    async with look(browser, width=width, height=height) as at:
        await at.page.goto(f"{pages.url}/j/1234-5678")
        await at.page.click("#send")
        await at.until("!document.querySelector('#watched').hidden")
        await at.page.evaluate("document.querySelector('#lens').hidden = false")
        await at.page.evaluate("document.querySelector('#light').hidden = false")
        await _check(at, "live")
        boxes = await at.page.eval_on_selector_all(
            ".round", "all => all.map((e) => e.getBoundingClientRect().toJSON())"
        )
        assert len(boxes) == 5
        assert all(min(box["width"], box["height"]) >= 56 for box in boxes)


@pytest.mark.parametrize(
    ("path", "most"),
    [("/", 64_000), ("/s/s1", 72_000), ("/j/1234-5678", 64_000), ("/recordings", 64_000)],
)
async def test_scripts_of_a_page_stay_small(
    pages: Site, browser: Browser, path: str, most: int
) -> None:
    async with look(browser) as at:
        await at.page.goto(f"{pages.url}{path}")
        await at.page.wait_for_load_state("networkidle")
        sizes = await at.page.evaluate(
            "() => performance.getEntriesByType('resource')"
            ".filter((e) => e.name.endsWith('.js')).map((e) => e.decodedBodySize)"
        )
    assert 0 < sum(sizes) <= most
