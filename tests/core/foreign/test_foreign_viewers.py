"""Foreign viewers by WHEP, and a phone that is turned, against a real server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import pytest_asyncio

from tests.kit.foreign.browser import page, page_camera
from tests.kit.foreign.clients import gstreamer_viewer, needs_gstreamer
from tests.kit.foreign.stage import LIMIT, THEIRS, Stage, stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]
FRAMES = "(document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames ?? 0)"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with stage(tmp_path_factory.mktemp("viewers")) as found:
        yield found


async def viewers(scene: Stage, count: int) -> None:
    """Return once so many links show the view."""
    async with asyncio.timeout(LIMIT):
        while (await scene.state())["figures"]["viewers"] != count:  # noqa: ASYNC110  asked for
            await asyncio.sleep(0.1)


@needs_gstreamer
@pytest.mark.parametrize("codec", ["h264", "vp8"])
async def test_gstreamer_decodes_the_view(scene: Stage, codec: str) -> None:
    async with gstreamer_viewer(*await scene.desk(), codec) as viewer:
        seen = await viewer.heard(
            lambda one: (
                one.get("pictures", 0) > 30 and one.get("sounds", 0) > 20 and "width" in one
            ),
            LIMIT,
        )
        assert (seen["width"], seen["height"]) == (1280, 720)
        assert await viewer.bye() == 0
        assert viewer.statuses("DELETE") == [200]
        assert set(viewer.statuses("PATCH")) == {204}
        await viewers(scene, 0)


async def test_whip_whep_views_trickles_and_leaves(scene: Stage) -> None:
    url, token = await scene.desk()
    async with page("whipwhep.js") as viewer:
        await viewer.do("view", url=url, token=token)
        await viewer.seen.until(f"{FRAMES} > 30", LIMIT)
        size = "(({ videoWidth: w, videoHeight: h }) => [w, h])(document.querySelector('video'))"
        assert await viewer.seen.page.evaluate(size) == [1280, 720]
        async with asyncio.timeout(LIMIT):
            while await viewer.do("sounds") < 20:  # noqa: ASYNC110  asked for
                await asyncio.sleep(0.1)
        patches = [one for one in viewer.said if one["method"] == "PATCH"]
        assert [one["status"] for one in patches] == [204] * len(patches)
        assert any(one["candidates"] for one in patches)
        await viewer.bye()
        await viewers(scene, 0)


async def test_whip_wheps_restart_is_refused_and_a_new_post_goes_on(scene: Stage) -> None:
    url, token = await scene.invite(name="再開")
    async with page_camera("whipwhep.js", "H264")(url, token) as camera:
        await scene.is_("live")
        with pytest.raises(Exception, match="status 422"):
            await camera.do("restart")
        before = (await scene.is_("live"))["since"]
        await camera.do("start")
        slot = await scene.slot(lambda s: s["state"] == "live" and s["fps"] >= 8)
        assert slot["since"] == before, "the same ticket keeps its slot"
        await camera.bye()
        await scene.is_("empty")


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_a_phone_that_is_turned_stays_live_and_upright(scene: Stage, codec: str) -> None:
    url, token = await scene.invite(name="回転")
    await scene.server.call(
        "PUT", f"/sessions/{scene.session}/layout", {"kind": "focus", "focus": THEIRS}
    )
    start = page_camera("camera.js", codec, width=720, height=1280, drawn=True)
    async with start(url, token) as phone:
        await upright(scene, 720, 1280)
        for size in ((1280, 720), (720, 1280), (1280, 720)):
            await phone.do("turn")
            await upright(scene, *size)
        await phone.bye()
    await scene.is_("empty")


async def upright(scene: Stage, width: int, height: int) -> None:
    """Wait for a size, live all the time; then find the camera whole and upright in the view."""
    live = False

    def good(slot: dict[str, Any]) -> bool:
        nonlocal live
        assert not live or slot["state"] == "live", slot
        live = live or slot["state"] == "live"
        assert slot["error"] is None, slot
        return live and (slot["width"], slot["height"]) == (width, height)

    await scene.slot(good)
    own = await scene.still(THEIRS)
    assert own.shape[:2] == (height, width)
    ratio = 2 * width / height  # of the lower half, which is blue
    async with asyncio.timeout(LIMIT):
        while True:
            view = (await scene.still()).astype(np.int16)
            blue = (view[..., 2] > 140) & (view[..., 0] < 90)
            rows, columns = np.flatnonzero(blue.sum(1) > 40), np.flatnonzero(blue.sum(0) > 20)
            if rows.size and columns.size:
                found = (columns[-1] - columns[0] + 1) / (rows[-1] - rows[0] + 1)
                if abs(found - ratio) <= 0.05 * ratio:
                    break
    middle = (columns[0] + columns[-1]) // 2
    assert view[rows[0] - 40, middle].min() > 200, "white stands above blue"
    if width < height:  # bars at its sides
        assert view[rows[0], columns[0] - 20].max() < 100
