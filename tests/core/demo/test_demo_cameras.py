"""The demo's cameras on the real receiving end."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from genba.api import EndReason
from genba.demo import camera, cameras
from genba.demo.place import HEIGHT, WIDTH
from genba.demo.tone import tone
from tests.kit.whipdoor import WhipDoor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LIMIT = 40
FOUR = [("t1", "ポンプ室"), ("t2", "制御盤"), ("t3", "屋上"), ("t4", "搬入口")]


@asynccontextmanager
async def running(door: WhipDoor, some: list[tuple[str, str]]) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    task = asyncio.create_task(cameras.run_cameras(door.url, some, stop))
    try:
        yield stop
    finally:
        stop.set()
        async with asyncio.timeout(LIMIT):
            await task


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Keep to 127.0.0.1, and wait for nothing."""
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda **_: ["127.0.0.1"])
    for name in ("FIRST_PAUSE", "GOODBYE", "RESPITE"):
        monkeypatch.setattr(f"genba.demo.camera.{name}", 0.05)
    return monkeypatch


async def test_a_camera_sends_pictures_and_sound(brisk: pytest.MonkeyPatch) -> None:
    async with asyncio.timeout(LIMIT), WhipDoor() as door, running(door, FOUR[:1]):
        await door.came.get()
        await door.pictures("t1", 20)
        stats = door.links["t1"].stats()
        assert (stats.codec, stats.width, stats.height) == ("h264", WIDTH, HEIGHT)
        assert stats.has_audio
        frame = door.slots["t1"].frame
        assert frame is not None
        assert frame.width == WIDTH


async def test_a_key_picture_comes_when_asked(brisk: pytest.MonkeyPatch) -> None:
    async with asyncio.timeout(LIMIT), WhipDoor() as door, running(door, FOUR[:1]):
        await door.came.get()
        await door.pictures("t1", 5)
        units = door.units["t1"]
        while not (units[-1].key is False and units[-2].key):  # just after the one of each second
            await door.pictures("t1", 1)
        asked = len(units)
        door.links["t1"].request_key()
        await door.pictures("t1", 8)
        assert any(unit.key for unit in units[asked : asked + 8])


async def test_a_refused_camera_tries_again(
    brisk: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with asyncio.timeout(LIMIT), WhipDoor(refuse=2) as door, running(door, FOUR[:1]):
        assert [await door.came.get() for _ in range(3)] == ["refused", "refused", "t1"]
        await door.pictures("t1")
    assert "t1" not in caplog.text


async def test_a_camera_comes_back_to_a_server_started_again(brisk: pytest.MonkeyPatch) -> None:
    async with asyncio.timeout(LIMIT), AsyncExitStack() as first:
        door = await first.enter_async_context(WhipDoor())
        async with running(door, FOUR[:1]) as stop:
            await door.came.get()
            await door.pictures("t1")
            await first.aclose()
            async with WhipDoor(port=door.port) as again:
                await again.came.get()
                await again.pictures("t1")
                stop.set()
                assert await again.left.get() == "t1"


async def test_a_camera_sent_away_leaves_its_place_for_a_while(brisk: pytest.MonkeyPatch) -> None:
    slept: asyncio.Queue[float] = asyncio.Queue()
    either = camera._either

    async def spy(*events: asyncio.Event, timeout: float) -> bool:  # noqa: ASYNC109
        slept.put_nowait(timeout)
        return await either(*events, timeout=timeout)

    brisk.setattr(camera, "RESPITE", 0.25)
    brisk.setattr(camera, "_either", spy)
    async with asyncio.timeout(LIMIT), WhipDoor() as door, running(door, FOUR[:1]):
        await door.came.get()
        await door.pictures("t1")
        await door.links["t1"].close(EndReason.STOPPED)
        while await slept.get() != 0.25:
            assert door.came.empty()
        await door.came.get()
        await door.pictures("t1")


async def test_a_server_fallen_silent_is_tried_again(brisk: pytest.MonkeyPatch) -> None:
    brisk.setattr(camera, "LOOK_EVERY", 0.1)
    brisk.setattr(camera, "RESPITE", 10 * LIMIT)  # nobody has sent it away
    async with asyncio.timeout(LIMIT), WhipDoor() as door, running(door, FOUR[:1]):
        await door.came.get()
        await door.pictures("t1", 30)  # some reports went out meanwhile
        brisk.setattr(camera, "DEAF", 1.5)
        brisk.setattr(door.links["t1"].peer, "send_rtcp", lambda _: None)
        await door.came.get()
        await door.pictures("t1")


async def test_the_process_ends_with_its_parent_and_hides_its_tokens() -> None:
    async with asyncio.timeout(LIMIT), WhipDoor() as door:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "genba.demo.cameras", stdin=asyncio.subprocess.PIPE
        )
        assert process.stdin is not None
        try:
            order = {"whip": door.url, "cameras": FOUR, "trust": None}
            process.stdin.write(json.dumps(order).encode() + b"\n")
            await process.stdin.drain()
            came = {await door.came.get() for _ in FOUR}
            assert came == {token for token, _ in FOUR}
            await asyncio.gather(*(door.pictures(token) for token in came))
            if sys.platform == "linux":
                with open(f"/proc/{process.pid}/cmdline", "rb") as file:  # noqa: ASYNC230, PTH123
                    assert b"t1" not in file.read()
            process.stdin.close()
            assert await process.wait() == os.EX_OK
            assert {door.left.get_nowait() for _ in FOUR} == came
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def test_tones_are_quiet_and_differ() -> None:
    tones = [tone(n) for n in range(4)]
    assert len({b"".join(t) for t in tones}) == 4
    assert all(len(t) == 200 for t in tones)
