"""The console: what it shows of the state, what it asks for, and how it comes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from genba.errors import GenbaError
from tests.kit.pagebrowser import look
from tests.kit.pagefacts import busy, live
from tests.kit.pagepublishers import publication
from tests.kit.until import until

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.kit.pagebrowser import Look
    from tests.kit.pages import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def cameras(pages: Site) -> Site:
    pages.state = busy()
    return pages


async def opened(at: Look, pages: Site) -> None:
    await at.page.goto(f"{pages.url}/s/s1")
    await at.until("document.querySelector('#curtain').hidden")
    await at.until("document.querySelectorAll('.slot').length === 4")


async def test_the_view_moves_and_is_reported_as_watched(cameras: Site, browser: Browser) -> None:
    async with look(browser) as at:
        await opened(at, cameras)
        frames = "document.querySelector('#view').getVideoPlaybackQuality().totalVideoFrames"
        before = await at.page.evaluate(frames)
        await at.until(f"{frames} > {before} + 10")
        await until(lambda: cameras.watching >= 2)
        assert await at.text("#count-text") == "2/4"
        assert "ゲスト 2人" in await at.text("#people")
        assert "1280×720 · 30 fps\n2.4 Mbps · 往復 34 ms · 損失 0.2%" in await at.text("#figures-1")
        assert at.faults == []


async def test_everything_can_be_done_by_keyboard(cameras: Site, browser: Browser) -> None:
    async with look(browser) as at:
        await opened(at, cameras)
        for key in ("2", "0", "s", "r"):
            await at.page.keyboard.press(key)
        await until(lambda: len(cameras.commands) == 4)
        assert [c["do"] for c in cameras.commands] == ["layout", "layout", "still", "record"]
        assert cameras.commands[0] == {"do": "layout", "kind": "focus", "focus": 2}
        await at.until("!document.querySelector('#rec-pill').hidden")
        await at.until("document.querySelector('.thumb img').naturalWidth > 0")
        await at.page.click(".thumb")
        await at.until("document.querySelector('#still-picture').naturalWidth > 0")
        await at.page.keyboard.press("Escape")
        # The way of the Tab key: each control shows that it has the focus.
        await at.page.evaluate("document.activeElement.blur()")
        reached = set()
        for _ in range(30):
            await at.page.keyboard.press("Tab")
            seen = await at.page.evaluate(
                "() => ({id: document.activeElement.id, tag: document.activeElement.tagName, "
                "outline: getComputedStyle(document.activeElement).outlineStyle})"
            )
            assert seen["outline"] != "none" or seen["tag"] == "BODY", seen
            reached.add(seen["id"])
        assert {"mic", "sound", "still", "record", "share", "end", "edit-1"} <= reached
        assert at.faults == []


async def test_an_invitation_shows_code_and_qr(pages: Site, browser: Browser) -> None:
    async with look(browser) as at:
        await opened(at, pages)
        await at.until("document.querySelector('#first .qr')?.naturalWidth > 0")
        assert await at.text("#first .code") == "1234-5671"
        await at.page.click("#first .buttons button:first-child")
        copied = await at.page.evaluate("navigator.clipboard.readText()")
        assert copied == f"{pages.url}/j/1234-5671"
        # The first camera takes the card away from the picture.
        pages.state["slots"][0] = live(1, "入口")
        await pages.tell()
        await at.until("document.querySelector('#first').hidden")
        assert at.faults == []


async def test_this_computers_camera_joins_in_one_click(pages: Site, browser: Browser) -> None:
    async with look(browser) as at:
        await opened(at, pages)
        await at.page.click("#first .own")
        await until(lambda: pages.rtc.received > 5)
        offer = next(o for o in pages.rtc.offers if "a=sendonly" in o)
        # H.264 stands first in the offer, and no sound goes out with it.
        first = offer.split("m=video ")[1].split()[2]
        assert f"a=rtpmap:{first} H264/90000" in offer
        assert "m=audio" not in offer
        pages.state["slots"][0] = live(1, "このPC")
        await pages.tell()
        await at.page.click("#own-1")
        await until(lambda: "DELETE /whip" in " ".join(pages.calls))
        assert at.faults == []


async def test_a_microphone_is_off_until_asked_for(cameras: Site, browser: Browser) -> None:
    async with look(browser) as at:
        await opened(at, cameras)
        assert "POST /whip" not in cameras.calls
        await at.page.keyboard.press("m")
        await at.until("document.querySelector('#mic').getAttribute('aria-pressed') === 'true'")
        await until(lambda: "POST /whip" in cameras.calls)
        assert "m=video" not in cameras.rtc.offers[-1]
        await at.page.keyboard.press("m")
        await at.until("document.querySelector('#mic').getAttribute('aria-pressed') === 'false'")
        assert at.faults == []


async def test_a_pasted_link_chooses_its_meeting(cameras: Site, browser: Browser) -> None:
    async with look(browser) as at:
        await opened(at, cameras)
        await at.page.click("#share")
        await at.page.click("input[value=teams]")
        await at.page.fill("#field-meeting", "https://us02web.zoom.us/j/81234567890")
        await at.until("document.querySelector('input[value=zoom]').checked")
        await at.page.keyboard.press("Enter")
        await at.until("document.querySelectorAll('.publication').length === 1")
        command = next(c for c in cameras.commands if c["do"] == "publish")
        assert command["text"] == "https://us02web.zoom.us/j/81234567890"
        assert command["kind"] == ""
        cameras.refuse["publish"] = GenbaError("destination.unknown")
        await at.page.fill("#field-meeting", "https://example.com/")
        await at.page.keyboard.press("Enter")
        await at.until("document.querySelector('#share-error').textContent")
        assert "会議のリンク" in await at.text("#share-error")
        assert at.faults == []


async def test_a_link_of_another_kind_is_never_opened(cameras: Site, browser: Browser) -> None:
    async with look(browser) as at:
        await opened(at, cameras)
        await at.page.click("#share")
        bad = publication("teams")
        bad["meeting_url"] = "javascript:alert(1)"
        cameras.state["publications"] = [bad]
        await cameras.tell()
        await at.until("document.querySelectorAll('.publication a').length === 1")
        assert "javascript:" not in await at.page.inner_html("#publications")


async def test_it_comes_back_after_a_break(cameras: Site, browser: Browser) -> None:
    async with look(browser) as at:
        await opened(at, cameras)
        connections = len(cameras.sockets)
        assert connections == 1
        await cameras.drop()
        for peer in tuple(cameras.rtc.links.values()):
            await peer.close()
        await at.until("!document.querySelector('#curtain').hidden")
        await at.until("document.querySelector('#curtain').hidden")
        await at.until("document.querySelector('#link').classList.contains('good')")
        assert len(cameras.sockets) == 1


async def test_a_session_on_its_way_back_is_called_so(cameras: Site, browser: Browser) -> None:
    async with look(browser) as at:
        await opened(at, cameras)
        for socket in tuple(cameras.sockets):
            await socket.send_json({"type": "returning"})
        await at.until("document.querySelector('#link').title === '映像の中継を復旧しています'")
        assert await at.page.query_selector("#link.good") is None
        assert at.faults == []


async def test_a_session_that_could_not_be_brought_back_says_so(
    cameras: Site, browser: Browser
) -> None:
    async with look(browser) as at:
        await opened(at, cameras)
        cameras.reason = "failed"
        cameras.refuse["ticket"] = GenbaError("session.ended")
        for socket in tuple(cameras.sockets):
            await socket.close(code=4410)
        await at.until("document.body.classList.contains('over')")
        await at.until("document.querySelector('#curtain-title').textContent.includes('復旧でき')")
        assert "ここまでの録画は残っています" in await at.text("#curtain-advice")


async def test_the_end_is_asked_for_and_shown(cameras: Site, browser: Browser) -> None:
    async with look(browser) as at:
        await opened(at, cameras)
        await at.page.click("#end")
        await at.page.wait_for_selector("#end-dialog[open]")
        await at.page.keyboard.press("Escape")
        assert not cameras.commands
        await at.page.click("#end")
        await at.page.click("#end-dialog button[value=yes]")
        await at.until("document.body.classList.contains('over')")
        assert await at.text("#curtain-title") == "支援を終了しました"
        assert await at.page.query_selector(".toast.bad") is None
        assert await at.page.is_disabled("#record")
        assert at.faults == []


async def test_a_fault_of_the_recording_cannot_be_overlooked(
    cameras: Site, browser: Browser
) -> None:
    async with look(browser) as at:
        await opened(at, cameras)
        cameras.state["recording"]["error"] = "recording.failed"
        await cameras.tell()
        await at.until("!document.querySelector('#rec-fault').hidden")
        assert "録画を保存できませんでした" in await at.text("#rec-fault-title")
        cameras.state["recording"]["error"] = "recording.disk_full"
        await cameras.tell()
        await at.until("document.querySelector('#rec-fault-title').textContent.includes('空き')")
        assert "不要な録画を消去" in await at.text("#rec-fault-advice")
        await at.page.reload()  # it is still so
        await at.until("!document.querySelector('#rec-fault').hidden")
        await at.page.click("#rec-fault-close")
        await cameras.tell()
        await at.until("document.querySelector('#rec-fault').hidden")
        cameras.state["recording"]["error"] = None
        await cameras.tell()
        assert await at.page.query_selector(".toast.bad") is None
        assert at.faults == []


async def test_names_are_never_markup(cameras: Site, browser: Browser) -> None:
    evil = "<img src=x onerror=alert(1)>{{7*7}}"
    cameras.state["slots"][0]["name"] = evil
    cameras.state["watching"] = [evil]
    cameras.state["name"] = evil
    async with look(browser) as at:
        await opened(at, cameras)
        assert evil in await at.text("#slots")
        assert evil in await at.text("#people")
        assert await at.text("h1") == evil
        assert (
            json.dumps(await at.page.evaluate("[...document.images].map((i) => i.src)")).find('/x"')
            == -1
        )
        assert at.faults == []


async def test_a_camera_gets_another_name_or_goes(cameras: Site, browser: Browser) -> None:
    async with look(browser) as at:
        await opened(at, cameras)
        await at.page.click("#edit-1")
        await at.page.wait_for_selector("#rename-dialog[open]")
        await at.page.fill("#rename-name", "ポンプ室 奥")
        await at.page.click("#rename-dialog button[value=yes]")
        await at.until("document.querySelector('#slots').textContent.includes('ポンプ室 奥')")
        await at.page.click("#dismiss-2")
        await at.page.wait_for_selector("#remove-dialog[open]")
        assert "制御盤" in await at.text("#remove-what")
        await at.page.click("#remove-dialog button[value=yes]")
        await until(lambda: cameras.commands[-1] == {"do": "remove", "slot": 2})
        assert at.faults == []
