"""Processes that are killed: nobody is left behind, nothing recorded is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import av
import pytest

from tests.kit.realserver import RealServer, real_server, session_members
from tests.kit.rtc import Publisher, Viewer
from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

pytestmark = pytest.mark.timeout(150)
LIMIT = 40


def process_of(server: RealServer, module: str, *, busy: bool = False) -> int:
    """Return the pid of a process of a module; ``busy``: the one that uses most processor time."""
    found = {}
    for pid in session_members(server.process.pid):
        here = Path(f"/proc/{pid}")
        try:
            command = (here / "cmdline").read_text("utf-8", "replace")
            ticks = (here / "stat").read_text("utf-8").rpartition(")")[2].split()[11:13]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        if f"-m\0{module}\0" in command:
            found[pid] = sum(int(tick) for tick in ticks)
    return max(found, key=lambda pid: found[pid]) if busy else min(found)


def poster(url: str, ticket: str) -> Callable[[str], Awaitable[str]]:
    """Return what sends an offer until it is answered, as our pages do."""
    headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {ticket}"}

    async def post(offer: str) -> str:
        async with asyncio.timeout(LIMIT), aiohttp.ClientSession() as http:
            while True:
                try:
                    async with http.post(url, data=offer, headers=headers) as answer:
                        if answer.status == 201:
                            return await answer.text()
                        assert answer.status == 503, await answer.text()
                except aiohttp.ClientConnectionError:
                    pass  # no web process right now
                await asyncio.sleep(0.1)

    return post


async def desk_way(server: RealServer, session: str) -> tuple[str, str]:
    """Return where a supporter looks, and by which ticket."""
    said = await server.call("POST", f"/sessions/{session}/ticket")
    return said["whep"], said["ticket"]


def grown(data: Path, name: str, epoch: int = 1) -> int:
    """Return how many bytes an epoch has written of a recording's view."""
    found = (data / "recordings").glob(f"{name}.{epoch}-*.part.mp4")
    return sum(path.stat().st_size for path in found)


async def asked(server: RealServer, path: str, good: Callable[[Any], object]) -> dict[str, Any]:
    """Ask until what comes back is good."""
    async with asyncio.timeout(LIMIT):
        while True:
            try:
                found = await server.call("GET", path)
            except aiohttp.ClientConnectionError:  # no web process right now
                found = None
            if found is not None and good(found):
                return found
            await asyncio.sleep(0.05)


def slot(found: dict[str, Any], n: int) -> dict[str, Any]:
    """Return a slot of a session."""
    slots = (found["state"] or {}).get("slots", [{}] * 4)
    chosen: dict[str, Any] = slots[n - 1]
    return chosen


async def test_a_killed_supervisor_leaves_no_process(tmp_path: Path) -> None:
    async with real_server(tmp_path, ends_with=-signal.SIGKILL) as server:
        await server.call("POST", "/sessions", {"name": "x"})
        assert len(await asyncio.to_thread(session_members, server.process.pid)) >= 3
        os.kill(server.process.pid, signal.SIGKILL)
        await until(lambda: not session_members(server.process.pid), LIMIT)


async def test_a_killed_session_comes_back_with_its_camera_viewer_and_recording(
    tmp_path: Path,
) -> None:
    async with real_server(tmp_path) as server:
        session = (await server.call("POST", "/sessions", {"name": "x"}))["id"]
        this = f"/sessions/{session}"
        invited = await server.call("POST", f"{this}/invitations", {"slot": 3, "name": "屋上"})
        link = await server.call("POST", f"{this}/links", {"minutes": 30})
        post = poster(invited["whip"], invited["camera_token"])
        look = poster(*await desk_way(server, session))
        async with Publisher(post), Viewer(look) as viewer:
            await viewer.seen(pictures=10, limit=LIMIT)
            await asked(server, this, lambda found: slot(found, 3).get("state") == "live")
            name = (await server.call("POST", f"{this}/recordings"))["id"]
            await until(lambda: grown(tmp_path, name) > 50_000, LIMIT)
            await until(lambda: name in kept(tmp_path, session), LIMIT)
            killed = time.monotonic()
            os.kill(process_of(server, "genba.session", busy=True), signal.SIGKILL)
            await asked(server, this, lambda found: found["returning"] or found["restarts"] == 1)
            noticed = time.monotonic() - killed
        async with Publisher(post), Viewer(look) as viewer:
            await viewer.seen(pictures=1, limit=LIMIT)
            pictured = time.monotonic() - killed
            found = await asked(server, this, lambda found: slot(found, 3).get("state") == "live")
            lived = time.monotonic() - killed
            assert (found["state"]["epoch"], found["ended_at"]) == (2, None)
            assert slot(found, 3)["name"] == "屋上"
            assert found["state"]["recording"]["id"] == name, "the same recording goes on"
            (again,) = (await server.call("GET", f"{this}/links"))["publications"]
            assert (again["id"], again["share_url"]) == (link["id"], link["share_url"])
            await until(lambda: grown(tmp_path, name, epoch=2) > 50_000, LIMIT)
        await server.call("POST", f"{this}/recordings/stop")
        done = await asked(server, f"/recordings/{name}", lambda one: one["state"] == "ready")
        files = (await server.call("GET", "/recordings"))["recordings"]
        again_opened = await server.call("POST", "/sessions", {"name": "y"})
        assert again_opened["id"] != session
    print(  # noqa: T201
        f"session killed: noticed after {noticed:.2f} s, "
        f"a viewer's picture after {pictured:.2f} s, "
        f"the camera live in its slot after {lived:.2f} s; gap {done['gaps']}"
    )
    assert [gap["why"] for gap in done["gaps"]] == ["restart"]
    (camera,) = [one for one in files if one["slot"] == 3]
    assert (camera["take"], camera["camera_name"]) == (name, "屋上")
    for one in (done, camera):
        with av.open(str(tmp_path / "recordings" / f"{one['id']}.mp4")) as file:
            assert sum(1 for _ in file.decode(video=0)) > 5


def kept(data: Path, session: str) -> str:
    """Return what the web process has written of a session, to go on with it."""
    path = data / "resume" / f"{session}.json"
    return path.read_text("utf-8") if path.exists() else ""


async def test_a_session_that_hangs_is_replaced_and_the_old_one_writes_nothing(
    tmp_path: Path,
) -> None:
    async with real_server(tmp_path) as server:
        session = (await server.call("POST", "/sessions", {"name": "x"}))["id"]
        await asked(server, f"/sessions/{session}", lambda found: found["state"])
        await asyncio.to_thread(_spend_time, server)
        stuck = process_of(server, "genba.session", busy=True)
        begun = time.monotonic()
        os.kill(stuck, signal.SIGSTOP)
        await asked(server, f"/sessions/{session}", lambda found: found["restarts"] == 1)
        print(f"session stopped: replaced after {time.monotonic() - begun:.1f} s")  # noqa: T201
        await until(lambda: not Path(f"/proc/{stuck}").exists(), LIMIT)


def _spend_time(server: RealServer) -> None:
    """Wait until the session has used more processor time than the spare."""
    begun = time.monotonic()
    while time.monotonic() - begun < 1.0:
        process_of(server, "genba.session", busy=True)


async def test_a_session_comes_back_whose_process_died_with_the_web_process(
    tmp_path: Path,
) -> None:
    async with real_server(tmp_path) as server:
        session = (await server.call("POST", "/sessions", {"name": "x"}))["id"]
        this = f"/sessions/{session}"
        invited = await server.call("POST", f"{this}/invitations", {"slot": 3, "name": "屋上"})
        post = poster(invited["whip"], invited["camera_token"])
        async with Publisher(post):
            await asked(server, this, lambda found: slot(found, 3).get("state") == "live")
            await until(lambda: "屋上" in kept(tmp_path, session), LIMIT)
            worker = process_of(server, "genba.session", busy=True)
            os.kill(process_of(server, "genba.server"), signal.SIGKILL)
            os.kill(worker, signal.SIGKILL)
            killed = time.monotonic()
        async with Publisher(post):
            found = await asked(server, this, lambda found: slot(found, 3).get("state") == "live")
            print(  # noqa: T201
                f"web process and session killed: camera live in its slot "
                f"after {time.monotonic() - killed:.1f} s"
            )
        assert (found["restarts"], found["state"]["epoch"]) == (1, 2)
        assert slot(found, 3)["name"] == "屋上"


async def test_a_server_whose_supervisor_was_killed_brings_its_sessions_back(
    tmp_path: Path,
) -> None:
    async with real_server(tmp_path, ends_with=-signal.SIGKILL) as server:
        session = (await server.call("POST", "/sessions", {"name": "x"}))["id"]
        await until(lambda: kept(tmp_path, session), LIMIT)
        os.kill(server.process.pid, signal.SIGKILL)
        await until(lambda: not session_members(server.process.pid), LIMIT)
    async with real_server(tmp_path) as server:
        found = await asked(server, f"/sessions/{session}", lambda one: one["state"])
        # The web process of before may have claimed an epoch while it was ending itself.
        assert found["restarts"] == 1
        assert found["state"]["epoch"] >= 2


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
