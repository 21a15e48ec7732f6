"""Home and recordings: what is listed, opened and erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from genba.errors import GenbaError
from tests.kit.pagebrowser import look

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.kit.pages import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_one_click_opens_a_session(pages: Site, browser: Browser) -> None:
    async with look(browser) as at:
        await at.page.goto(pages.url)
        assert await at.page.locator(".card").count() == 3
        await at.page.click("#new")
        await at.page.wait_for_url("**/s/s1")


async def test_a_refusal_is_shown_and_can_be_tried_again(pages: Site, browser: Browser) -> None:
    pages.sessions = []
    pages.refuse["open"] = GenbaError("session.limit")
    async with look(browser) as at:
        await at.page.goto(pages.url)
        assert "いま行っている支援はありません" in await at.text("#list")
        await at.page.click("#new")
        await at.until("document.querySelector('.toast.bad')")
        assert "これ以上、支援を始められません" in await at.text(".toast.bad")
        assert await at.page.is_enabled("#new")


async def test_a_recording_is_erased_only_after_a_yes(pages: Site, browser: Browser) -> None:
    async with look(browser) as at:
        await at.page.goto(f"{pages.url}/recordings")
        await at.page.click("[data-id=r3] .erase")
        assert "第1工場 配電盤" in await at.text("#erase-what")
        await at.page.keyboard.press("Enter")  # the focus is on the harmless button
        await at.until("!document.querySelector('#erase').open")
        assert "DELETE /api/v1/recordings/r3" not in pages.calls
        await at.page.click("[data-id=r3] .erase")
        await at.page.click("#erase button[value=yes]")
        await at.until("!document.querySelector('[data-id=r3]')")
        assert "DELETE /api/v1/recordings/r3" in pages.calls
        assert at.faults == []


async def test_a_finished_recording_appears_by_itself(pages: Site, browser: Browser) -> None:
    async with look(browser) as at:
        await at.page.goto(f"{pages.url}/recordings/r2")
        assert await at.page.query_selector("video") is None
        pages.recordings[1]["state"] = "ready"
        await at.until("document.querySelector('video.player')")
