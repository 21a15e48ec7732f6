"""Slow ones and many: whoever looks goes on looking, and nothing stays behind.

``GENBA_SOAK=1`` makes these as long as they are meant: a minute of fifty joins a second, a thousand
cycles. The short forms look for what breaks at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING, Self

import pytest

from genba.wire.event import EVENT, StateChanged
from genba.wire.order import RtcOrder
from tests.kit.crowd import Crowd, pictures
from tests.kit.netns import Network, needs_namespaces
from tests.kit.rtc import Viewer
from tests.kit.sessionprocess import session_process
from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.kit.leanviewer import LeanViewer
    from tests.kit.sessionprocess import SessionProcess

pytestmark = pytest.mark.soak
SOAK = bool(os.environ.get("GENBA_SOAK"))
WINDOW = 4.0  # seconds over which pictures are counted
MIB = 2**20


async def _gone(session: SessionProcess, left: int) -> None:
    """Return once only so many viewers are left: the session tells each change."""
    async with asyncio.timeout(15), session.client.ws_connect("/events") as events:
        async for message in events:
            event = EVENT.validate_json(message.data)
            if isinstance(event, StateChanged) and event.state.figures.viewers == left:
                return


@contextlib.asynccontextmanager
async def looking(crowd: Crowd, count: int) -> AsyncIterator[list[LeanViewer]]:
    """Have so many viewers that see the picture, for as long as this is open."""
    async with contextlib.AsyncExitStack() as stack:
        steady = [await stack.enter_async_context(crowd.viewer()) for _ in range(count)]
        for viewer in steady:
            await viewer.seen(30)
        yield steady


@pytest.mark.timeout(200)
async def test_fifty_joins_and_leaves_a_second_do_not_disturb_who_looks(tmp_path: Path) -> None:
    seconds = 60.0 if SOAK else 4.0
    async with session_process(tmp_path) as session:
        crowd = Crowd(session.asker())
        async with looking(crowd, 3) as steady:
            quiet = sum(await pictures(steady, WINDOW)) / WINDOW
            before = [viewer.pictures for viewer in steady]
            cpu = await asyncio.to_thread(session.cpu)
            begun = asyncio.get_running_loop().time()
            await crowd.rush(50, seconds)
            took = asyncio.get_running_loop().time() - begun
            cpu = await asyncio.to_thread(session.cpu) - cpu
            got = sum(v.pictures - b for v, b in zip(steady, before, strict=True)) / took
            await _gone(session, 3)
            state = await session.state()
    print(  # noqa: T201
        f"{crowd.joined} joins in {took:.1f} s ({crowd.failed} failed, {crowd.behind} late): "
        f"others {quiet / 3:.1f} -> {got / 3:.1f} pictures/s, "
        f"{state.figures.late_ticks} late ticks of {state.figures.ticks}, "
        f"{cpu / max(1, crowd.joined) * 1000:.1f} ms CPU a join"
    )
    assert crowd.failed == 0
    assert crowd.joined == round(50 * seconds)
    assert got > quiet * (0.95 if SOAK else 0.6)


@pytest.mark.timeout(600)
async def test_memory_and_files_come_back_after_many_visits(tmp_path: Path) -> None:
    cycles = 1000 if SOAK else 60
    async with session_process(tmp_path) as session:
        crowd = Crowd(session.asker(), most=8)
        async with looking(crowd, 1):
            await crowd.rush(25, 40 / 25)  # what is made once is made now
            await _gone(session, 1)
            handles = await asyncio.to_thread(session.handles)
            memory = await asyncio.to_thread(session.resident)
            await crowd.rush(25, cycles / 25)
            await _gone(session, 1)
            await until(lambda: session.handles() <= handles)
            grown = await asyncio.to_thread(session.resident) - memory
    print(  # noqa: T201
        f"{cycles} visits: {grown / MIB:+.1f} MiB ({grown / MIB / cycles * 100:+.2f} per 100), "
        f"{handles} files before and after"
    )
    assert crowd.failed == 0
    assert grown < (cycles / 100 if SOAK else 10) * MIB


async def test_a_viewer_that_stops_reading_costs_the_others_nothing(tmp_path: Path) -> None:
    async with session_process(tmp_path) as session:
        crowd = Crowd(session.asker())
        async with looking(crowd, 2) as steady, crowd.viewer() as stuck:
            await stuck.seen(5)
            quiet = sum(await pictures(steady, WINDOW))
            memory = await asyncio.to_thread(session.resident)
            stuck.stand_still()
            got = sum(await pictures(steady, 15.0 if SOAK else WINDOW))
            grown = await asyncio.to_thread(session.resident) - memory
            got_rate, quiet_rate = got / (15.0 if SOAK else WINDOW), quiet / WINDOW
    print(  # noqa: T201
        f"stuck viewer: others {quiet_rate / 2:.1f} -> {got_rate / 2:.1f} pictures/s, "
        f"{grown / MIB:+.1f} MiB"
    )
    assert got_rate > quiet_rate * 0.6
    assert grown < 50 * MIB


async def test_who_vanishes_is_let_go(tmp_path: Path) -> None:
    async with session_process(tmp_path) as session:
        crowd = Crowd(session.asker())
        async with crowd.viewer() as steady:
            for _ in range(3):
                async with crowd.viewer() as lost:
                    await lost.seen(1)
                    lost.vanish()
            assert (await session.state()).figures.viewers == 4
            await steady.seen(steady.pictures + 10)


@needs_namespaces
async def test_viewers_that_lose_packets_keep_to_themselves(tmp_path: Path) -> None:
    """Two stock viewers lose 2 % and 10 %; the others do not notice, and those two go on."""
    window = 20.0 if SOAK else 5.0
    async with Network() as network:
        here = network.address("a")
        rtc = RtcOrder(addresses=(here,))
        async with session_process(tmp_path, network=network, rtc=rtc) as session:
            crowd = Crowd(session.asker())
            await network.shape(delay=0.025)
            with network.inside("b"):
                async with (
                    looking(crowd, 2) as steady,
                    _Stock(session, network) as some,
                    _Stock(session, network) as many,
                ):
                    quiet = sum(await pictures(steady, WINDOW)) / WINDOW
                    await some.lose(0.02)
                    await many.lose(0.10)
                    before = some.viewer.pictures, many.viewer.pictures
                    got = sum(await pictures(steady, window)) / window
                    rates = (
                        (some.viewer.pictures - before[0]) / window,
                        (many.viewer.pictures - before[1]) / window,
                    )
                    counts = (await session.state()).figures.counts
    print(  # noqa: T201
        f"loss 2 % / 10 % at 50 ms: {rates[0]:.1f} / {rates[1]:.1f} pictures/s decoded; "
        f"others {quiet / 2:.1f} -> {got / 2:.1f}; {counts.packets_nacked} asked for again, "
        f"{counts.packets_resent} resent, {counts.keys_from_viewers} key requests"
    )
    assert got > quiet * (0.95 if SOAK else 0.6)
    assert counts.packets_resent > 0
    assert rates[0] > 5
    assert rates[1] > 5


class _Stock:
    """A stock aiortc viewer on side b, whose packets can be lost."""

    def __init__(self, session: SessionProcess, network: Network) -> None:
        self.viewer = Viewer(session.asker(), ("H264",), audio=False)
        self.viewer.host = network.address("b")
        self._network = network

    async def __aenter__(self) -> Self:
        await self.viewer.__aenter__()
        await self.viewer.seen(pictures=5, limit=20)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.viewer.__aexit__(*exc)

    async def lose(self, share: float) -> None:
        port = next(
            line.split()[5]
            for line in self.viewer.offer.splitlines()
            if line.startswith("a=candidate:")
        )
        await self._network.run(
            "b",
            *("iptables", "-A", "INPUT", "-p", "udp", "--dport", port, "-m", "statistic"),
            *("--mode", "random", "--probability", str(share), "-j", "DROP"),
        )
