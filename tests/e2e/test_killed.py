"""Processes that are killed: nobody is left behind, nothing recorded is lost."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import av
import pytest

from tests.kit.realserver import RealServer, real_server, session_members
from tests.kit.rtc import Publisher
from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.timeout(150)
LIMIT = 40


def process_of(server: RealServer, module: str, *, busy: bool = False) -> int:
    """Return the pid of a process of a module; ``busy``: the one that uses most processor time."""
    found = {}
    for pid in session_members(server.process.pid):
        here = Path(f"/proc/{pid}")
        if f"-m\0{module}\0" in (here / "cmdline").read_text("utf-8", "replace"):
            ticks = (here / "stat").read_text("utf-8").rpartition(")")[2].split()[11:13]
            found[pid] = sum(int(tick) for tick in ticks)
    return max(found, key=lambda pid: found[pid]) if busy else min(found)


@asynccontextmanager
async def camera(server: RealServer, session: str) -> AsyncIterator[None]:
    """Publish by the public address until left."""
    invited = await server.call("POST", f"/sessions/{session}/invitations", {"name": "屋上"})

    async def post(offer: str) -> str:
        headers = {
            "Content-Type": "application/sdp",
            "Authorization": f"Bearer {invited['camera_token']}",
        }
        async with (
            aiohttp.ClientSession() as http,
            http.post(invited["whip"], data=offer, headers=headers) as answer,
        ):
            assert answer.status == 201
            return await answer.text()

    async with Publisher(post):
        yield


async def test_a_killed_supervisor_leaves_no_process(tmp_path: Path) -> None:
    async with real_server(tmp_path, ends_with=-signal.SIGKILL) as server:
        await server.call("POST", "/sessions", {"name": "x"})
        assert len(await asyncio.to_thread(session_members, server.process.pid)) >= 3
        os.kill(server.process.pid, signal.SIGKILL)
        await until(lambda: not session_members(server.process.pid), LIMIT)


async def test_a_killed_session_keeps_its_recording_and_the_server_goes_on(tmp_path: Path) -> None:
    async with real_server(tmp_path) as server:
        session = (await server.call("POST", "/sessions", {"name": "x"}))["id"]
        async with camera(server, session):
            name = (await server.call("POST", f"/sessions/{session}/recordings"))["id"]
            part = tmp_path / "recordings" / f"{name}.part.mp4"
            await until(lambda: part.exists() and part.stat().st_size > 50_000, LIMIT)
            os.kill(process_of(server, "genba.session", busy=True), signal.SIGKILL)
            whole = part.with_name(f"{name}.mp4")
            await until(lambda: whole.exists() and not part.exists(), LIMIT)
        kept = await server.call("GET", f"/recordings/{name}")
        assert (kept["state"], kept["seconds"] > 0) == ("ready", True)
        ended = await server.call("GET", f"/sessions/{session}")
        assert (ended["reason"], ended["state"]) == ("failed", None)
        again = await server.call("POST", "/sessions", {"name": "y"})
        assert again["id"] != session
    with av.open(str(tmp_path / "recordings" / f"{name}.mp4")) as file:
        assert sum(1 for _ in file.decode(video=0)) > 5


async def test_a_killed_web_process_comes_back_to_the_running_session(tmp_path: Path) -> None:
    async with real_server(tmp_path) as server:
        session = (await server.call("POST", "/sessions", {"name": "x"}))["id"]
        os.kill(process_of(server, "genba.server"), signal.SIGKILL)
        async with asyncio.timeout(LIMIT):
            while True:
                try:
                    state = (await server.call("GET", f"/sessions/{session}"))["state"]
                except (aiohttp.ClientError, AssertionError):
                    await asyncio.sleep(0.05)
                    continue
                if state is not None:
                    break
                await asyncio.sleep(0.05)
        assert state["session"] == session
