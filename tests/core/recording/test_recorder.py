from __future__ import annotations

import asyncio
import json
import logging
import math
import resource
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from genba.errors import GenbaError
from genba.session.recording import tape as module
from genba.session.recording.part import Part
from genba.session.recording.recorder import ViewRecorder
from genba.session.recording.shelf import Shelf
from genba.session.recording.writer import PartWriter
from genba.wire.media import piece_name
from tests.kit.movies import FPS, HEIGHT, WIDTH, boxes, encode, meta, names, read
from tests.kit.pictures import plain, planes, tone, varied
from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import av
    from numpy.typing import NDArray

    from genba.api import Packet

START = 12.345  # media time at which the recorded pictures begin
BLOCK = 960


def recorder(
    directory: Path,
    *,
    min_free_bytes: int = 0,
    on_failed: Callable[[str], None] | None = None,
    request_key: Callable[[], None] = lambda: None,
) -> ViewRecorder:
    def unexpected(code: str) -> None:
        raise AssertionError(code)

    return ViewRecorder(
        Shelf(directory, min_free=min_free_bytes),
        meta(),
        width=WIDTH,
        height=HEIGHT,
        fps=FPS,
        on_failed=on_failed or unexpected,
        request_key=request_key,
    )


def state(directory: Path) -> str:
    found = json.loads((directory / "rec-1.json").read_bytes())["state"]
    assert isinstance(found, str)
    return found


def scene(count: int, flash: int = -1) -> Iterator[av.VideoFrame]:
    """Yield moving pictures that are dark until picture ``flash``."""
    for n in range(count):
        if 0 <= flash <= n:
            yield plain(WIDTH, HEIGHT, (220, 128, 128))
        elif flash >= 0:
            yield plain(WIDTH, HEIGHT, (30, 128, 128))
        else:
            yield varied(WIDTH, HEIGHT, n)


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    error = float(np.mean((one.astype(float) - other.astype(float)) ** 2))
    return 10 * math.log10(255**2 / max(error, 1e-9))


def feed(
    target: ViewRecorder,
    pictures: list[Packet],
    until: float,
    sound: Callable[[int], bytes] = lambda n: tone(BLOCK, start=n * BLOCK),
    begin: float = START - 0.107,
) -> None:
    """Push pictures and sound in the order of their times."""
    waiting, n = list(pictures), 0
    while (moment := begin + n * 0.02) < until:
        while waiting and waiting[0].time <= moment:
            target.push(waiting.pop(0))
        target.heard(sound(n), moment)
        n += 1
    for packet in waiting:
        target.push(packet)


async def test_what_is_pushed_comes_back_from_a_faststart_mp4(tmp_path: Path) -> None:
    count = 60
    target = recorder(tmp_path / "recordings")
    await target.start()
    assert state(tmp_path / "recordings") == "writing"
    feed(target, list(encode(scene(count), START, (0, 30))), START + count / FPS)
    (done,) = await target.stop()

    path = tmp_path / "recordings" / "rec-1.mp4"
    assert names(path.parent) == ["rec-1.json", "rec-1.mp4"]
    order = boxes(path)
    assert order.index("moov") < order.index("mdat")
    assert "moof" not in order
    movie = read(path)
    assert movie.codecs == ("h264", "aac")
    assert len(movie.frames) == count
    assert np.allclose(movie.times, np.arange(count) / FPS, atol=1e-4)
    assert movie.keys == pytest.approx([0, 1])
    shown = list(scene(count))
    for index in (0, -1):
        assert psnr(movie.frames[index], planes(shown[index])[0]) > 32
        assert psnr(movie.frames[index], planes(shown[5])[0]) < 25, "pictures tell apart"
    assert (done.state, done.width, done.height) == ("ready", WIDTH, HEIGHT)
    assert done.seconds == pytest.approx(count / FPS, abs=0.001)
    assert done.size == path.stat().st_size
    assert json.loads((path.parent / "rec-1.json").read_bytes()) == done.model_dump(mode="json")


async def test_sound_and_picture_stay_together(tmp_path: Path) -> None:
    flash = 45
    moment = START + flash / FPS

    def burst(n: int) -> bytes:
        """Be silent until the moment of the flash."""
        times = START - 0.107 + n * 0.02 + np.arange(BLOCK) / 48_000
        wave = 12_000 * np.sin(2 * np.pi * 1000 * times) * (times >= moment)
        return wave.astype("<i2").tobytes()

    target = recorder(tmp_path)
    await target.start()
    feed(target, list(encode(scene(90, flash), START)), START + 3, burst)
    await target.stop()
    movie = read(tmp_path / "rec-1.mp4")
    assert movie.bright_at() == pytest.approx(flash / FPS, abs=0.001)
    assert abs(movie.heard_at() - movie.bright_at()) < 0.005  # seconds of skew
    assert movie.sound_start == pytest.approx(0, abs=0.001)
    assert movie.sound_start + movie.sound.size / 48_000 == pytest.approx(3, abs=0.05)


async def test_gaps_in_the_sound_are_silence_and_move_nothing(tmp_path: Path) -> None:
    target = recorder(tmp_path)
    await target.start()
    pictures = list(encode(scene(120), START))
    for n, packet in enumerate(pictures):
        target.push(packet)
        if n in range(30) or n >= 100:  # the mixer is away for 2.3 s
            for part in range(5):
                k = n * 5 + part
                pcm = tone(320, level=0.3 if n < 30 or n >= 105 else 0.0, start=k * 320)
                target.heard(pcm, START + k * 320 / 48_000)
    await target.stop()
    movie = read(tmp_path / "rec-1.mp4")
    quiet = movie.sound[int(1.1 * 48_000) : int(3.3 * 48_000)]
    assert np.abs(quiet).max() < 0.01
    late = movie.sound.copy()
    late[: (2 * 48_000)] = 0
    assert float(np.argmax(np.abs(late) > 0.1)) / 48_000 == pytest.approx(3.5, abs=0.025)
    assert movie.sound.size / 48_000 == pytest.approx(4, abs=0.05)


async def test_without_any_sound_there_is_a_silent_track(tmp_path: Path) -> None:
    target = recorder(tmp_path)
    await target.start()
    for packet in encode(scene(60), START):
        target.push(packet)
    await target.stop()
    movie = read(tmp_path / "rec-1.mp4")
    assert len(movie.frames) == 60
    assert movie.sound.size / 48_000 == pytest.approx(2, abs=0.05)
    assert np.abs(movie.sound).max() < 0.001


async def test_the_recording_begins_at_the_first_key_picture(tmp_path: Path) -> None:
    target = recorder(tmp_path)
    await target.start()
    pictures = list(encode(scene(60), START, (0, 20)))
    feed(target, pictures[5:], START + 2)
    await target.stop()
    movie = read(tmp_path / "rec-1.mp4")
    assert len(movie.frames) == 40
    assert movie.times[0] == pytest.approx(0)
    assert psnr(movie.frames[0], planes(varied(WIDTH, HEIGHT, 20))[0]) > 32


async def test_times_are_the_media_clock_even_when_pictures_are_missing(tmp_path: Path) -> None:
    target = recorder(tmp_path)
    await target.start()
    pictures = list(encode(scene(60), START, (0, 40)))
    feed(target, pictures[:20] + pictures[40:], START + 2)
    await target.stop()
    wanted = [n / FPS for n in range(60) if n not in range(20, 40)]
    assert read(tmp_path / "rec-1.mp4").times == pytest.approx(wanted, abs=1e-4)


async def test_key_pictures_are_asked_for_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ViewRecorder.wants_key_every == 4.0
    monkeypatch.setattr(ViewRecorder, "wants_key_every", 0.7)
    asked = asyncio.Queue[float]()
    loop = asyncio.get_running_loop()
    target = recorder(tmp_path, request_key=lambda: asked.put_nowait(loop.time()))
    await target.start()
    (key,) = encode(scene(1), START)
    async with asyncio.timeout(20):
        await asked.get()  # none has come at all
        target.push(key)
        pushed = loop.time()
        while not asked.empty():
            asked.get_nowait()
        assert await asked.get() - pushed >= 0.15
        await asked.get()  # and again, since none has come
    await target.stop()
    assert target._keys is None


async def test_too_little_disk_is_said_at_the_start(tmp_path: Path) -> None:
    target = recorder(tmp_path, min_free_bytes=2**60)
    with pytest.raises(GenbaError, match=r"recording\.disk_full.*MiB"):
        await target.start()
    assert names(tmp_path) == []


async def test_a_directory_that_cannot_be_made_is_said_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GenbaError, match=r"recording\.failed"):
        await recorder(tmp_path / "file" / "below").start()


async def test_a_full_disk_ends_the_recording_and_keeps_what_is_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    failed = asyncio.Queue[tuple[str, threading.Thread]]()
    target = recorder(
        tmp_path, on_failed=lambda code: failed.put_nowait((code, threading.current_thread()))
    )
    pictures = list(encode(scene(300), START))
    await target.start()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))  # the kernel refuses from here on
    try:
        with caplog.at_level(logging.ERROR):
            feed(target, pictures, START + 10)
            async with asyncio.timeout(20):
                code, thread = await failed.get()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert code == "recording.failed"
    assert thread is threading.main_thread()
    target.push(pictures[0])  # nothing happens any more
    (done,) = await target.stop()
    assert failed.empty(), "said once"
    assert done.state == "ready"
    movie = read(tmp_path / "rec-1.mp4")
    assert 10 < len(movie.frames) < 290
    assert psnr(movie.frames[0], planes(varied(WIDTH, HEIGHT, 0))[0]) > 32


async def test_a_disk_that_is_too_slow_ends_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, stuck = threading.Event(), threading.Event()
    write = PartWriter.picture

    def slow(self: PartWriter, packet: Packet) -> None:
        write(self, packet)
        stuck.set()
        gate.wait(20)

    monkeypatch.setattr(PartWriter, "picture", slow)
    monkeypatch.setattr(module, "BACKLOG", 30_000)
    failed = asyncio.Queue[str]()
    target = recorder(tmp_path, on_failed=failed.put_nowait)
    await target.start()
    first, *rest = encode(scene(30), START)
    target.push(first)
    assert await asyncio.to_thread(stuck.wait, 20)
    for packet in rest:
        target.push(packet)
    async with asyncio.timeout(20):
        assert await failed.get() == "recording.failed"
    gate.set()
    (done,) = await target.stop()
    assert failed.empty()
    assert done.state == "ready"
    assert len(read(tmp_path / "rec-1.mp4").frames) == 1, "what waited was given up"


async def test_without_any_picture_there_is_no_file(tmp_path: Path) -> None:
    target = recorder(tmp_path)
    await target.start()
    target.heard(tone(BLOCK), START)
    with pytest.raises(GenbaError, match=r"no picture"):
        await target.stop()
    assert names(tmp_path) == ["rec-1.json"]
    assert state(tmp_path) == "failed"


async def test_the_part_is_locked_until_the_file_is_ready(tmp_path: Path) -> None:
    target = recorder(tmp_path)
    await target.start()
    part = tmp_path / piece_name("rec-1", 1, 1, "mp4")
    feed(target, list(encode(scene(10), START)), START + 1)
    await until(part.exists)
    assert await asyncio.to_thread(Part.take, part) is None
    await target.stop()
    assert not part.exists()
    assert await asyncio.to_thread(Part.take, part) is None
