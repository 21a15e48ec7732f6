"""The bench's own cameras and viewers meet a real session, for a second."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.test_utils import TestServer

from genba.bench import stock
from genba.bench.bench import Bench
from genba.bench.clips import CAMERAS, Clips, units
from genba.bench.cpu import read, spent
from genba.bench.load import load
from genba.bench.offline import work
from genba.bench.room import session_room
from genba.bench.views import VIEWS
from genba.bench.whole import look
from tests.kit.until import until

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_second_of_a_whole_session(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Clips(tmp_path, 1), quick=True, quiet=True)
    async with session_room(bench, VIEWS["720p"]) as room:
        await room.film(bench)
        await room.watch(2)
        await room.command(do="record")
        groups = {"loop", "decoder", "compositor", "encoder", "recording"}
        await room.until(lambda state: groups <= set(state.figures.cpu_seconds))  # named by then
        seen = await look(room, 1.0)
        cameras = await room.counts("cameras")
    assert seen.viewers == 2
    assert seen.viewer_fps > 1
    assert seen.core > 0
    assert groups <= set(seen.groups)
    assert abs(sum(seen.groups.values()) - seen.core) < 0.1
    assert seen.resident_mb > seen.private_mb > 10
    assert len(cameras) == CAMERAS
    assert all(one["sent"] > 10 and one["asked"] > 0 for one in cameras)


async def test_stock_aiortc_serves_the_same_viewer(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Clips(tmp_path, 1), quick=True, quiet=True)
    found = await stock.measure(bench, seconds=1.0)
    assert found.viewer_fps > 1
    assert found.viewer_core > 0


async def test_clips_begin_with_their_only_key_picture(tmp_path: Path) -> None:
    clips = await Clips(tmp_path, 1).paths()
    coded_clips = [await asyncio.to_thread(units, clip) for clip in clips]
    for coded in coded_clips:
        keys = [n for n, unit in enumerate(coded) if any(_kinds(unit, 5))]
        assert keys == [0]
        assert any(_kinds(coded[0], 7))
        assert len(coded) == 30
    assert len({coded[0] for coded in coded_clips}) == CAMERAS
    assert await asyncio.to_thread(work, VIEWS["720p"], clips[:1]) > 0


def _kinds(unit: bytes, kind: int) -> list[bool]:
    return [nal[:1] != b"" and nal[0] & 31 == kind for nal in unit.split(b"\0\0\1")[1:]]


async def test_processor_time_is_told_by_thread() -> None:
    stop, ran = threading.Event(), threading.Event()

    def burn() -> None:
        while time.thread_time() < 0.05:
            pass
        ran.set()
        stop.wait()

    before = await read(os.getpid())
    thread = threading.Thread(target=burn)
    thread.start()
    await asyncio.to_thread(ran.wait, 20)
    found = spent(before, await read(os.getpid()))
    stop.set()
    await asyncio.to_thread(thread.join)
    assert found.core * found.seconds >= 0.05
    assert abs(sum(found.groups.values()) - found.core) < 0.05 * found.core + 0.01


async def test_requests_are_sent_at_their_rate_and_timed() -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=200 if request.path == "/a" else 500)

    app = web.Application()
    app.router.add_get("/{name}", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        said = await load(
            {
                "url": str(server.make_url("")).rstrip("/"),
                "token": "t",
                "paths": ["/a", "/b"],
                "rate": 200,
                "seconds": 0.1,
            }
        )
    await until(lambda: len(asked) == 20, 5)
    assert len(said["times"]) == 20
    assert said["failed"] == 10
