"""What a camera's recording becomes is played, and sought in, by a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.kit.cameratape import FPS, START, encode_vp8, opus, recorder, units
from tests.kit.pagebrowser import chromium, look
from tests.kit.rtc import encode_h264

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 4
PLAY = """async (address) => {
  const video = document.createElement('video');
  document.body.append(video);
  const heard = (what) => new Promise((yes, no) => {
    video.addEventListener(what, yes, { once: true });
    video.addEventListener('error', () => no(new Error(video.error.message)), { once: true });
  });
  video.muted = true;
  video.src = address;
  await heard('loadeddata');
  const { duration, videoWidth: width, videoHeight: height } = video;
  const sought = heard('seeked');
  video.currentTime = 2.5;
  await sought;
  const { currentTime: at } = video;
  await video.play();
  await heard('ended');
  return {
    duration, width, height, at, end: video.currentTime,
    sound: video.webkitAudioDecodedByteCount,
    pictures: video.getVideoPlaybackQuality().totalVideoFrames,
  };
}"""


async def _record(folder: Path, codec: Literal["h264", "vp8"], *, mp4: bool) -> Path:
    target = recorder(folder, sound=True, mp4=mp4)
    target.start()
    count = SECONDS * FPS
    coded = encode_h264(count) if codec == "h264" else encode_vp8(count)
    sounds = opus(SECONDS * 50)
    for n, unit in enumerate(units(coded, codec=codec)):
        target.unit(unit)
        for at in range(n * 5 // 3, (n + 1) * 5 // 3):
            target.heard(sounds[at], START + at * 0.02)
    (done,) = await target.stop()
    return folder / f"{done.id}.{done.suffix}"


@pytest.mark.parametrize(
    ("codec", "mp4", "suffix"),
    [("h264", False, ".mp4"), ("vp8", True, ".mp4"), ("vp8", False, ".mkv")],
)
async def test_it_plays(
    tmp_path: Path,
    codec: Literal["h264", "vp8"],
    mp4: bool,  # noqa: FBT001  parametrised
    suffix: str,
) -> None:
    path = await _record(tmp_path, codec, mp4=mp4)
    assert path.suffix == suffix
    app = web.Application()
    app.router.add_static("/files", tmp_path)
    app.router.add_get("/", _page)
    async with TestServer(app) as server, chromium() as browser, look(browser) as at:
        await at.page.goto(str(server.make_url("/")))
        found: dict[str, Any] = await at.page.evaluate(PLAY, f"/files/{path.name}")
    assert (found["width"], found["height"]) == (320, 240)
    assert found["duration"] == pytest.approx(SECONDS, abs=0.1)
    assert found["at"] == pytest.approx(2.5, abs=0.05)
    assert found["end"] == pytest.approx(SECONDS, abs=0.1)
    assert found["pictures"] > FPS
    assert found["sound"] > 0


async def _page(_request: web.Request) -> web.Response:
    return web.Response(text="<!doctype html><title>x</title>", content_type="text/html")
