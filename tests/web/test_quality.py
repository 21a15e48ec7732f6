"""The choice of quality, and single pictures where the way carries no moving one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kit.pagebrowser import OVERFLOW, SMALL, look
from tests.kit.until import until

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.kit.pages import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")
SHOWN = "document.querySelector('#view').getVideoPlaybackQuality().totalVideoFrames"


async def test_a_person_chooses_by_keyboard_and_it_is_kept(pages: Site, browser: Browser) -> None:
    async with look(browser, locale="ja-JP") as at:
        await at.page.goto(f"{pages.url}/s/s1")
        await at.until("document.querySelector('#curtain').hidden")
        await at.until("document.querySelector('#quality').textContent.includes('自動(360p)')")
        assert pages.rtc.asked == [""]
        await at.page.focus("#quality")
        await at.page.keyboard.press("ArrowDown")
        await until(lambda: pages.rtc.wishes == [{"quality": "low"}])
        assert await at.page.input_value("#quality") == "low"
        await at.page.reload()
        await at.until("document.querySelector('#curtain').hidden")
        assert await at.page.input_value("#quality") == "low"
        assert pages.rtc.asked == ["", "quality=low"]
        assert pages.commands == []  # no shortcut of the desk was hit
        assert at.faults == []


async def test_one_who_is_shed_sees_single_pictures_and_the_moving_one_again(
    pages: Site, browser: Browser
) -> None:
    async with look(browser, width=390, height=844, locale="ja-JP") as at:
        await at.page.goto(f"{pages.url}/s/s1")
        await at.until("document.querySelector('#curtain').hidden")
        pages.rtc.hold("narrow")
        await at.page.wait_for_selector(".single-note", timeout=10_000)
        note = await at.text(".single-note")
        assert note.startswith("互換モード(遅延あり)")
        assert "回線が遅いため" in note
        await at.until("document.querySelector('.single').naturalWidth === 640")
        assert await at.page.evaluate("document.querySelector('#curtain').hidden")
        assert await at.page.evaluate(OVERFLOW) == []
        assert await at.page.evaluate(SMALL) == []
        watched = pages.watching
        await until(lambda: pages.rtc.pictures >= 2)
        assert pages.watching <= watched + 1  # a still is no moving picture
        assert len(pages.rtc.offers) == 1  # the link stands, and sound goes on
        pages.rtc.hold(None)
        await at.page.wait_for_selector(".single", state="detached", timeout=10_000)
        assert not await at.page.is_visible(".single-note")
        shown = await at.page.evaluate(SHOWN)
        await at.until(f"{SHOWN} > {shown} + 5")
        assert at.faults == []


async def test_a_way_that_carried_too_little_is_told_of_in_the_next_offer(
    pages: Site, browser: Browser
) -> None:
    async with look(browser) as at:
        await at.page.goto(f"{pages.url}/s/s1")
        await at.until("document.querySelector('#curtain').hidden")
        pages.rtc.hold("")  # nothing comes, and the server says that all is well
        await until(lambda: len(pages.rtc.offers) == 2)
        assert pages.rtc.asked == ["", "narrow=1"]
