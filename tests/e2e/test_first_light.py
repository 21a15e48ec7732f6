"""The main path, whole: a phone's page sends, a console and a guest see, an MP4 is kept."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import av
import imageio_ffmpeg
import pytest

from tests.kit.pagebrowser import chromium, look
from tests.kit.realserver import real_server
from tests.kit.rtc import encode_h264

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit.pagebrowser import Look

pytestmark = pytest.mark.timeout(240)

FRAMES = "document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames"
CLOSE = (
    "document.querySelector('#look-curtain').hidden && "
    "document.querySelector('#look-video').getVideoPlaybackQuality().totalVideoFrames > 10"
)
PIXELS = """() => {
  const canvas = document.createElement('canvas');
  canvas.width = 160; canvas.height = 90;
  const context = canvas.getContext('2d');
  context.drawImage(document.querySelector('video'), 0, 0, 160, 90);
  return [...context.getImageData(0, 0, 160, 90).data];
}"""


async def advances(page: Look, more: int = 10) -> None:
    """Return once ``more`` frames were shown from now on, and pixels have moved."""
    await page.until(f"({FRAMES} ?? 0) > 0", 30)
    shown = int(await page.page.evaluate(FRAMES))
    before: list[int] = await page.page.evaluate(PIXELS)
    await page.until(f"{FRAMES} >= {shown + more}", 30)
    after: list[int] = await page.page.evaluate(PIXELS)
    assert sum(a != b for a, b in zip(before, after, strict=True)) > 50


async def test_a_camera_a_console_a_guest_and_a_recording(tmp_path: Path) -> None:
    async with real_server(tmp_path) as server, chromium() as browser, AsyncExitStack() as stack:
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
        await phone.until(
            "document.querySelector('#status').textContent.includes('届いています')", 30
        )
        await advances(desk)

        await desk.page.keyboard.press("Shift+Digit1")  # the camera itself, for this desk alone
        await desk.until(CLOSE, 30)
        await desk.page.keyboard.press("Escape")
        await desk.until("!document.querySelector('#look-dialog').open")

        await desk.page.keyboard.press("s")
        await desk.page.wait_for_selector("#stills img", timeout=10_000)
        await desk.page.keyboard.press("r")
        await desk.page.wait_for_selector("#rec-pill:not([hidden])", timeout=10_000)
        await phone.page.wait_for_selector("#rec:not([hidden])", timeout=10_000)

        shared = await server.call("POST", f"/sessions/{session}/links", {"minutes": 30})
        guest = await stack.enter_async_context(look(browser, locale="ja-JP"))
        await guest.page.goto(shared["join_url"])
        await advances(guest)
        clean = await stack.enter_async_context(look(browser, locale="ja-JP"))
        await clean.page.goto(shared["join_url"] + "?clean=1")
        await advances(clean)

        await desk.page.keyboard.press("r")
        recording = await stored(server.call, session)
        await desk.page.goto(f"{server.base}/recordings/{recording['id']}")
        await desk.until("document.querySelector('video').readyState >= 2", 30)
        await desk.page.evaluate("() => document.querySelector('video').play()")
        await desk.until("document.querySelector('video').currentTime > 0.3", 30)
        assert await desk.page.evaluate("document.querySelector('video').videoWidth") == 1280

        assert [one.faults for one in (desk, phone, guest, clean)] == [[]] * 4
        await server.call("DELETE", f"/sessions/{session}/publications/{shared['id']}")
        await guest.page.wait_for_selector("#cover:not([hidden])", timeout=15_000)
        # The page asks once more why; Chromium reports the refusal as an error, and nothing else.
        asked = guest.faults + clean.faults
        assert all("/whep" in fault and "status of 4" in fault for fault in asked), asked
        assert desk.faults + phone.faults == []
    with av.open(str(tmp_path / "recordings" / f"{recording['id']}.mp4")) as file:
        assert sum(1 for _ in file.decode(video=0)) > 10


async def stored(call: Any, session: str) -> dict[str, Any]:
    """Return the session's recording once it can be played."""
    async with asyncio.timeout(30):
        while True:
            for one in (await call("GET", "/recordings"))["recordings"]:
                if one["session"] == session and one["state"] == "ready":
                    found: dict[str, Any] = one
                    return found
            await asyncio.sleep(0.1)


async def test_a_video_file_of_ffmpeg_becomes_a_camera(tmp_path: Path) -> None:
    movie = tmp_path / "movie.h264"
    await asyncio.to_thread(movie.write_bytes, b"".join(encode_h264(90, 640, 360, fps=30, gop=15)))
    async with real_server(tmp_path / "data") as server:
        session = (await server.call("POST", "/sessions", {"name": "映像"}))["id"]
        invited = await server.call("POST", f"/sessions/{session}/invitations", {"name": "録画機"})
        camera = await asyncio.create_subprocess_exec(
            imageio_ffmpeg.get_ffmpeg_exe(),
            *("-hide_banner", "-loglevel", "error", "-re", "-stream_loop", "-1", "-r", "30"),
            *("-f", "h264", "-i", str(movie), "-c:v", "copy", "-an", "-f", "whip"),
            *("-authorization", invited["camera_token"], invited["whip"]),
            stdin=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(40):
                while True:
                    state = (await server.call("GET", f"/sessions/{session}"))["state"]
                    slot = state["slots"][0]
                    if slot["state"] == "live" and slot["fps"] > 5:
                        break
                    await asyncio.sleep(0.1)
            assert (slot["name"], slot["width"], slot["height"]) == ("録画機", 640, 360)
            still = await server.call("POST", f"/sessions/{session}/stills", {"slot": 1})
            assert (still["width"], still["height"]) == (640, 360)
        finally:
            if camera.returncode is None:
                camera.terminate()
            await camera.wait()


async def test_the_demo_shows_four_cameras_and_says_how_to_enter(tmp_path: Path) -> None:
    async with real_server(tmp_path, "demo") as server:
        facts = server.facts
        assert facts.keys() >= {
            *("url", "session", "api", "api_token", "whip", "camera_token"),
            *("whep", "view_ticket", "view"),
        }
        state = (await server.call("GET", f"/sessions/{facts['session']}"))["state"]
        assert [slot["state"] for slot in state["slots"]] == ["live"] * 4
        async with chromium() as browser, look(browser, locale="en-US") as console:
            await console.page.goto(facts["url"])
            await advances(console)
            assert console.faults == []
