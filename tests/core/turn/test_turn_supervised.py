"""coturn as the supervisor's child: killed, in the way of another, and never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from pathlib import Path

import aiohttp

from tests.kit.netns import Network
from tests.kit.realserver import RealServer, real_server, session_members
from tests.kit.turnclient import OK
from tests.kit.turnserver import needs_coturn, turn_house
from tests.kit.until import until

pytestmark = needs_coturn
PORTS = ("--set", "rtc.addresses=10.99.0.1")


def coturns(server: RealServer) -> list[int]:
    """Return the pids of a server's coturn. Blocking."""
    return [
        pid
        for pid in session_members(server.process.pid)
        if b"turnserver\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


async def test_a_killed_one_comes_back(tmp_path: Path) -> None:
    async with turn_house(tmp_path) as house:
        first = house.server.state()["pid"]
        assert isinstance(first, int)
        os.kill(first, signal.SIGKILL)
        await until(lambda: house.server.state()["restarts"] == 1)
        await until(lambda: house.server.state()["state"] == "running", 20)
        assert house.server.state()["pid"] != first
        assert await (await house.client()).allocate() == OK


async def test_a_port_that_somebody_has_is_named_and_taken_when_it_is_free(tmp_path: Path) -> None:
    async with turn_house(tmp_path) as house:
        first = house.server.state()["pid"]
        assert isinstance(first, int)
        os.kill(first, signal.SIGSTOP)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
            os.kill(first, signal.SIGKILL)
            await until(lambda: house.server.state()["pid"] != first)
            await until(lambda: house.server.state()["state"] == "running", 20)
            second = house.server.state()["pid"]
            assert isinstance(second, int)
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("10.99.0.1", 3478))
            other.listen()  # as another coturn would: the kernel lets both
            os.kill(second, signal.SIGKILL)
            await until(lambda: "TCP port 3478" in str(house.server.state()["why"]))
            assert house.server.state()["state"] != "running"
        await until(lambda: house.server.state()["state"] == "running", 20)


async def test_the_server_says_how_it_does_and_leaves_none_behind(tmp_path: Path) -> None:
    async with Network() as network:
        with network.inside("a"):
            async with real_server(tmp_path, "serve", *PORTS) as server:
                (first,) = await asyncio.to_thread(coturns, server)
                assert await ready(server, token=False) == {"state": "running"}
                assert (await ready(server))["pid"] == first
                os.kill(first, signal.SIGKILL)
                await comes(server, "restarts", 1)
                await comes(server, "state", "running")


async def test_none_is_left_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    async with Network() as network:
        with network.inside("a"):
            async with real_server(tmp_path, "serve", *PORTS, ends_with=-signal.SIGKILL) as server:
                assert await asyncio.to_thread(coturns, server)
                server.process.kill()
                async with asyncio.timeout(20):
                    while await asyncio.to_thread(  # noqa: ASYNC110 (others' processes)
                        session_members, server.process.pid
                    ):
                        await asyncio.sleep(0.02)


async def comes(server: RealServer, name: str, value: object) -> None:
    async with asyncio.timeout(20):
        while (await ready(server))[name] != value:  # noqa: ASYNC110 (another process tells)
            await asyncio.sleep(0.05)


async def ready(server: RealServer, *, token: bool = True) -> dict[str, object]:
    headers = {"Authorization": f"Bearer {server.token}"} if token else {}
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{server.base}/readyz", headers=headers) as answer,
    ):
        found: dict[str, object] = (await answer.json())["turn"]
        return found
