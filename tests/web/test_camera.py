"""The camera page: one tap, and only what is true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from genba.errors import GenbaError
from tests.kit.pagebrowser import look
from tests.kit.pagefacts import live, slot
from tests.kit.until import until

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.kit.pagebrowser import Look
    from tests.kit.pages import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

PHONE: dict[str, Any] = {"width": 390, "height": 844, "has_touch": True}


def news(state: str, **more: object) -> dict[str, object]:
    one = live(1, "カメラ1") if state == "live" else slot(1, state, "カメラ1")
    return {"slot": one, "recording": False, "watched": False, "watchers": [], **more}


async def sent(at: Look, pages: Site) -> None:
    await at.page.goto(f"{pages.url}/j/1234-5678")
    await at.page.tap("#send")
    await at.until("!document.querySelector('#live').hidden")


async def test_a_typed_code_leads_to_the_invitation(pages: Site, browser: Browser) -> None:
    async with look(browser, **PHONE) as at:
        await at.page.goto(f"{pages.url}/j")
        await at.page.keyboard.type("１２３４ 567")
        assert await at.page.input_value("#code") == "1234-567"
        await at.page.keyboard.press("Enter")
        assert await at.text("#code-error")
        await at.page.keyboard.type("8")
        await at.page.keyboard.press("Enter")
        await at.page.wait_for_url("**/j/1234-5678")
        await at.until("!document.querySelector('#invite').hidden")
        assert await at.text("#invite-session") == "第2工場 ポンプ室"
        assert at.faults == []


async def test_it_says_only_what_the_server_confirms(pages: Site, browser: Browser) -> None:
    pages.camera = news("connecting", watched=True, watchers=["田中"])
    async with look(browser, **PHONE) as at:
        await at.page.add_init_script(
            "window.said = []; new MutationObserver(() => "
            "said.push(document.querySelector('#status')?.textContent))"
            ".observe(document, {subtree: true, childList: true})"
        )
        await sent(at, pages)
        await until(lambda: pages.rtc.received > 5 and pages.sockets)
        # Pictures go out, but the server has not said that they arrive.
        assert "映像が届いています" not in await at.page.evaluate("said")
        assert await at.text("#status") == "接続しています…"
        assert await at.page.is_hidden("#watched")
        pages.camera = news("live")
        await pages.tell()
        await at.until("document.querySelector('#status').textContent === '映像が届いています'")
        assert await at.page.is_hidden("#watched")
        pages.camera = news("live", watched=True, watchers=["田中", "山田"], recording=True)
        await pages.tell()
        await at.until("!document.querySelector('#watched').hidden")
        assert await at.text("#watched") == "田中さん、山田さんが視聴中"
        assert await at.page.is_visible("#rec")
        pages.camera = news("lost", watched=True, watchers=["田中"])
        await pages.tell()
        await at.until("document.querySelector('#watched').hidden")
        assert at.faults == []


async def test_a_pause_is_told_and_sends_nothing(pages: Site, browser: Browser) -> None:
    pages.camera = news("live")
    async with look(browser, **PHONE) as at:
        await sent(at, pages)
        await until(lambda: pages.rtc.received > 5)
        await at.page.tap("#pause")
        await until(lambda: bool(pages.paused))
        assert pages.paused[-1] == {"type": "paused", "paused": True, "why": "user"}
        assert await at.page.is_visible("#veil")
        await at.page.tap("#resume")
        await until(lambda: pages.paused[-1]["paused"] is False)
        count = pages.rtc.received
        await until(lambda: pages.rtc.received > count + 5)
        assert await at.page.is_hidden("#veil")


async def test_an_interruption_returns_by_itself(pages: Site, browser: Browser) -> None:
    pages.camera = news("live")
    async with look(browser, **PHONE) as at:
        await sent(at, pages)
        await until(lambda: pages.rtc.received > 5)
        # What iOS and Android do when a call takes the camera: the track ends.
        await at.page.evaluate(
            "() => { const [track] = document.querySelector('#own').srcObject.getVideoTracks();"
            " track.stop(); track.dispatchEvent(new Event('ended')); }"
        )
        await until(lambda: [p["paused"] for p in pages.paused] == [True, False])
        assert pages.paused[0]["why"] == "interrupted"
        count = pages.rtc.received
        await until(lambda: pages.rtc.received > count + 5)
        assert await at.page.is_hidden("#veil")


async def test_the_end_says_so_and_offers_to_come_back(pages: Site, browser: Browser) -> None:
    pages.camera = news("live")
    async with look(browser, **PHONE) as at:
        await sent(at, pages)
        await until(lambda: pages.rtc.received > 5)
        await at.page.tap("#end")
        await at.until("!document.querySelector('#ended').hidden")
        await until(lambda: any(c.startswith("DELETE /whip/") for c in pages.calls))
        await at.page.tap("#rejoin")
        await at.until("!document.querySelector('#live').hidden")
        # The same invitation's ticket: the code is not used a second time.
        assert pages.calls.count("POST /api/v1/join") == 1
        await until(lambda: len(pages.sockets) == 1)
        await pages.end()
        await at.until("!document.querySelector('#ended').hidden")
        assert await at.page.is_hidden("#rejoin")
        assert at.faults == []


async def test_leaving_the_page_ends_the_link(pages: Site, browser: Browser) -> None:
    async with look(browser, **PHONE) as at:
        await sent(at, pages)
        await until(lambda: pages.rtc.received > 5)
        await at.page.goto(f"{pages.url}/j")
        await until(lambda: any(c.startswith("DELETE /whip/") for c in pages.calls))


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("NotAllowedError", "カメラが許可されていません"),
        ("NotFoundError", "カメラが見つかりません"),
        ("NotReadableError", "カメラを開けません"),
    ],
)
async def test_a_camera_that_cannot_be_had_is_explained(
    pages: Site, browser: Browser, name: str, title: str
) -> None:
    async with look(browser, **PHONE) as at:
        await at.page.add_init_script(
            "navigator.mediaDevices.getUserMedia = async () => {"
            f" throw new DOMException('no', '{name}'); }}"
        )
        await at.page.goto(f"{pages.url}/j/1234-5678")
        await at.page.tap("#send")
        await at.until("!document.querySelector('#problem').hidden")
        assert await at.text("#problem-title") == title
        assert await at.text("#problem-advice")
        assert await at.text("#problem-buttons button") == "もう一度試す"


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("invitation.unknown", "番号が見つかりません"),
        ("session.ended", "この支援は終了しました"),
        ("rate.limited", "試した回数が多すぎます"),
    ],
)
async def test_a_code_that_does_not_work_is_explained(
    pages: Site, browser: Browser, code: str, title: str
) -> None:
    pages.refuse["join"] = GenbaError(code)
    async with look(browser, **PHONE) as at:
        await at.page.goto(f"{pages.url}/j/1234-5678")
        await at.until("!document.querySelector('#problem').hidden")
        assert await at.text("#problem-title") == title
        assert await at.text("#problem-code") == code


async def test_without_https_it_says_why(pages: Site, browser: Browser) -> None:
    async with look(browser, **PHONE) as at:
        await at.page.add_init_script(
            "Object.defineProperty(window, 'isSecureContext', {value: false})"
        )
        await at.page.goto(f"{pages.url}/j/1234-5678")
        await at.until("!document.querySelector('#problem').hidden")
        assert await at.text("#problem-code") == "camera.insecure"


async def test_inside_another_app_it_shows_the_way_out(pages: Site, browser: Browser) -> None:
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile/15E148 Line/14.20.0"
    async with look(browser, user_agent=agent, **PHONE) as at:
        await at.page.goto(f"{pages.url}/j/1234-5678")
        await at.until("!document.querySelector('#invite').hidden")
        href = await at.page.get_attribute("#invite-notice a", "href")
        assert href is not None
        assert href.endswith("openExternalBrowser=1")


async def test_it_sends_no_larger_picture_than_is_seen(pages: Site, browser: Browser) -> None:
    pages.camera = news("live")
    async with look(browser, **PHONE) as at:
        await at.page.add_init_script(
            "window.calls = []; window.RTCPeerConnection = class extends RTCPeerConnection {"
            "  constructor(...all) { super(...all); calls.push(this); } };"
            "window.asked = () => calls.flatMap((pc) => pc.getSenders())"
            "  .filter(({track}) => track?.kind === 'video')"
            "  .map((sender) => ({...sender.getParameters().encodings[0],"
            "    short: Math.min(sender.track.getSettings().width,"
            "      sender.track.getSettings().height)}))[0];"
        )
        await sent(at, pages)
        await until(lambda: pages.rtc.received > 5 and pages.sockets)
        whole = await at.page.evaluate("asked()")
        assert whole.get("scaleResolutionDownBy", 1) == 1
        pages.camera = news("live", lines=180)
        await pages.tell()
        await at.until("asked().scaleResolutionDownBy === asked().short / 180")
        small = await at.page.evaluate("asked()")
        assert small["maxBitrate"] < whole["maxBitrate"]
        received = pages.rtc.received
        await until(lambda: pages.rtc.received > received + 5)
        pages.camera = news("live", lines=0)
        await pages.tell()
        await at.until("asked().scaleResolutionDownBy === 1")
        assert (await at.page.evaluate("asked()"))["maxBitrate"] == whole["maxBitrate"]
        assert at.faults == []
