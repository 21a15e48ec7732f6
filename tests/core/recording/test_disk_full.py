"""A disk that is full: the recording ends with a word that people see, and nothing else does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import av

from genba.session.recording.repair import repair
from genba.wire.event import EVENT, StateChanged
from genba.wire.ticket import TicketKind
from tests.kit.crowd import Crowd
from tests.kit.rtc import Publisher, UnitTrack, encode_h264
from tests.kit.sessionprocess import session_process
from tests.kit.smalldisk import needs_small_disk, small_disk

if TYPE_CHECKING:
    from pathlib import Path

    from genba.wire.state import Recording
    from tests.kit.sessionprocess import SessionProcess

MIB = 2**20


async def _ended(session: SessionProcess) -> Recording:
    """Return what screens are told of the recording once it runs no more."""
    async with asyncio.timeout(40), session.client.ws_connect("/events") as events:
        async for message in events:
            event = EVENT.validate_json(message.data)
            if isinstance(event, StateChanged) and not event.state.recording.running:
                return event.state.recording
    raise AssertionError("the session ended")


async def _fill(session: SessionProcess, units: list[bytes]) -> tuple[Recording, int, int]:
    """Record until the disk says no; return what is told, and a viewer's pictures around it."""
    camera = Publisher(session.asker("/whip", TicketKind.CAMERA), tracks=[UnitTrack(units)])
    async with camera, Crowd(session.asker()).viewer() as viewer:
        await viewer.seen(10)
        await session.command(do="record")
        told = await _ended(session)
        before = viewer.pictures
        await viewer.seen(before + 60)
        state = await session.state()
        assert state.slots[0].state.value == "live"
        return told, before, state.figures.late_ticks


@needs_small_disk
async def test_a_full_disk_ends_the_recording_and_nothing_else(tmp_path: Path) -> None:
    units = await asyncio.to_thread(encode_h264, 60, 1280, 720)
    async with small_disk(tmp_path / "disk", 8) as disk:
        filler = disk / "filler"
        await asyncio.to_thread(filler.write_bytes, bytes(7 * MIB))
        async with session_process(disk) as session:
            told, _, _ = await _fill(session, units)
            assert (told.running, told.error) == (False, "recording.disk_full")
        await asyncio.to_thread(filler.unlink)
        await repair(disk / "recordings")
        await asyncio.to_thread(_all_play, disk / "recordings")


@needs_small_disk
async def test_a_disk_that_is_nearly_full_ends_it_in_time(tmp_path: Path) -> None:
    units = await asyncio.to_thread(encode_h264, 60, 1280, 720)
    async with small_disk(tmp_path / "disk", 10) as disk:
        async with session_process(disk, min_free_bytes=8 * MIB) as session:
            told, _, _ = await _fill(session, units)
            assert (told.running, told.error) == (False, "recording.disk_full")
        await asyncio.to_thread(_all_play, disk / "recordings")


def _all_play(folder: Path) -> None:
    whole = list(folder.glob("*.mp4"))
    assert len(whole) == 2, sorted(path.name for path in folder.iterdir())
    for path in whole:
        with av.open(str(path)) as file:
            assert sum(1 for _ in file.decode(video=0)) > 5
