"""A session process that hangs, is replaced without being killed, and wakes up: it is no more."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import av
import pytest

from genba.fence import Fence
from genba.session.recording.sidecar import read_meta
from genba.session.recording.splice import look
from genba.wire.media import pieces
from genba.wire.resume import KeptTake, Resume
from tests.kit.sessionprocess import session_process
from tests.kit.until import until

if TYPE_CHECKING:
    from pathlib import Path

    from genba.wire.media import MediaFile

pytestmark = pytest.mark.timeout(150)


def _claim(data: Path, session: str, epoch: int) -> bool:
    return Fence(data, session, epoch).claim()


def _sizes(folder: Path, name: str, epoch: int) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.glob(f"{name}.{epoch}-*")}


def _jsons(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.json")}


async def _ready(folder: Path, name: str) -> MediaFile:
    async with asyncio.timeout(30):
        made = await asyncio.to_thread(read_meta, folder, name)
        while made.state != "ready":
            await asyncio.sleep(0.05)
            made = await asyncio.to_thread(read_meta, folder, name)
    return made


def _pictures(path: Path) -> int:
    with av.open(str(path)) as file:
        return sum(1 for _ in file.decode(video=0))


async def test_an_epoch_that_wakes_up_writes_nothing_and_ends_itself(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    async with session_process(tmp_path) as old:
        name = old.order.session
        assert await asyncio.to_thread(_claim, tmp_path, name, 1)
        begun = datetime.now(UTC)
        take = (await old.command(do="record"))["id"]
        await until(lambda: sum(_sizes(folder, take, 1).values()) > 50_000, 30)
        old.process.send_signal(signal.SIGSTOP)
        assert await asyncio.to_thread(_claim, tmp_path, name, 2)
        resume = Resume(take=KeptTake(id=take, since=begun))
        async with session_process(tmp_path, session=name, epoch=2, resume=resume) as new:
            await until(lambda: sum(_sizes(folder, take, 2).values()) > 50_000, 30)
            before = await asyncio.to_thread(_sizes, folder, take, 1)
            said = await asyncio.to_thread(_jsons, folder)
            old.process.send_signal(signal.SIGCONT)
            async with asyncio.timeout(10):
                assert await old.process.wait() == -signal.SIGKILL, "by its own hand"
            after = await asyncio.to_thread(_sizes, folder, take, 1)
            assert after.keys() == before.keys()
            assert await asyncio.to_thread(_jsons, folder) == said
            for path in await asyncio.to_thread(pieces, folder, take):
                assert await asyncio.to_thread(look, path) is not None, "not whole"
            grown = sum((await asyncio.to_thread(_sizes, folder, take, 2)).values())
            await until(lambda: sum(_sizes(folder, take, 2).values()) > grown + 20_000, 30)
            state = await new.state()
            assert (state.epoch, state.recording.id, state.recording.error) == (2, take, None)
            await new.command(do="stop_recording")
            made = await _ready(folder, take)
    more = sum(after.values()) - sum(before.values())
    print(f"the epoch that woke up wrote {more} bytes more of its own pieces")  # noqa: T201
    assert [gap.why for gap in made.gaps] == ["restart"]
    assert await asyncio.to_thread(_pictures, folder / f"{take}.mp4") > 30
