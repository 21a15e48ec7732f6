"""Each foreign camera against a real server: it comes, delivers, leaves; returns, and is killed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.kit.foreign.browser import page_camera
from tests.kit.foreign.certificates import write_certificate
from tests.kit.foreign.clients import Client, ffmpeg, gstreamer, needs_gstreamer, pyav
from tests.kit.foreign.stage import LIMIT, THEIRS, Stage, stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.kit.foreign.program import Program

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]
SIZE = (640, 360)
RSA = "ECDHE-RSA"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with stage(tmp_path_factory.mktemp("foreign")) as found:
        yield found


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return write_certificate(tmp_path_factory.mktemp("key"))


@pytest.fixture
def pyav_p256(key: tuple[str, str]) -> Client:
    def start(url: str, ticket: str) -> Program:
        return pyav(url, ticket, *key)

    return Client("pyav", start, "h264", SIZE)


CLIENTS = [
    Client("ffmpeg", ffmpeg(), "h264", SIZE),
    Client("ffmpeg-dtls-active", ffmpeg("-whip_flags", "dtls_active"), "h264", SIZE),
    Client("chromium-vp8", page_camera("camera.js", "VP8"), "vp8", SIZE, trickles=True),
    Client("chromium-h264", page_camera("camera.js", "H264"), "h264", SIZE, trickles=True),
    Client("whip-whep", page_camera("whipwhep.js", "H264"), "h264", SIZE, trickles=True),
]
GSTREAMER = [
    Client(f"gstreamer-{codec}", gstreamer(codec), codec, SIZE, cipher=RSA, trickles=True)
    for codec in ("vp8", "h264")
]


async def walk(scene: Stage, client: Client) -> None:
    """Come and leave; come again by the same ticket and be killed."""
    url, ticket = await scene.invite(THEIRS, client.name)
    refused = (await scene.state())["figures"]["counts"]
    async with client.start(url, ticket) as camera:
        slot = await scene.slot(
            lambda s: (
                s["state"] == "live"
                and s["fps"] >= 8
                and s["has_audio"]
                and (s["width"], s["height"]) == client.size
            )
        )
        assert (slot["codec"], slot["name"]) == (client.codec, client.name)
        assert client.cipher in slot["cipher"], slot["cipher"]
        picture = await scene.still(THEIRS)
        assert (picture.shape[1], picture.shape[0]) == client.size
        assert picture.std() > 10
        await camera.bye()
        await scene.is_("empty")
        if client.trickles:
            assert camera.statuses("POST") == [201]
            assert camera.statuses("PATCH")  # one or more, as its candidates come
            assert set(camera.statuses("PATCH")) == {204}
            (deleted,) = camera.statuses("DELETE")
            # whip-whep closes first: DTLS's own goodbye may have freed the link before.
            assert deleted == 200 or (deleted == 404 and client.name == "whip-whep")
    counts = (await scene.state())["figures"]["counts"]
    for what in ("decoder_failed", "decoder_refused"):
        assert counts[what] == refused[what], what
    async with client.start(url, ticket) as camera:
        await scene.is_("live")
        camera.kill()
        await scene.is_("lost")
        await scene.goes_on()
    await scene.free()


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
async def test_a_foreign_camera_comes_leaves_returns_and_is_lost(
    scene: Stage, client: Client
) -> None:
    await walk(scene, client)


@needs_gstreamer
@pytest.mark.parametrize("client", GSTREAMER, ids=lambda client: client.name)
async def test_a_gstreamer_camera_comes_leaves_returns_and_is_lost(
    scene: Stage, client: Client
) -> None:
    await walk(scene, client)


async def test_pyav_with_a_p256_key_comes_leaves_returns_and_is_lost(
    scene: Stage, pyav_p256: Client
) -> None:
    await walk(scene, pyav_p256)


async def test_pyavs_own_key_is_refused_at_once_and_its_slot_freed(scene: Stage) -> None:
    url, ticket = await scene.invite()
    async with pyav(url, ticket) as camera:
        assert await camera.ended(LIMIT) != 0
        await camera.heard(lambda one: "refused" in one, 1)
        await scene.is_("empty")
    await scene.goes_on()
