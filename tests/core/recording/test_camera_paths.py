"""From the wire to files: a phone that is turned, VP8, each with its own sound."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import av
import pytest

from genba.session.recording.sidecar import read_meta
from genba.wire.resume import KeptTake, Resume
from genba.wire.ticket import TicketKind
from tests.kit.movies import read
from tests.kit.rtc import Publisher, ToneTrack, UnitTrack, encode_h264
from tests.kit.sessionprocess import session_process
from tests.kit.until import until

if TYPE_CHECKING:
    from pathlib import Path

    from genba.wire.media import MediaFile

pytestmark = pytest.mark.timeout(150)


def _known(folder: Path) -> list[MediaFile]:
    found = [read_meta(folder, side.stem) for side in folder.glob("*.json")]
    return sorted(found, key=lambda one: (one.slot, one.part))


async def test_a_phone_is_turned_while_it_is_recorded(tmp_path: Path) -> None:
    up = await asyncio.to_thread(encode_h264, 75, 720, 1280)
    flat = await asyncio.to_thread(encode_h264, 75, 1280, 720)
    folder = tmp_path / "recordings"
    async with session_process(tmp_path, vp8_to_mp4=True) as session:
        phone = Publisher(
            session.asker("/whip", TicketKind.CAMERA), tracks=[UnitTrack(up + flat), ToneTrack()]
        )
        other = Publisher(session.asker("/whip", TicketKind.CAMERA), "VP8")
        async with phone, other:
            take = (await session.command(do="record"))["id"]
            await until(lambda: len(list(folder.glob("*-3.part.mp4"))) == 1, 40)
            third = next(folder.glob("*-3.part.mp4"))
            await until(lambda: third.stat().st_size > 100_000, 20)
            await session.command(do="stop_recording")
            state = await session.state()
            assert [slot.state.value for slot in state.slots[:2]] == ["live", "live"]
    view, *cameras = await asyncio.to_thread(_known, folder)  # its end waits for all of them
    assert {one.state for one in (view, *cameras)} == {"ready"}
    assert (view.id, view.part, view.slot) == (take, 1, 0)
    assert {one.take for one in cameras} == {take}
    turned = [one for one in cameras if one.slot == 1]
    assert [one.part for one in turned] == list(range(1, len(turned) + 1))
    sizes = [(one.width, one.height) for one in turned]
    assert len(sizes) >= 3
    assert {*sizes} == {(720, 1280), (1280, 720)}
    assert all(a != b for a, b in pairwise(sizes))
    for one, after in pairwise(turned):  # nothing is missing between them
        ended = one.started_at.timestamp() + one.seconds
        assert after.started_at.timestamp() - ended == pytest.approx(0, abs=0.1)
    (coded_anew,) = [one for one in cameras if one.slot == 2]
    assert coded_anew.suffix == "mp4"
    for one in (view, *cameras):
        movie = await asyncio.to_thread(read, folder / f"{one.id}.{one.suffix}")
        assert len(movie.frames) > 10
        assert movie.frames[0].shape == (one.height, one.width)
        assert movie.codecs[0] == "h264"
        assert ("aac" if one is view else "opus") in movie.codecs[1]
        assert movie.sound.size > 4800


async def test_a_recorded_camera_is_asked_for_key_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    async with session_process(tmp_path) as session:
        # Its encoder makes none in 250 pictures by itself.
        camera = Publisher(session.asker("/whip", TicketKind.CAMERA), audio=False)
        async with camera:
            take = (await session.command(do="record"))["id"]
            await until(lambda: _grown(folder, take) is not None, 20)
            growing = _grown(folder, take)
            assert growing is not None
            async with asyncio.timeout(30):
                while len(keys := await asyncio.to_thread(_keys, growing)) < 2:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)  # a file of another program says nothing of itself
    assert 3 < keys[1] - keys[0] < 8


async def test_a_camera_that_never_came_back_is_finished_with_the_take(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    async with session_process(tmp_path) as session:
        begun = datetime.now(UTC)
        async with Publisher(session.asker("/whip", TicketKind.CAMERA), audio=False):
            take = (await session.command(do="record"))["id"]
            await until(lambda: _grown(folder, take) is not None, 20)
            session.process.send_signal(signal.SIGKILL)
            await session.process.wait()
    resume = Resume(take=KeptTake(id=take, since=begun))
    name = session.order.session
    async with session_process(tmp_path, session=name, epoch=2, resume=resume) as session:
        await until(lambda: any(p.stat().st_size > 10_000 for p in folder.glob(f"{take}.2-*")), 20)
        await session.command(do="stop_recording")
    view, camera = await asyncio.to_thread(_known, folder)
    assert (view.state, camera.state, camera.take) == ("ready", "ready", take)
    assert "restart" in [gap.why for gap in view.gaps]
    assert len((await asyncio.to_thread(read, folder / f"{camera.id}.mp4")).frames) > 5
    assert not list(folder.glob("*.part.*"))


def _grown(folder: Path, take: str) -> Path | None:
    found = (path for path in folder.glob("*.part.mp4") if not path.name.startswith(take))
    return next((path for path in found if path.stat().st_size > 10_000), None)


def _keys(path: Path) -> list[float]:
    with av.open(str(path)) as file:
        return [
            float(p.pts * p.time_base)
            for p in file.demux(video=0)
            if p.is_keyframe and p.pts is not None
        ]
