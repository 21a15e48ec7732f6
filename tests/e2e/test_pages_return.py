"""Pages come back by themselves when a process behind them is killed."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.e2e.test_first_light import advances
from tests.e2e.test_killed import asked, process_of, slot
from tests.kit.pagebrowser import chromium, look
from tests.kit.realserver import real_server, session_members
from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser

    from tests.kit.pagebrowser import Look
    from tests.kit.realserver import RealServer

pytestmark = pytest.mark.timeout(240)
ARRIVES = "document.querySelector('#status').textContent.includes('届いています')"


@dataclass
class _Call:
    server: RealServer
    session: str
    desk: Look
    phone: Look
    guest: Look


@asynccontextmanager
async def _call(data: Path) -> AsyncIterator[_Call]:
    """Have a server with a console, a phone and a guest that all see frames."""
    async with (
        real_server(data) as server,
        chromium() as browser,
        _pages(server, browser) as call,
    ):
        yield call


@asynccontextmanager
async def _pages(server: RealServer, browser: Browser) -> AsyncIterator[_Call]:
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(look(browser, locale="ja-JP"))
        await desk.page.goto(server.facts["url"])
        await desk.page.click("#new")
        await desk.page.wait_for_url("**/s/*")
        session = desk.page.url.rpartition("/")[2]
        code = (await desk.page.inner_text(".code >> nth=0")).strip()
        phone = await stack.enter_async_context(
            look(browser, width=412, height=839, locale="ja-JP", has_touch=True, is_mobile=True)
        )
        await phone.page.goto(f"{server.base}/j/{code}")
        await phone.page.click("#send")
        await phone.until(ARRIVES, 30)
        shared = await server.call("POST", f"/sessions/{session}/links", {"minutes": 30})
        guest = await stack.enter_async_context(look(browser, locale="ja-JP"))
        await guest.page.goto(shared["join_url"])
        await advances(guest)
        await advances(desk)
        yield _Call(server, session, desk, phone, guest)


async def _counting(page: Look) -> None:
    """Note in the page when its video last showed a frame, and the longest pause so far."""
    await page.page.evaluate(
        """() => {
          const video = document.querySelector('video');
          window.pause = 0;
          let last = performance.now();
          const seen = () => {
            window.pause = Math.max(window.pause, performance.now() - last);
            last = performance.now();
            video.requestVideoFrameCallback(seen);
          };
          video.requestVideoFrameCallback(seen);
        }"""
    )


async def test_all_pages_see_the_picture_again_after_a_session_process_was_killed(
    tmp_path: Path,
) -> None:
    async with _call(tmp_path) as call:
        await _counting(call.desk)
        await _counting(call.guest)
        killed = time.monotonic()
        os.kill(process_of(call.server, "genba.session", busy=True), signal.SIGKILL)
        await call.desk.page.wait_for_selector("text=映像の中継が復旧しました", timeout=20_000)
        told = time.monotonic() - killed
        this = f"/sessions/{call.session}"
        await asked(call.server, this, lambda found: found["restarts"] == 1)
        await asked(call.server, this, lambda found: slot(found, 1).get("state") == "live")
        live = time.monotonic() - killed
        await call.phone.until(ARRIVES, 30)
        await call.desk.until("window.pause > 0", 30)
        await advances(call.desk, 30)
        await advances(call.guest, 30)
        pauses = [await page.page.evaluate("window.pause") for page in (call.desk, call.guest)]
        found = await call.server.call("GET", this)
        assert slot(found, 1)["state"] == "live"
        assert [slot(found, n)["state"] for n in (2, 3, 4)] == ["empty"] * 3
    print(  # noqa: T201
        f"session killed: the console knows after {told:.1f} s; "
        f"Chromium's camera live again after {live:.1f} s; "
        f"console without a frame for {pauses[0] / 1000:.1f} s, guest {pauses[1] / 1000:.1f} s"
    )


async def test_media_goes_on_while_the_web_process_is_replaced(tmp_path: Path) -> None:
    async with _call(tmp_path) as call:
        await _counting(call.desk)
        await _counting(call.guest)
        killed = time.monotonic()
        os.kill(process_of(call.server, "genba.server"), signal.SIGKILL)
        await call.desk.until("!document.querySelector('#link').classList.contains('good')", 30)
        await call.desk.until("document.querySelector('#link').classList.contains('good')", 30)
        back = time.monotonic() - killed
        await advances(call.desk, 15)
        pauses = [await page.page.evaluate("window.pause") for page in (call.desk, call.guest)]
        found = await call.server.call("GET", f"/sessions/{call.session}")
        assert (found["restarts"], found["state"]["epoch"]) == (0, 1)
        assert slot(found, 1)["state"] == "live"
    print(  # noqa: T201
        f"web process killed: screens back after {back:.1f} s; longest pause between frames: "
        f"console {pauses[0]:.0f} ms, guest {pauses[1]:.0f} ms"
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def test_pages_return_to_a_server_that_was_killed_whole_and_started_again(
    tmp_path: Path,
) -> None:
    words = ("serve", "--port", str(_free_port()))
    async with AsyncExitStack() as stack:
        browser = await stack.enter_async_context(chromium())
        async with real_server(tmp_path, *words, ends_with=-signal.SIGKILL) as server:
            call = await stack.enter_async_context(_pages(server, browser))
            this = f"/sessions/{call.session}"
            await asked(server, this, lambda found: slot(found, 1).get("state") == "live")
            os.kill(server.process.pid, signal.SIGKILL)
            await until(lambda: not session_members(server.process.pid), 40)
        await call.desk.until("!document.querySelector('#link').classList.contains('good')", 30)
        async with real_server(tmp_path, *words) as server:
            ready = time.monotonic()
            await asked(server, this, lambda found: slot(found, 1).get("state") == "live")
            live = time.monotonic() - ready
            await call.desk.until("document.querySelector('#link').classList.contains('good')", 30)
            await advances(call.desk)
            await advances(call.guest)
            await call.phone.until(ARRIVES, 30)
            seen = time.monotonic() - ready
            found = await server.call("GET", this)
            assert (found["restarts"], found["state"]["epoch"]) == (1, 2)
            await stack.aclose()  # pages first: the server's end is not what is looked at
    print(  # noqa: T201
        f"all processes killed, server started again: the camera live {live:.1f} s after it "
        f"was ready, all three pages moving after {seen:.1f} s"
    )
