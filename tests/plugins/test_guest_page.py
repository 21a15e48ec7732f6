"""The guest's page in a browser: zero clicks to a picture, and a true word in every state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from genba.errors import GenbaError
from tests.kit.guestsite import TICKET, TITLE, camera
from tests.kit.pagebrowser import OVERFLOW, SMALL, look
from tests.kit.until import until

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.kit.guestsite import GuestSite
    from tests.kit.pagebrowser import Look

FRAMES = "document.querySelector('#view').getVideoPlaybackQuality().totalVideoFrames"


# Whether the picture that stays behind is a picture: bright somewhere, dark elsewhere.
STILL = """() => {
  const canvas = document.querySelector('#still');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let low = 255, high = 0;
  for (let n = 0; n < data.length; n += 4) {
    low = Math.min(low, data[n]);
    high = Math.max(high, data[n]);
  }
  return [canvas.width, canvas.height, low < 90, high > 150];
}"""


async def playing(guest: Look) -> None:
    await guest.until("document.body.dataset.state === 'playing'", 20)


def own_faults(guest: Look) -> list[str]:
    """Return what is a fault of the page: a refusal that it handles is none."""
    return [fault for fault in guest.faults if "Failed to load resource" not in fault]


async def test_a_picture_without_a_click(guests: GuestSite, browser: Browser) -> None:
    async with look(browser, locale="ja-JP") as guest:
        await guest.page.goto(guests.page)
        await playing(guest)
        await guest.until(f"{FRAMES} > 10")
        assert await guest.page.evaluate("document.querySelector('#view').muted")
        assert not await guest.page.is_visible("#cover")
        assert await guest.page.title() == f"{TITLE} - Genba"
        assert await guest.text("#cameras") == "ポンプ室 入口\n制御盤\nカメラ3\n途切れています"
        assert (await guest.text("#until")).endswith("JSTまで見られます")
        await until(lambda: guests.watching >= 2)
        assert set(guests.tickets) == {TICKET}
        assert guest.faults == []


async def test_sound_takes_one_click(guests: GuestSite, browser: Browser) -> None:
    async with look(browser, locale="ja-JP") as guest:
        await guest.page.goto(guests.page)
        await playing(guest)
        assert await guest.text("#sound") == "音声をオン"
        await guest.page.click("#sound")
        await guest.until("!document.querySelector('#view').muted")
        assert await guest.text("#sound") == "音声をオフ"
        await guest.page.click("#sound")
        await guest.until("document.querySelector('#view').muted")
        assert guest.faults == []


async def test_everything_by_keyboard(guests: GuestSite, browser: Browser) -> None:
    async with look(browser, locale="ja-JP") as guest:
        await guest.page.goto(guests.page)
        await playing(guest)
        seen = []
        for _ in range(6):
            await guest.page.keyboard.press("Tab")
            focused = await guest.page.evaluate("document.activeElement.id")
            seen.append(focused)
            if focused == "sound":
                await guest.page.keyboard.press("Space")
                await guest.until("!document.querySelector('#view').muted")
            if focused == "full":
                await guest.page.keyboard.press("Enter")
                await guest.until("document.fullscreenElement !== null")
                assert await guest.text("#full") == "全画面を終了"
                await guest.page.keyboard.press("Enter")
                await guest.until("document.fullscreenElement === null")
                break
        assert [name for name in seen if name] == ["sound", "full"]
        assert guest.faults == []


async def test_it_says_that_it_is_recorded(guests: GuestSite, browser: Browser) -> None:
    async with look(browser, locale="ja-JP") as guest:
        await guest.page.goto(guests.page)
        await playing(guest)
        assert not await guest.page.is_visible("#rec")
        guests.recording = True
        await guests.tell()
        await guest.page.wait_for_selector("#rec", state="visible")
        assert await guest.text("#rec") == "録画中"


async def test_a_view_without_cameras_has_not_started(guests: GuestSite, browser: Browser) -> None:
    guests.cameras = [camera(n, "", "empty") for n in range(1, 5)]
    async with look(browser, locale="ja-JP") as guest:
        await guest.page.goto(guests.page)
        await guest.until("document.body.dataset.state === 'not_started'", 20)
        assert await guest.text("#cover-title") == "まだ始まっていません"
        assert guests.watching == 0
        guests.cameras[0] = camera(1, "入口")
        await guests.tell()
        await playing(guest)
        assert not await guest.page.is_visible("#cover")
        await until(lambda: guests.watching > 0)
        assert guest.faults == []


async def test_it_comes_back_by_itself(guests: GuestSite, browser: Browser) -> None:
    async with look(browser, locale="ja-JP") as guest:
        await guest.page.goto(guests.page)
        await playing(guest)
        await guest.page.click("#sound")
        await guests.cut()
        await guest.until("document.body.dataset.state === 'reconnecting'")
        assert "接続し直しています" in await guest.text("#note")
        assert "最後の映像" in await guest.text("#note")
        assert not await guest.page.is_visible("#cover")
        assert await guest.page.is_visible("#still")
        assert await guest.page.evaluate(STILL) == [640, 360, True, True]
        await playing(guest)
        assert not await guest.page.is_visible("#note")
        assert not await guest.page.is_visible("#still")
        assert not await guest.page.evaluate("document.querySelector('#view').muted")
        await until(lambda: len(guests.sockets) == 1)
        assert own_faults(guest) == []


async def test_no_spinner_for_more_than_three_seconds(guests: GuestSite, browser: Browser) -> None:
    guests.silent = True
    async with look(browser, locale="ja-JP") as guest:
        await guest.page.goto(guests.page)
        assert await guest.page.is_visible("#cover-spinner")
        await guest.until("document.body.dataset.state === 'slow'", 5)
        assert not await guest.page.is_visible("#cover-spinner")
        assert await guest.text("#cover-title") == "映像がまだ届いていません"
        guests.silent = False
        await guest.page.click("#cover-go")
        await playing(guest)
        assert own_faults(guest) == []


@pytest.mark.parametrize("code", ["server.busy", "rate.limited"])
async def test_a_full_view_lets_in_later(guests: GuestSite, browser: Browser, code: str) -> None:
    guests.refuse_media = GenbaError(code)
    async with look(browser, locale="ja-JP") as guest:
        await guest.page.goto(guests.page)
        await guest.until("document.body.dataset.state === 'full'")
        assert await guest.text("#cover-title") == "ただいま満席です"
        assert not await guest.page.is_visible("#cover-spinner")
        guests.refuse_media = None
        await playing(guest)
        assert own_faults(guest) == []


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (("expired", "ticket.expired"), ("expired", "リンクの有効期限が切れました")),
        (("stopped", "ticket.revoked"), ("revoked", "共有は終了しました")),
        (("stopped", "session.ended"), ("ended", "支援は終了しました")),
        (("failed", "ticket.invalid"), ("over", "共有は終了しました")),
    ],
)
async def test_each_end_has_its_own_words(
    guests: GuestSite, browser: Browser, told: tuple[str, str], shown: tuple[str, str]
) -> None:
    state, title = shown
    async with look(browser, locale="ja-JP") as guest:
        await guest.page.goto(guests.page)
        await playing(guest)
        await guests.end(*told)
        await guest.until(f"document.body.dataset.state === '{state}'")
        assert await guest.text("#cover-title") == title
        assert await guest.text("#cover-advice")
        assert not await guest.page.is_visible("#bar")
        assert guests.rtc.links == {}
        assert own_faults(guest) == []


@pytest.mark.parametrize("code", ["ticket.expired", "ticket.revoked", "session.ended"])
async def test_an_end_that_only_the_media_tells(
    guests: GuestSite, browser: Browser, code: str
) -> None:
    guests.refuse_media = GenbaError(code)
    async with look(browser, locale="ja-JP") as guest:
        await guest.page.goto(guests.page)
        await guest.until(f"document.body.dataset.state === '{code.split('.')[1]}'")
        await until(lambda: not guests.sockets)
        assert own_faults(guest) == []


async def test_what_nobody_foresaw_shows_the_houses_words(
    guests: GuestSite, browser: Browser
) -> None:
    guests.refuse_media = GenbaError("offer.unacceptable")
    async with look(browser, locale="ja-JP") as guest:
        await guest.page.goto(guests.page)
        await guest.until("document.body.dataset.state === 'refused'")
        assert await guest.text("#cover-title")
        assert "refused" not in await guest.text("#cover")


async def test_a_link_that_is_over_is_answered_by_the_house(guests: GuestSite) -> None:
    from aiohttp import ClientSession

    guests.refuse = GenbaError("ticket.revoked")
    async with ClientSession() as session, session.get(guests.page) as answer:
        assert answer.status == 410
    guests.refuse = None
    async with ClientSession() as session, session.get(f"{guests.url}/v/other") as answer:
        assert answer.status == 401


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1366, 768), (390, 844), (320, 640), (640, 320)])
async def test_it_fits(
    guests: GuestSite, browser: Browser, lang: str, scheme: str, size: tuple[int, int]
) -> None:
    width, height = size
    guests.recording = True
    async with look(browser, width=width, height=height, color_scheme=scheme) as guest:
        await guest.page.goto(f"{guests.page}?lang={lang}")
        await playing(guest)
        await guest.page.wait_for_selector("#rec", state="visible")
        assert await guest.page.evaluate(OVERFLOW) == []
        assert await guest.page.evaluate(SMALL) == []
        stage = await guest.page.locator("#stage").bounding_box()
        assert stage is not None
        assert stage["height"] > height / 3
        for state in ("slow", "not_started", "expired", "ended"):
            await guest.page.evaluate(
                """async ([state]) => {
                  document.body.dataset.state = state;
                  const { t } = await import('/static/js/i18n.js');
                  document.querySelector('#cover').hidden = false;
                  document.querySelector('#cover-title').textContent = t(`browser.state.${state}`);
                  document.querySelector('#cover-advice').textContent
                    = t(`browser.state.${state}.advice`);
                }""",
                [state],
            )
            assert await guest.page.evaluate(OVERFLOW) == [], state
        assert guest.faults == []


async def test_a_guest_chooses_a_quality_and_sees_stills_where_nothing_moves(
    guests: GuestSite, browser: Browser
) -> None:
    async with look(browser, width=320, height=640, locale="ja-JP") as guest:
        await guest.page.goto(guests.page)
        await playing(guest)
        await guest.page.select_option("#quality", "low")
        await until(lambda: guests.rtc.wishes == [{"quality": "low"}])
        guests.rtc.hold("lossy")
        await guest.until("document.body.dataset.state === 'single'")
        assert "通信が途切れがちなため" in await guest.text(".single-note")
        assert not await guest.page.is_visible("#cover")
        assert await guest.page.evaluate(OVERFLOW) == []
        assert await guest.page.evaluate(SMALL) == []
        guests.rtc.hold(None)
        await playing(guest)
        assert not await guest.page.is_visible(".single")
        assert own_faults(guest) == []
