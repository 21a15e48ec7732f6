"""The web process as it really runs: addresses, TLS, the supervisor, a real session process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import sys
import warnings
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from genba.certificate import own
from genba.clock import SystemClock
from genba.plugins import Plugins
from genba.server.app import CannotServeError, Started, public_url, serve
from genba.server.desk.addresses import of_host
from genba.settings import Data, Server, Settings
from tests.kit.placement import FakePlacement

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

LIMIT = 40


@asynccontextmanager
async def serving(data: Path, **server: Any) -> AsyncIterator[Started]:
    """Serve on a free port until left."""
    settings = Settings(data=Data(dir=data), server=Server(port=0, **server))
    started: asyncio.Future[Started] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    async with FakePlacement() as placement:
        task = asyncio.create_task(
            serve(
                settings,
                placement,
                SystemClock(),
                Plugins(),
                started=started.set_result,
                stop=stop,
            )
        )
        async with asyncio.timeout(LIMIT):
            await asyncio.wait((task, started), return_when=asyncio.FIRST_COMPLETED)
            try:
                if task.done():
                    await task
                yield await started
            finally:
                stop.set()
                await task


async def test_it_says_where_it_listens_and_signs_in(tmp_path: Path) -> None:
    async with serving(tmp_path) as started, aiohttp.ClientSession() as client:
        assert started.url.startswith(f"http://127.0.0.1:{started.port}/enter/")
        assert started.api == f"http://127.0.0.1:{started.port}/api/v1"
        async with client.get(started.url, allow_redirects=False) as answer:
            assert answer.status == 303
        token = await asyncio.to_thread((tmp_path / "keys" / "api-token").read_text)
        headers = {"Authorization": f"Bearer {token.strip()}"}
        async with client.get(f"{started.api}/sessions", headers=headers) as answer:
            assert answer.status == 200


async def test_https_from_tls_1_2_on(tmp_path: Path) -> None:
    made = await asyncio.to_thread(own, tmp_path, datetime.now(UTC), ())
    async with serving(
        tmp_path, certificate=str(made.chain), certificate_key=str(made.key)
    ) as started:
        assert started.url.startswith("https://127.0.0.1:")
        for version, good in (
            (ssl.TLSVersion.TLSv1_1, False),
            (ssl.TLSVersion.TLSv1_2, True),
            (ssl.TLSVersion.TLSv1_3, True),
        ):
            context = await asyncio.to_thread(client_context, str(made.chain), version)
            connecting = asyncio.open_connection("127.0.0.1", started.port, ssl=context)
            if not good:
                with pytest.raises((ssl.SSLError, ConnectionError)):
                    await connecting
                continue
            _, writer = await connecting
            assert writer.get_extra_info("ssl_object").version() == version.name.replace("_", ".")
            writer.close()
            await writer.wait_closed()
        context = await asyncio.to_thread(client_context, str(made.chain), ssl.TLSVersion.TLSv1_3)
        async with (
            aiohttp.ClientSession() as client,
            client.get(started.url, ssl=context, allow_redirects=False) as answer,
        ):
            assert answer.headers["Set-Cookie"].startswith("__Host-genba=")


def client_context(chain: str, version: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=chain)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.1 is what must be refused
        context.minimum_version = context.maximum_version = version
    if version < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


async def test_what_cannot_be_served_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = Settings(data=Data(dir=tmp_path), server=Server(port=port))
        with pytest.raises(CannotServeError, match=rf"server\.port {port}"):
            await serve_briefly(settings)
    for server, said in (
        (Server(port=0, certificate=str(tmp_path / "none.pem")), r"server\.certificate"),
        (Server(port=0, host="no.such.host.invalid"), r"server\.host"),
    ):
        with pytest.raises(CannotServeError, match=said):
            await serve_briefly(Settings(data=Data(dir=tmp_path), server=server))
    await asyncio.to_thread((tmp_path / "keys").mkdir)
    await asyncio.to_thread((tmp_path / "keys" / "ticket").write_text, "spoilt")
    with pytest.raises(CannotServeError, match=r"data\.dir: .*ticket holds no key"):
        await serve_briefly(Settings(data=Data(dir=tmp_path), server=Server(port=0)))


async def serve_briefly(settings: Settings) -> None:
    stop = asyncio.Event()
    stop.set()
    await serve(
        settings,
        FakePlacement(),
        SystemClock(),
        Plugins(),
        started=lambda _: None,
        stop=stop,
    )


@pytest.mark.parametrize(
    ("server", "url"),
    [
        (Server(), "http://127.0.0.1:9"),
        (Server(host="::1"), "http://[::1]:9"),
        (Server(host="localhost", certificate="x"), "https://localhost:9"),
        (Server(public_url="https://genba.example/"), "https://genba.example"),
    ],
)
def test_the_address_that_people_use(server: Server, url: str) -> None:
    assert public_url(Settings(server=server), 9) == url


def test_every_address_means_one_that_others_reach_and_loopback() -> None:
    found = of_host("0.0.0.0")  # noqa: S104 (nothing is bound)
    assert found[-1] == "127.0.0.1"
    assert "0.0.0.0" not in found  # noqa: S104
    assert of_host("127.0.0.1") == ("127.0.0.1",)
    assert of_host("no.such.host.invalid") == ("127.0.0.1",)


async def test_a_web_process_that_is_killed_comes_back_to_its_sessions(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "genba", "serve", "--json", "--port", "0", "--data", str(tmp_path)),
        *("--set", "rtc.addresses=127.0.0.1"),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(LIMIT):
            said = json.loads(await process.stdout.readline())
            token = await asyncio.to_thread((tmp_path / "keys" / "api-token").read_text)
            headers = {"Authorization": f"Bearer {token.strip()}"}
            async with aiohttp.ClientSession(headers=headers) as client:
                api = said["api"]
                async with client.post(f"{api}/sessions", json={"name": "続く"}) as answer:
                    assert answer.status == 201, await answer.text()
                    session = (await answer.json())["id"]
                async with client.post(f"{api}/sessions/{session}/ticket") as answer:
                    ticket = (await answer.json())["ticket"]
                control = api.replace("/api/v1", "/control")
                async with client.ws_connect(
                    control, protocols=("genba.v1", f"ticket.{ticket}")
                ) as page:
                    assert (await page.receive_json())["state"]["name"] == "続く"
                (web,) = await asyncio.to_thread(children, process.pid, "genba.server")
                os.kill(web, signal.SIGKILL)
                found = await again(client, f"{api}/sessions/{session}")
                assert (found["name"], found["state"]["session"]) == ("続く", session)
                async with client.ws_connect(
                    control, protocols=("genba.v1", f"ticket.{ticket}")
                ) as page:
                    end = {"type": "command", "re": 1, "command": {"do": "end"}}
                    await page.send_json(end)
                    async for _ in page:
                        pass
                    assert page.close_code == 4410
                while found["ended_at"] is None:
                    found = await again(client, f"{api}/sessions/{session}")
                assert found["reason"] == "stopped"
    finally:
        process.terminate()
        await process.wait()


async def again(client: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    """Ask until somebody listens there again."""
    while True:
        try:
            async with client.get(url) as answer:
                found: dict[str, Any] = await answer.json()
                return found
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(0.05)


def children(parent: int, module: str) -> list[int]:
    """Return the pids of a process's children that run ``module``."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                with open(f"{entry.path}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
                    ppid = int(file.read().rpartition(")")[2].split()[1])
                with open(f"{entry.path}/cmdline", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
                    words = file.read().split("\0")
            except OSError:
                continue
            if ppid == parent and module in words:
                found.append(int(entry.name))
    return found
