"""A worker and a supporter behind a firewall that lets no UDP through, or nothing but port 443."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import async_playwright

from genba import certificate, turn
from genba.clock import SystemClock
from tests.e2e.test_first_light import advances
from tests.kit.netns import Network
from tests.kit.pagebrowser import ARGUMENTS, look
from tests.kit.realserver import real_server
from tests.kit.repo import ROOT
from tests.kit.turnclient import OK, TurnClient
from tests.kit.turnserver import needs_coturn, needs_nginx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser

    from tests.kit.realserver import RealServer

GENBA, TURN = "genba.example.com", "turn.example.com"  # as in docs/nginx
ARRIVES = "document.querySelector('#status').textContent.includes('届いています')"
pytestmark = [needs_coturn, pytest.mark.timeout(240)]


@dataclass
class _House:
    network: Network
    server: RealServer
    base: str
    data: Path


@asynccontextmanager
async def _house(folder: Path, *words: str, base: str = "") -> AsyncIterator[_House]:
    """Run a server with HTTPS on side ``a``; no UDP leaves or enters side ``b``."""
    now = SystemClock().now()
    names = ("10.99.0.1", GENBA, TURN)
    own = await asyncio.to_thread(certificate.own, folder / "tls", now, names)
    given = {"server.certificate": own.chain, "server.certificate_key": own.key}
    async with Network() as network:
        for tables in ("iptables", "ip6tables"):
            for chain in ("INPUT", "OUTPUT"):
                await network.run("b", tables, "-A", chain, "-p", "udp", "-j", "DROP")
        more = [word for name, value in given.items() for word in ("--set", f"{name}={value}")]
        with network.inside("a"):
            async with real_server(folder / "data", "serve", *more, *words) as server:
                yield _House(network, server, base or server.base, folder / "data")


@asynccontextmanager
async def _chromium(network: Network) -> AsyncIterator[Browser]:
    """Start a browser on side ``b`` that takes the server's own certificate for good."""
    names = ", ".join(f"MAP {name} 10.99.0.1" for name in (GENBA, TURN))
    with network.inside("b"):
        async with async_playwright() as tool:
            browser = await tool.chromium.launch(
                executable_path="/usr/bin/chromium",
                args=[
                    *ARGUMENTS,
                    "--ignore-certificate-errors",
                    f"--host-resolver-rules={names}",
                ],
            )
            try:
                yield browser
            finally:
                await browser.close()


async def _call(house: _House, browser: Browser) -> tuple[float, float]:
    """Send by the camera's page, watch by the console and a guest; return seconds to pictures."""
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(
            look(browser, locale="ja-JP", ignore_https_errors=True)
        )
        await desk.page.goto(house.server.facts["url"])
        await desk.page.click("#new")
        await desk.page.wait_for_url("**/s/*")
        session = desk.page.url.rpartition("/")[2]
        code = (await desk.page.inner_text(".code >> nth=0")).strip()
        phone = await stack.enter_async_context(
            look(browser, width=412, height=839, locale="ja-JP", ignore_https_errors=True)
        )
        await phone.page.goto(f"{house.base}/j/{code}")
        tapped = time.monotonic()
        await phone.page.click("#send")
        await phone.until(ARRIVES, 30)
        sent = time.monotonic() - tapped
        await advances(desk)
        opened = time.monotonic()
        console = await stack.enter_async_context(
            look(browser, locale="ja-JP", ignore_https_errors=True)
        )
        await console.page.context.add_cookies(await desk.page.context.cookies())  # type: ignore[arg-type]
        await console.page.goto(f"{house.base}/s/{session}")
        await console.until("(document.querySelector('video')?.currentTime ?? 0) > 0", 30)
        seen = time.monotonic() - opened
        assert desk.faults + phone.faults + console.faults == []
        return sent, seen


async def test_pictures_arrive_by_turn_over_tcp(tmp_path: Path) -> None:
    async with _house(tmp_path, "--host", "10.99.0.1") as house:
        # Nor by TLS: what is left is TURN over plain TCP.
        await house.network.run(
            "b", "iptables", "-A", "OUTPUT", "-p", "tcp", "--dport", "5349", "-j", "REJECT"
        )
        async with _chromium(house.network) as browser:
            sent, seen = await _call(house, browser)
    print(f"no UDP, TURN over TCP: camera {sent:.1f} s after the tap, console {seen:.1f} s")  # noqa: T201


@asynccontextmanager
async def _shared(folder: Path) -> AsyncIterator[_House]:
    """Run Genba, coturn and nginx by docs/nginx; nothing but TCP 443 leaves side ``b``."""
    words = {
        "server.public_url": f"https://{GENBA}",
        "rtc.addresses": "10.99.0.1",
        "turn.public_address": TURN,
        "turn.public_tls_port": "443",
    }
    more = [word for name, value in words.items() for word in ("--set", f"{name}={value}")]
    base = f"https://{GENBA}"
    async with _house(folder, "--port", "8443", *more, base=base) as house, _nginx(folder):
        for rule in (("-o", "lo", "-j", "ACCEPT"), ("-p", "tcp", "--dport", "443", "-j", "ACCEPT")):
            await house.network.run("b", "iptables", "-A", "OUTPUT", *rule)
        await house.network.run("b", "iptables", "-A", "OUTPUT", "-j", "DROP")
        yield house


@needs_nginx
async def test_pages_and_turn_share_port_443_by_name(tmp_path: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.load_verify_locations(await asyncio.to_thread(_made, tmp_path))
    async with _shared(tmp_path) as house:
        secret = await asyncio.to_thread((house.data / "keys" / "turn").read_text, "ascii")
        who = turn.mint(secret.strip(), "ticket", int(time.time()) + 300)
        with house.network.inside("b"):
            reader, writer = await asyncio.open_connection(
                "10.99.0.1", 443, ssl=tls, server_hostname=GENBA
            )
            writer.write(f"GET /healthz HTTP/1.0\r\nHost: {GENBA}\r\n\r\n".encode())
            async with asyncio.timeout(10):
                said = await reader.read()
            writer.close()
            assert said.startswith(b"HTTP/1.0 200")
            assert b'"alive": true' in said
            async with TurnClient(("10.99.0.1", 443), who, tls=True, name=TURN) as client:
                assert await client.allocate() == OK
                assert await client.permit("10.99.0.1", 40000) == OK
                assert await client.permit("127.0.0.1", 8443) == 403
                assert await client.refresh(0) == OK
            with pytest.raises((OSError, EOFError)):  # a name that nobody has
                async with TurnClient(("10.99.0.1", 443), who, tls=True, name="else.example"):
                    pass


def _made(folder: Path) -> str:
    """Make the certificate that the server will find; return its file. Blocking."""
    names = ("10.99.0.1", GENBA, TURN)
    return str(certificate.own(folder / "tls", SystemClock().now(), names).chain)


@needs_nginx
async def test_pictures_arrive_by_port_443_alone(tmp_path: Path) -> None:
    async with _shared(tmp_path) as house, _chromium(house.network) as browser:
        sent, seen = await _call(house, browser)
    print(f"port 443 alone, TURN over TLS: camera {sent:.1f} s after the tap, console {seen:.1f} s")  # noqa: T201


@asynccontextmanager
async def _nginx(folder: Path) -> AsyncIterator[None]:
    """Run nginx by the file of docs/nginx, with a place of its own for its pid."""
    text = await asyncio.to_thread((ROOT / "docs/nginx/genba-443.conf").read_text, "utf-8")
    own = folder / "nginx.conf"
    here = text.replace("/run/genba-nginx.pid", str(folder / "nginx.pid"))
    await asyncio.to_thread(own.write_text, here, "utf-8")
    process = await asyncio.create_subprocess_exec(
        shutil.which("nginx") or "nginx", "-c", str(own), "-g", "daemon off;", process_group=0
    )
    try:
        async with asyncio.timeout(20):
            while True:
                try:
                    _, writer = await asyncio.open_connection("10.99.0.1", 443)
                except OSError:
                    assert process.returncode is None, "nginx ended"
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    break
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
