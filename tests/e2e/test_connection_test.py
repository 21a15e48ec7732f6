"""The test of the connection in real browsers, over real servers and real networks."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from playwright.async_api import async_playwright

from tests.kit.netns import Network, needs_namespaces
from tests.kit.pagebrowser import ARGUMENTS, OVERFLOW, chromium, look
from tests.kit.realserver import real_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser

    from tests.kit.pagebrowser import Look
    from tests.kit.realserver import RealServer

DONE = "!document.querySelector('#report').hidden"
FIRST = ("browser", "server", "websocket", "codec")


async def states(at: Look) -> dict[str, str]:
    """Return each step's state."""
    found: dict[str, str] = await at.page.evaluate(
        "() => Object.fromEntries([...document.querySelectorAll('#steps li')]"
        ".map((li) => [li.dataset.step, li.dataset.state]))"
    )
    return found


async def told(at: Look) -> str:
    """Return the report's full text, folded away or not."""
    return await at.page.text_content("#report-text") or ""


async def doctor(data: Path, *words: str) -> dict[str, dict[str, Any]]:
    """Return what the real doctor says, by row."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "genba", "doctor", "--json", "--data", str(data), *words),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    return {row["name"]: row for row in json.loads(said)["findings"]}


@asynccontextmanager
async def trusting(address: str) -> AsyncIterator[Browser]:
    """Start a browser that takes plain HTTP of ``address`` for secure.

    Its driver starts where this thread is: in a namespace, when it is in one.
    """
    secure = f"--unsafely-treat-insecure-origin-as-secure={address}"
    async with async_playwright() as tool:
        browser = await tool.chromium.launch(
            executable_path="/usr/bin/chromium", args=[*ARGUMENTS, secure]
        )
        try:
            yield browser
        finally:
            await browser.close()


async def run_test(at: Look, url: str) -> dict[str, str]:
    await at.page.goto(f"{url}/test?lang=ja")
    await at.page.click("#go")
    await at.until(DONE, 60)
    return await states(at)


async def test_all_is_well_where_nothing_is_in_the_way(tmp_path: Path) -> None:
    async with chromium() as browser, look(browser, width=320, height=640, allowed=False) as no:
        async with real_server(tmp_path) as server:
            await _good(server, browser)
            await _no_camera(server, no)
            await no.page.context.set_offline(True)
            await no.page.click("#go")
            await no.until("document.querySelector('#step-server').dataset.state === 'failed'")
            assert "ネットワークにつながっていません" in await no.text("#step-server")
            await no.page.context.set_offline(False)
        await no.page.click("#go")
        await no.until("document.querySelector('#step-server').innerText.includes('返事')")
        assert (await states(no))["udp"] == "untested"
        await no.until(DONE)
        assert await no.page.is_hidden("#report-code")


async def _good(server: RealServer, browser: Browser) -> None:
    async with look(browser, width=390, height=844) as at:
        found = await run_test(at, server.base)
        for name in (*FIRST, "udp", "video"):
            assert found[name] == "ok", (name, await told(at))
        assert await at.text("#verdict-title") == "映像を送れます"
        assert await at.page.evaluate("document.activeElement.id") == "verdict"
        assert "kbit/s" in await at.text("#step-video .check-what")
        await at.page.click("#camera")
        await at.until("document.querySelector('#step-microphone').dataset.state === 'ok'")
        await at.until("!document.querySelector('#camera').disabled")
        code = (await at.text("#report-code")).replace("-", "")
        assert await at.page.evaluate(OVERFLOW) == []
        assert at.faults == []
    kept = (await server.call("GET", f"/tests/{code}"))["findings"]
    steps = {step["name"]: step["state"] for step in kept["steps"]}
    assert (steps["camera"], steps["microphone"]) == ("ok", "ok")
    print(f"test on loopback: {kept['figures']} {kept['way']}")  # noqa: T201
    rows = await doctor(server.data, "--report", code)
    assert rows["report.udp"]["grade"] == "good"


async def _no_camera(server: RealServer, at: Look) -> None:
    """No camera, and nobody allows the microphone: said plainly, and the rest stands."""
    await at.page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async ({audio}) => {"
        " throw new DOMException('', audio ? 'NotAllowedError' : 'NotFoundError'); }"
    )
    await run_test(at, server.base)
    await at.page.click("#camera")
    await at.until("document.querySelector('#step-microphone').dataset.state === 'failed'")
    assert "カメラが見つかりません" in await at.text("#step-camera")
    assert "マイクを使えません" in await at.text("#step-microphone")
    assert await at.text("#verdict-title") == "映像を送れます"
    assert await at.page.evaluate(OVERFLOW) == []


@needs_namespaces
async def test_blocked_udp_is_named_and_the_doctor_knows_the_cure(tmp_path: Path) -> None:
    """Two machines: all is well over IPv6 first, then a firewall drops UDP."""
    ports = "41000-41019"
    async with Network() as network:
        here = f"[{network.address('a', six=True)}]"
        with network.inside("a"):
            starting = real_server(
                tmp_path, "serve", "--host", "::", "--set", f"rtc.udp_ports={ports}"
            )
            server = await starting.__aenter__()
        try:
            url = f"http://{here}:{server.base.rpartition(':')[2]}"
            with network.inside("b"):
                async with trusting(url) as browser, look(browser, width=390) as at:
                    found = await run_test(at, url)
                    assert {found["udp"], found["video"]} == {"ok"}, await told(at)
                    assert "IPv6" in await told(at)
                    await _blocked(network, at, url, ports)
                    code = await at.text("#report-code")
            rows = await doctor(tmp_path, "--report", code, "--set", f"rtc.udp_ports={ports}")
            assert rows["report.udp"]["grade"] == "bad"
            assert "that phone's network blocks it" in rows["report.udp"]["what"]
            assert ports in rows["report.udp"]["cure"]
            rows = await doctor(tmp_path)
            assert rows["tests.udp.blocked"]["grade"] == "warn"
        finally:
            await starting.__aexit__(None, None, None)


async def _blocked(network: Network, at: Look, url: str, ports: str) -> None:
    await _drop(network, "OUTPUT")
    found = await run_test(at, url)
    assert {found[name] for name in FIRST} == {"ok"}
    assert (found["udp"], found["video"]) == ("failed", "untested")
    assert "返事が戻りません" in await at.text("#step-udp")
    await _drop(network, "INPUT")
    found = await run_test(at, url)
    assert found["udp"] == "failed"
    assert "UDPが通りません" in await at.text("#step-udp")
    assert ports in await at.text("#step-udp .check-cure")
    assert await at.text("#verdict-title") == "このままでは映像を送れません"


async def _drop(network: Network, chain: str) -> None:
    for tables in ("iptables", "ip6tables"):
        await network.run("a", tables, "-A", chain, "-p", "udp", "-j", "DROP")
