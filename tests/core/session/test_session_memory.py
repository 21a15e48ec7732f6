"""A process that grows is replaced before the machine suffers."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING

from genba.session.memory import ENOUGH, Memory, resident_mb
from genba.wire.ticket import TicketKind
from tests.kit.orders import ticket
from tests.kit.sessionprocess import session_process

if TYPE_CHECKING:
    from pathlib import Path


def test_a_short_peak_is_forgiven_and_a_long_one_is_not() -> None:
    spent: list[int] = []
    memory = Memory(100, lambda: spent.append(memory.megabytes))
    for reading in (50, 120, 120, 90, *[120] * (ENOUGH - 1)):
        memory.note(reading)
    assert spent == []
    memory.note(130)
    assert spent == [130]
    memory.note(140)
    assert spent == [130], "once"


def test_nobody_more_is_let_in_while_it_is_short() -> None:
    memory = Memory(100)
    memory.note(79)
    assert not memory.crowded
    memory.note(81)
    assert memory.crowded
    memory.note(60)
    assert not memory.crowded
    unlimited = Memory()
    unlimited.note(10**6)
    assert not unlimited.crowded


GROWING = """
import asyncio, logging, sys
from genba.session.memory import Memory, resident_mb

async def main():
    logging.basicConfig(format="%(levelname)s %(message)s", stream=sys.stdout)
    spent, kept = asyncio.Event(), []
    limit = resident_mb() + 200
    async with Memory(limit, spent.set) as memory:
        while not spent.is_set():
            if len(kept) < 240:
                kept.append(b"x" * 2**20)
            crowded = memory.crowded
            await asyncio.sleep(0.01)
        print("spent", crowded, memory.megabytes > limit)

asyncio.run(main())
"""


async def test_a_process_that_grows_warns_then_refuses_then_ends() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", GROWING), stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(40):
        said, _ = await process.communicate()
    lines = said.decode().splitlines()
    assert [line.split()[0] for line in lines] == ["WARNING", "CRITICAL", "spent"]
    assert lines[0].endswith("nobody more")
    assert lines[-1] == "spent True True"


async def test_a_real_process_that_is_too_large_refuses_and_dies(tmp_path: Path) -> None:
    assert await asyncio.to_thread(resident_mb) > 20
    async with session_process(tmp_path, memory_mb=30) as session:
        bearer = ticket(TicketKind.DESK, session.order.session, name="x")
        headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/sdp"}
        async with session.client.post("/whep", data="v=0", headers=headers) as answer:
            assert answer.status == 503
            assert (await answer.json())["code"] == "server.busy"
        async with asyncio.timeout(20):
            assert await session.process.wait() == -signal.SIGKILL
