"""`genba demo` as a program that starts it sees it."""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from genba.demo.places import PLACES
from tests.kit.rtc import Publisher, Viewer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

LIMIT = 80


@asynccontextmanager
async def demo(data: Path, *more: str) -> AsyncIterator[dict[str, Any]]:
    """Yield what the demo says; afterwards it must end well by SIGTERM."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "genba", "demo", "--json", "--port", "0", "--data", str(data), *more),
        stdout=asyncio.subprocess.PIPE,
        cwd=data,
    )
    assert process.stdout is not None
    try:
        yield json.loads(await process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert await process.stdout.read() == b""  # nobody is left who holds it
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.timeout(LIMIT + 20)
async def test_one_line_of_json_opens_every_door(tmp_path: Path) -> None:
    async with (
        asyncio.timeout(LIMIT),
        demo(tmp_path) as facts,
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {facts['api_token']}"}) as http,
    ):

        async def offer_to(address: str, token: str, offer: str) -> str:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
            async with http.post(facts[address], data=offer, headers=headers) as answer:
                assert answer.status == 201
                return await answer.text()

        async with http.get(f"{facts['api']}/sessions/{facts['session']}") as answer:
            slots = (await answer.json())["state"]["slots"]
        assert [slot["name"] for slot in slots] == list(PLACES)
        assert {slot["state"] for slot in slots} == {"live"}
        async with (
            Viewer(lambda offer: offer_to("whep", facts["view_ticket"], offer)) as viewer,
            Publisher(lambda offer: offer_to("whip", facts["camera_token"], offer)) as publisher,
        ):
            await viewer.seen(pictures=5, sounds=5, limit=30)
            await publisher.connected()
        async with http.get(facts["view"], headers={"Authorization": ""}) as answer:
            assert answer.status == 200
        jar = aiohttp.CookieJar(unsafe=True)  # which takes cookies of an IP address
        async with (
            aiohttp.ClientSession(cookie_jar=jar) as browser,
            browser.get(facts["url"]) as answer,
        ):
            assert answer.status == 200
            assert answer.url.path == f"/s/{facts['session']}"


@pytest.mark.timeout(LIMIT + 20)
async def test_lan_serves_https_with_a_certificate_that_can_be_checked(tmp_path: Path) -> None:
    async with asyncio.timeout(LIMIT), demo(tmp_path, "--lan") as facts:
        assert facts["join"].startswith("https://")
        chain = await asyncio.to_thread(
            ssl.create_default_context, cafile=str(tmp_path / "certificate.pem")
        )
        async with aiohttp.ClientSession() as http, http.get(facts["join"], ssl=chain) as answer:
            assert answer.status == 200
