"""What a camera sent, kept as it was sent."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest

from genba.errors import GenbaError
from genba.session.recording import tape
from genba.session.recording.camerarecorder import CameraRecorder
from genba.session.recording.camerawriter import shape_of
from genba.session.recording.shelf import Shelf
from genba.session.recording.splice import MOST_HOLES, USUAL, Holes
from genba.wire.media import pieces
from tests.kit.cameratape import FPS, START, encode_vp8, opus, recorder, run, units
from tests.kit.movies import meta, names, read
from tests.kit.rtc import encode_h264

if TYPE_CHECKING:
    from pathlib import Path


async def test_h264_becomes_a_file_that_seeks(tmp_path: Path) -> None:
    (done,) = await run(recorder(tmp_path), units(encode_h264(60)))
    assert names(tmp_path) == ["cam-1.json", "cam-1.mp4"]
    movie = read(tmp_path / "cam-1.mp4")
    assert movie.codecs == ("h264",)
    assert len(movie.frames) == 60
    assert movie.times == pytest.approx([n / FPS for n in range(60)], abs=0.001)
    assert movie.keys == pytest.approx([0, 1])
    assert (done.state, done.suffix, done.width, done.height) == ("ready", "mp4", 320, 240)
    assert (done.slot, done.camera, done.take, done.part) == (2, "c", "rec-1", 1)
    assert done.gaps == []


async def test_vp8_stays_what_it_is(tmp_path: Path) -> None:
    (done,) = await run(recorder(tmp_path), units(encode_vp8(60), codec="vp8"))
    assert names(tmp_path) == ["cam-1.json", "cam-1.mkv"]
    movie = read(tmp_path / "cam-1.mkv")
    assert movie.codecs in (("vp8",), ("libvpx",))
    assert len(movie.frames) == 60
    assert movie.times[-1] == pytest.approx(59 / FPS, abs=0.01)
    assert (done.suffix, done.width, done.height) == ("mkv", 320, 240)


@pytest.mark.parametrize("codec", ["h264", "vp8"])
async def test_its_sound_is_in_it(tmp_path: Path, codec: Literal["h264", "vp8"]) -> None:
    target = recorder(tmp_path, sound=True)
    target.start()
    coded = encode_h264(60) if codec == "h264" else encode_vp8(60)
    sounds = opus(100)
    for n, unit in enumerate(units(coded, codec=codec)):
        target.unit(unit)
        while sounds and (100 - len(sounds)) * 0.02 <= n / FPS:
            target.heard(sounds[0], START + (100 - len(sounds)) * 0.02)
            sounds.pop(0)
    (done,) = await target.stop()
    movie = read(tmp_path / f"cam-1.{done.suffix}")
    assert "opus" in movie.codecs[1]
    assert movie.sound.size / 48_000 == pytest.approx(2, abs=0.06)
    assert float(np.abs(movie.sound[4800:-4800]).max()) > 0.1
    assert movie.sound_start == pytest.approx(0, abs=0.02)


async def test_a_phone_that_is_turned_gives_numbered_files(tmp_path: Path) -> None:
    up, flat = encode_h264(30, 240, 320), encode_h264(30, 320, 240)
    some = [
        *units(up, START),
        *units(flat, START + 1),
        *units(flat, START + 2),
        *units(up, START + 5),
    ]
    first, second, third = await run(recorder(tmp_path), some)
    assert [one.id for one in (first, second, third)] == ["cam-1", "cam-1-2", "cam-1-3"]
    assert [one.part for one in (first, second, third)] == [1, 2, 3]
    assert [(one.width, one.height) for one in (first, second, third)] == [
        (240, 320),
        (320, 240),
        (240, 320),
    ]
    assert len(read(tmp_path / "cam-1-2.mp4").frames) == 60, "equal ones are joined"
    assert [one.gaps for one in (first, third)] == [[], []]
    (gap,) = second.gaps  # nothing came between the two
    assert (gap.at, gap.seconds) == pytest.approx((2, 2), abs=0.05)
    assert gap.why == "network"
    assert (second.started_at.timestamp(), third.take) == (1000 + START + 1, "rec-1")


async def test_a_link_that_was_away_leaves_a_gap_in_time(tmp_path: Path) -> None:
    coded = encode_h264(30)
    (done,) = await run(recorder(tmp_path), [*units(coded), *units(coded, START + 4)])
    (gap,) = done.gaps
    assert (gap.at, gap.seconds) == pytest.approx((1.0, 3.0), abs=0.05)
    assert gap.why == "network"
    assert read(tmp_path / "cam-1.mp4").times[30] == pytest.approx(4.0, abs=0.01)


async def test_it_begins_with_a_key_picture_or_not_at_all(tmp_path: Path) -> None:
    some = units(encode_h264(60))
    (done,) = await run(recorder(tmp_path), some[10:])
    assert len(read(tmp_path / "cam-1.mp4").frames) == 30
    assert done.seconds == pytest.approx(1.0, abs=0.01)
    assert await run(recorder(tmp_path / "none"), some[1:20]) == []
    assert not (tmp_path / "none").exists()


async def test_the_next_epoch_goes_on_with_the_same_file(tmp_path: Path) -> None:
    coded = encode_h264(30)
    left = recorder(tmp_path)
    left.start()
    for unit in units(coded):
        left.unit(unit)
    await left._tape.stop()  # as a kill leaves it: nothing is finished
    await asyncio.to_thread(left._tape.close)
    assert len(await asyncio.to_thread(pieces, tmp_path, "cam-1")) == 1
    (done,) = await run(recorder(tmp_path, epoch=2), units(coded, START + 3))
    assert names(tmp_path) == ["cam-1.json", "cam-1.mp4"]
    assert len(read(tmp_path / "cam-1.mp4").frames) == 60
    assert [gap.why for gap in done.gaps] == ["restart"]


async def test_who_has_lost_the_fence_writes_nothing_more(tmp_path: Path) -> None:
    class Lost:
        def holds(self) -> bool:
            return False

    failed = asyncio.Queue[str]()
    shelf = Shelf(tmp_path, fence=Lost())
    target = CameraRecorder(shelf, meta("cam-1"), sound=False, on_failed=failed.put_nowait)
    target.start()
    for unit in units(encode_h264(5)):
        target.unit(unit)
    async with asyncio.timeout(10):
        assert await failed.get() == "recording.fenced"
    with pytest.raises(GenbaError, match=r"recording\.fenced"):
        await target.stop()
    assert names(tmp_path) == []


def test_parameter_sets_are_what_tells_pieces_apart() -> None:
    one, two = encode_h264(1)[0], encode_h264(1, 240, 320)[0]
    assert shape_of(one, "h264") == shape_of(encode_h264(1)[0], "h264") != b""
    assert shape_of(one, "h264") != shape_of(two, "h264")
    assert shape_of(encode_vp8(1)[0], "vp8") != shape_of(encode_vp8(1, 240, 320)[0], "vp8")


async def test_vp8_becomes_mp4_where_that_is_wanted(tmp_path: Path) -> None:
    target = recorder(tmp_path, sound=True, mp4=True)
    target.start()
    sounds = opus(100)
    for n, unit in enumerate(units(encode_vp8(60, 322, 241), codec="vp8")):
        target.unit(unit)
        for at in range(n * 5 // 3, (n + 1) * 5 // 3):
            target.heard(sounds[at], START + at * 0.02)
    (done,) = await target.stop()
    assert names(tmp_path) == ["cam-1.json", "cam-1.mp4"]
    movie = read(tmp_path / "cam-1.mp4")
    assert movie.codecs[0] == "h264"
    assert movie.times == pytest.approx([n / FPS for n in range(60)], abs=0.002)
    assert (done.suffix, done.size) == ("mp4", (tmp_path / "cam-1.mp4").stat().st_size)
    assert movie.sound.size / 48_000 == pytest.approx(2, abs=0.06)
    assert movie.frames[0].shape == (240, 322)


async def test_vp8_that_cannot_be_coded_anew_stays_what_it_is(tmp_path: Path) -> None:
    tiny = encode_vp8(20, 1, 1)  # H.264 knows no such size
    (done,) = await run(recorder(tmp_path, mp4=True), units(tiny, codec="vp8"))
    assert names(tmp_path) == ["cam-1.json", "cam-1.mkv"]
    assert (done.suffix, done.state) == ("mkv", "ready")


async def test_a_slow_camera_has_no_gaps(tmp_path: Path) -> None:
    slow = [replace(u, time=START + n * 0.4) for n, u in enumerate(units(encode_h264(60)))]
    late = [replace(u, time=u.time + (2 if n > 40 else 0)) for n, u in enumerate(slow)]
    assert (await run(recorder(tmp_path), slow))[0].gaps == []
    (gap,) = (await run(recorder(tmp_path), late))[0].gaps
    assert (gap.at, gap.seconds) == pytest.approx((16.0, 2.4), abs=0.01)


async def test_half_a_second_without_a_picture_is_stated(tmp_path: Path) -> None:
    coded = encode_h264(30)
    late = units(coded, START + 1.6)
    (done,) = await run(recorder(tmp_path), [*units(coded), *late])
    assert [gap.seconds for gap in done.gaps] == pytest.approx([0.63], abs=0.01)


def test_of_very_many_holes_the_longest_are_stated() -> None:
    holes, at = Holes(), 0.0
    for n in range(2 * MOST_HOLES):
        for _ in range(USUAL):
            at += 0.03
            holes.seen(at)
        at += 5.0 if n % 2 else 1.0
        holes.seen(at)
    found = holes.found()
    assert len(found) == MOST_HOLES
    assert found == sorted(found)
    assert {hole[1] for hole in found} == {5.0}


async def test_a_camera_that_changes_ever_so_often_opens_no_end_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tape, "MOST", 12)
    monkeypatch.setattr(tape, "HELD", 3)
    up, flat = encode_h264(2, 240, 320), encode_h264(2, 320, 240)
    target = recorder(tmp_path)
    target.start()
    for n in range(20):
        for unit in units(flat if n % 2 else up, START + n * 0.1):
            target.unit(unit)
    await target._tape.stop()
    assert len(await asyncio.to_thread(pieces, tmp_path, "cam-1")) == 12
    assert len(target._tape.parts) == 3
    done = await target.stop()
    assert [one.part for one in done] == list(range(1, 13))
    # The last one took the other four of its own parameters, and their times are true.
    times = read(tmp_path / "cam-1-12.mp4").times
    assert len(times) == 10
    assert times[2] == pytest.approx(0.2, abs=0.001)
