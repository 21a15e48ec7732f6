"""The share-ready window: a picture that a meeting may see, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kit.guestsite import TICKET, TITLE, camera
from tests.kit.pagebrowser import OVERFLOW, look
from tests.kit.until import until

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.kit.guestsite import GuestSite
    from tests.kit.pagebrowser import Look

# The colours of the page's own picture, at the middle of each quarter of the window's stage.
MOVES = """async () => {
  const video = document.querySelector('#view');
  const canvas = new OffscreenCanvas(64, 36);
  const draw = () => {
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0, 64, 36);
    return context.getImageData(0, 0, 64, 36).data.join();
  };
  const first = draw();
  for (let n = 0; n < 60; n += 1) {
    await new Promise((done) => video.requestVideoFrameCallback(done));
    if (draw() !== first) return true;
  }
  return false;
}"""


async def opened(window: Look, guests: GuestSite) -> None:
    await window.page.goto(f"{guests.page}?clean=1")
    await window.until("document.body.dataset.state === 'playing'", 20)


async def test_only_the_picture(guests: GuestSite, browser: Browser) -> None:
    async with look(browser, width=1280, height=720) as window:
        await opened(window, guests)
        assert await window.page.title() == f"Genba {TITLE}"
        assert await window.page.evaluate(MOVES)
        assert await window.page.evaluate("document.querySelector('#view').muted")
        assert (await window.page.inner_text("body")).strip() == ""
        assert await window.page.locator("button:visible, a:visible, input:visible").count() == 0
        await until(lambda: guests.watching > 0)
        assert window.faults == []


async def test_no_ticket_is_to_be_seen(guests: GuestSite, browser: Browser) -> None:
    async with look(browser, width=1280, height=720) as window:
        await opened(window, guests)
        assert TICKET not in window.page.url
        assert window.page.url == f"{guests.url}/plugins/browser/window"
        assert TICKET not in await window.page.title()


async def test_a_reload_comes_back(guests: GuestSite, browser: Browser) -> None:
    async with look(browser, width=1280, height=720) as window:
        await opened(window, guests)
        await window.page.reload()
        await window.until("document.body.dataset.state === 'playing'", 20)
        assert TICKET not in window.page.url
        assert window.faults == []


async def test_its_address_alone_opens_nothing(guests: GuestSite, browser: Browser) -> None:
    async with look(browser, width=1280, height=720, locale="ja-JP") as window:
        await window.page.goto(f"{guests.url}/plugins/browser/window")
        await window.page.wait_for_selector("#gone", state="visible")
        assert "使えなくなりました" in await window.text("#gone")
        assert window.faults == []


@pytest.mark.parametrize(
    ("width", "height", "box"),
    [
        (1280, 720, (0, 0, 1280, 720)),
        (1000, 900, (0, 169, 1000, 562)),
        (1600, 600, (267, 0, 1067, 600)),
    ],
)
async def test_sixteen_to_nine_on_black(
    guests: GuestSite,
    browser: Browser,
    width: int,
    height: int,
    box: tuple[int, int, int, int],
) -> None:
    async with look(browser, width=width, height=height) as window:
        await opened(window, guests)
        stage = await window.page.locator("#stage").bounding_box()
        assert stage is not None
        found = (stage["x"], stage["y"], stage["width"], stage["height"])
        assert [abs(a - b) <= 1.5 for a, b in zip(found, box, strict=True)] == [True] * 4
        black = "getComputedStyle(document.body).backgroundColor"
        assert await window.page.evaluate(black) == "rgb(0, 0, 0)"
        assert await window.page.evaluate(OVERFLOW) == []


async def test_the_cursor_goes_and_comes(guests: GuestSite, browser: Browser) -> None:
    async with look(browser, width=1280, height=720) as window:
        await opened(window, guests)
        cursor = "getComputedStyle(document.querySelector('#view')).cursor"
        await window.until(f"{cursor} === 'none'", 5)
        await window.page.mouse.move(300, 300)
        await window.until(f"{cursor} !== 'none'", 1)


async def test_a_page_of_ours_can_tell_which_view_it_captures(
    guests: GuestSite, browser: Browser
) -> None:
    async with look(browser, width=1280, height=720) as window:
        await window.page.add_init_script(
            "navigator.mediaDevices.setCaptureHandleConfig = (given) => { window.given = given; }"
        )
        await opened(window, guests)
        given = await window.page.evaluate("window.given")
        assert given == {
            "handle": "genba-link7",
            "exposeOrigin": True,
            "permittedOrigins": [guests.url],
        }


async def test_the_screen_stays_on(guests: GuestSite, browser: Browser) -> None:
    async with look(browser, width=1280, height=720) as window:
        await window.page.add_init_script(
            """const own = navigator.wakeLock.request.bind(navigator.wakeLock);
            navigator.wakeLock.request = async (kind) => {
              const lock = await own(kind); window.awake = kind; return lock; };"""
        )
        await opened(window, guests)
        await window.until("window.awake === 'screen'")


async def test_it_comes_back_by_itself(guests: GuestSite, browser: Browser) -> None:
    async with look(browser, width=1280, height=720) as window:
        await opened(window, guests)
        await guests.cut()
        await window.until("document.body.dataset.state === 'reconnecting'")
        await window.page.wait_for_selector("#note", state="visible")
        await window.until("document.body.dataset.state === 'playing'", 20)
        assert not await window.page.is_visible("#note")


async def test_it_shows_no_empty_view(guests: GuestSite, browser: Browser) -> None:
    guests.cameras = [camera(n, "", "empty") for n in range(1, 5)]
    async with look(browser, width=1280, height=720, locale="ja-JP") as window:
        await window.page.goto(f"{guests.page}?clean=1")
        await window.until("document.body.dataset.state === 'not_started'", 20)
        assert await window.text("#cover") == "まだ始まっていません"


async def test_the_end_is_said_plainly(guests: GuestSite, browser: Browser) -> None:
    async with look(browser, width=1280, height=720, locale="ja-JP") as window:
        await opened(window, guests)
        await guests.end("stopped", "ticket.revoked")
        await window.until("document.body.dataset.state === 'revoked'")
        assert await window.text("#cover") == "共有は終了しました"
