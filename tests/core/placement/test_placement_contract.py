"""What every placement promises, tried on both."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest

from genba.clock import SystemClock
from genba.errors import GenbaError
from genba.placement.inline import InlinePlacement
from genba.placement.local import LocalPlacement
from genba.placement.supervisor import Supervisor
from tests.kit.orders import order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from genba.placement import Placement

LIMIT = 40


@asynccontextmanager
async def supervised() -> AsyncIterator[str]:
    ready: asyncio.Queue[dict[str, object]] = asyncio.Queue()
    supervisor = Supervisor([], ready.put_nowait, web="tests.kit.idleweb")
    running = asyncio.create_task(supervisor.run())
    try:
        async with asyncio.timeout(LIMIT):
            yield str((await ready.get())["door"])
    finally:
        supervisor.stop()
        await running


@pytest.fixture(params=["inline", "local"])
async def placement(request: pytest.FixtureRequest) -> AsyncIterator[Placement]:
    if request.param == "inline":
        async with InlinePlacement(SystemClock()) as inline:
            yield inline
    else:
        async with supervised() as door, LocalPlacement(door) as local:
            yield local


async def test_a_session_opens_and_answers(placement: Placement, tmp_path: Path) -> None:
    mine = order(tmp_path)
    await placement.open(mine)
    async with placement.http(mine.session).get("/state") as answer:
        state = await answer.json()
    assert state["session"] == mine.session
    assert [slot["state"] for slot in state["slots"]] == ["empty"] * 4
    assert await placement.running() == [(mine.session, 1)]


async def test_the_order_never_comes_back_with_its_secrets(
    placement: Placement, tmp_path: Path
) -> None:
    mine = order(tmp_path)
    await placement.open(mine)
    async with placement.http(mine.session).get("/order") as answer:
        said = await answer.json()
    assert said["name"] == mine.name
    assert "ticket_key" not in said


async def test_two_sessions_live_beside_each_other(placement: Placement, tmp_path: Path) -> None:
    one, two = order(tmp_path), order(tmp_path)
    await placement.open(one)
    await placement.open(two)
    for each in (one, two):
        async with placement.http(each.session).get("/state") as answer:
            assert (await answer.json())["session"] == each.session
    assert sorted(await placement.running()) == sorted([(one.session, 1), (two.session, 1)])


async def test_a_session_that_ends_is_told_once(placement: Placement, tmp_path: Path) -> None:
    gone: asyncio.Queue[tuple[str, int]] = asyncio.Queue()

    async def told(session: str, epoch: int) -> None:
        await gone.put((session, epoch))

    placement.on_gone(told)
    mine = order(tmp_path)
    await placement.open(mine)
    async with placement.http(mine.session).post("/command", json={"do": "end"}) as answer:
        assert (await answer.json())["ok"] is True
    async with asyncio.timeout(LIMIT):
        assert await gone.get() == (mine.session, 1)
    assert await placement.running() == []
    with pytest.raises(GenbaError, match=r"session\.ended"):
        placement.http(mine.session)
    assert gone.empty()


async def test_closing_ends_it_and_is_quiet_the_second_time(
    placement: Placement, tmp_path: Path
) -> None:
    mine = order(tmp_path)
    await placement.open(mine)
    await placement.close(mine.session)
    await placement.close(mine.session)
    assert await placement.running() == []


async def test_what_was_killed_is_told_and_gone(placement: Placement, tmp_path: Path) -> None:
    gone: asyncio.Queue[tuple[str, int]] = asyncio.Queue()

    async def told(session: str, epoch: int) -> None:
        await gone.put((session, epoch))

    placement.on_gone(told)
    mine = order(tmp_path)
    await placement.open(mine)
    await placement.kill(mine.session)
    async with asyncio.timeout(LIMIT):
        assert await gone.get() == (mine.session, 1)
    assert await placement.running() == []
    with pytest.raises(GenbaError, match=r"session\.ended"):
        placement.http(mine.session)
    await placement.kill(mine.session)
    assert gone.empty(), "told once"


async def test_the_next_epoch_takes_the_place_of_the_one_before(
    placement: Placement, tmp_path: Path
) -> None:
    gone: asyncio.Queue[tuple[str, int]] = asyncio.Queue()

    async def told(session: str, epoch: int) -> None:
        await gone.put((session, epoch))

    placement.on_gone(told)
    first = order(tmp_path)
    await placement.open(first)
    second = first.model_copy(update={"epoch": 2})
    await placement.open(second)
    async with asyncio.timeout(LIMIT):
        assert await gone.get() == (first.session, 1), "the older one is gone, and nothing else"
    assert await placement.running() == [(first.session, 2)]
    async with placement.http(first.session).get("/state") as answer:
        assert (await answer.json())["epoch"] == 2
    assert gone.empty()


async def test_a_stopped_process_gives_its_place_to_the_next_epoch(tmp_path: Path) -> None:
    """SIGSTOP keeps it from hearing anything but SIGKILL."""
    async with supervised() as door, LocalPlacement(door) as local:
        first = order(tmp_path)
        await local.open(first)
        door_of = local.http(first.session).connector
        assert isinstance(door_of, aiohttp.UnixConnector)
        stuck = await asyncio.to_thread(_listener, door_of.path)
        os.kill(stuck, signal.SIGSTOP)
        await local.open(first.model_copy(update={"epoch": 2}))
        assert not await asyncio.to_thread(Path(f"/proc/{stuck}").exists), "reaped, not only killed"
        assert await local.running() == [(first.session, 2)]


async def test_an_order_that_cannot_be_carried_out_says_why(
    placement: Placement, tmp_path: Path
) -> None:
    with pytest.raises(GenbaError) as failed:
        await placement.open(
            order(tmp_path, rtc={"addresses": ["127.0.0.1"], "port_low": 1, "port_high": 1})
            if os.getuid()
            else order(tmp_path, rtc={"addresses": ["192.0.2.1"]})
        )
    assert failed.value.code == "rtc.no_port"
    assert await placement.running() == []


async def test_a_new_web_process_finds_what_runs(tmp_path: Path) -> None:
    mine = order(tmp_path)
    async with supervised() as door:
        async with LocalPlacement(door) as first:
            await first.open(mine)
        async with LocalPlacement(door) as second:
            assert await second.running() == [(mine.session, 1)]
            async with second.http(mine.session).get("/state") as answer:
                assert (await answer.json())["session"] == mine.session


async def test_the_supervisor_leaves_no_process(tmp_path: Path) -> None:
    async with supervised() as door, LocalPlacement(door) as local:
        await local.open(order(tmp_path))
    left = await asyncio.to_thread(_children)
    assert left == []


def _listener(socket: str) -> int:
    """Return the process that was started to listen on a socket."""
    return min(  # a child that it forks has its words too, for a moment
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and socket in _command(entry).split("\0")
    )


def _command(process: Path) -> str:
    try:
        return (process / "cmdline").read_text("utf-8", "replace")
    except OSError:
        return ""


def _children() -> list[str]:
    """Return the session processes whose parent is this one."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                with open(f"{entry.path}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
                    parent = int(file.read().rpartition(")")[2].split()[1])
                with open(f"{entry.path}/cmdline", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
                    command = file.read().replace("\0", " ")
            except OSError:
                continue
            if parent == os.getpid() and "genba" in command:
                found.append(command)
    return found
