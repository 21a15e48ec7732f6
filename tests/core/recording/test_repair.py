from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NoReturn

import av
import pytest

from genba.session.recording import finalise as program
from genba.session.recording.finalise import NOTHING, finalise, main
from genba.session.recording.part import Part
from genba.session.recording.repair import repair
from genba.session.recording.sidecar import hidden, read_meta, write_meta
from genba.session.recording.writer import PartWriter
from genba.wire.media import Gap, piece_name
from tests.kit.movies import FPS, HEIGHT, WIDTH, boxes, encode, meta, names, read
from tests.kit.pictures import tone, varied

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

# A recorder in a process of its own: pushes in real time, says what it has pushed.
RECORDER = """
import asyncio, sys
from pathlib import Path
from genba.session.recording.recorder import ViewRecorder
from genba.session.recording.shelf import Shelf
from tests.kit.movies import FPS, HEIGHT, WIDTH, encode, meta
from tests.kit.pictures import tone, varied

async def main():
    target = ViewRecorder(Shelf(Path(sys.argv[1])), meta(), width=WIDTH, height=HEIGHT, fps=FPS,
                          on_failed=print, request_key=lambda: None)
    await target.start()
    frames = (varied(WIDTH, HEIGHT, n) for n in range(10_000))
    loop = asyncio.get_running_loop()
    begin, blocks = loop.time(), 0
    for n, packet in enumerate(encode(frames, 5.0)):
        await asyncio.sleep(max(0, begin + n / FPS - loop.time()))
        target.push(packet)
        while blocks * 0.02 < n / FPS:
            target.heard(tone(960, start=blocks * 960), 5.0 + blocks * 0.02)
            blocks += 1
        print(n + 1, flush=True)

asyncio.run(main())
"""


@asynccontextmanager
async def recording(directory: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a recorder in another process; killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RECORDER, str(directory), stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def pushed(process: asyncio.subprocess.Process, count: int) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(60):
        while (line := await process.stdout.readline()) and int(line) < count:
            pass


async def said(directory: Path, name: str = "rec-1") -> str:
    return (await asyncio.to_thread(read_meta, directory, name)).state


def write_part(directory: Path, count: int = 40, name: str = "rec-1") -> Path:
    """Leave a part as a recorder writes it."""
    return write_piece(directory, piece_name(name, 1, 1, "mp4"), count)


def write_piece(
    directory: Path, name: str, count: int = 40, wall: Callable[[float], float] = float
) -> Path:
    path = directory / name
    writer = PartWriter(path, FPS, wall)
    for n, packet in enumerate(encode((varied(WIDTH, HEIGHT, k) for k in range(count)), 1.0)):
        writer.picture(packet)
        writer.sound(tone(1600, start=n * 1600), 1.0 + n / FPS)
    writer.close()
    return path


async def test_a_killed_recorder_leaves_what_repair_makes_playable(tmp_path: Path) -> None:
    async with recording(tmp_path) as process:
        await pushed(process, 75)
        process.send_signal(signal.SIGKILL)
        rest, _ = await process.communicate()
    last = int(rest.split()[-1]) if rest.split() else 75
    assert await said(tmp_path) == "writing"
    (done,) = await repair(tmp_path)
    movie = read(tmp_path / "rec-1.mp4")
    assert last - 15 <= len(movie.frames) <= last
    assert movie.codecs == ("h264", "aac")
    order = boxes(tmp_path / "rec-1.mp4")
    assert order.index("moov") < order.index("mdat")
    assert done.state == "ready"
    assert done.seconds == pytest.approx(len(movie.frames) / FPS, abs=0.05)
    assert await asyncio.to_thread(read_meta, tmp_path, "rec-1") == done
    assert names(tmp_path) == ["rec-1.json", "rec-1.mp4"]
    assert await repair(tmp_path) == []


async def test_a_recording_that_runs_elsewhere_is_left_alone(tmp_path: Path) -> None:
    async with recording(tmp_path) as process:
        await pushed(process, 5)
        assert await repair(tmp_path) == []
        assert process.returncode is None
        await pushed(process, 10)
    assert (tmp_path / "rec-1.1-1.part.mp4").exists()
    assert await said(tmp_path) == "writing"


def video_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as source:
        return [bytes(p) for p in source.demux(video=0) if p.dts is not None]


@pytest.mark.parametrize("torn", [1, 7, 100, 1000, 1500, 2000, 2500, 3001])
def test_a_torn_end_is_left_out(tmp_path: Path, torn: int) -> None:
    part = write_part(tmp_path)
    whole = video_of(part)
    os.truncate(part, part.stat().st_size - torn)
    (made,) = finalise("out", [part])
    seconds = made.seconds
    movie = read(tmp_path / "out.mp4")
    copied = video_of(tmp_path / "out.mp4")
    assert copied == whole[: len(copied)], "no half picture is copied"
    assert 30 <= len(movie.frames) <= 40
    assert seconds == pytest.approx(len(movie.frames) / FPS, abs=0.001)


@pytest.mark.parametrize("size", [0, 10, 400])
def test_a_part_without_pictures_is_nothing(tmp_path: Path, size: int) -> None:
    part = write_part(tmp_path)
    os.truncate(part, size)
    assert finalise("out", [part]) == []
    assert main(["out", str(part)]) == NOTHING
    assert names(tmp_path) == [part.name]


def test_an_unreadable_part_of_some_size_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = tmp_path / "x.1-1.part.mp4"
    part.write_bytes(b"\xff" * 200_000)
    assert main(["x", str(part)]) == 1
    assert "x:" in capsys.readouterr().err
    assert part.exists()


def test_without_room_for_a_copy_the_part_itself_is_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, out = write_part(tmp_path), tmp_path / "rec-1.mp4"
    hidden(out).write_bytes(b"half a copy")

    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(program, "splice", full)
    (made,) = finalise("rec-1", [part])
    assert made.seconds == pytest.approx(40 / FPS, abs=0.001)
    assert names(tmp_path) == ["rec-1.mp4"]
    assert len(read(out).frames) == 40


async def test_repair_of_nothing_fails_that_one_and_goes_on_with_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a-empty", "b-gone", "c-broken", "d-good", "e-done"):
        await asyncio.to_thread(write_meta, tmp_path, meta(name))
    (tmp_path / "a-empty.1-1.part.mp4").write_bytes(b"")
    (tmp_path / "c-broken.1-1.part.mp4").write_bytes(b"\xff" * 200_000)
    write_part(tmp_path, name="d-good")
    write_part(tmp_path, name="e-done").rename(tmp_path / "e-done.mp4")
    write_part(tmp_path, name="e-done")
    ready = meta("e-done").model_copy(update={"state": "ready"})
    await asyncio.to_thread(write_meta, tmp_path, ready)
    (tmp_path / "f-alien.1-1.part.mp4").write_bytes(b"whose?")
    (tmp_path / "g.json").write_bytes(b"{")
    with caplog.at_level(logging.WARNING):
        (done,) = await repair(tmp_path)
    assert done.id == "d-good"
    states = {n: await said(tmp_path, n) for n in ("a-empty", "b-gone", "c-broken", "e-done")}
    assert states == {
        "a-empty": "failed",
        "b-gone": "failed",
        "c-broken": "failed",
        "e-done": "ready",
    }
    left = {name for name in names(tmp_path) if name.endswith(".1-1.part.mp4")}
    assert left == {"c-broken.1-1.part.mp4", "f-alien.1-1.part.mp4"}
    assert any("f-alien" in r.getMessage() for r in caplog.records)


def test_a_part_belongs_to_one(tmp_path: Path) -> None:
    part = Part.create(tmp_path / "x.1-1.part.mp4")
    with pytest.raises(FileExistsError):
        Part.create(tmp_path / "x.1-1.part.mp4")
    assert Part.take(part.path) is None
    part.close()
    part.close()
    other = Part.take(part.path)
    assert other is not None
    other.sync()
    other.remove()
    other.close()
    assert Part.take(part.path) is None


def test_the_head_says_the_size(tmp_path: Path) -> None:
    with av.open(str(write_part(tmp_path))) as source:
        video = source.streams.video[0]
        assert (video.codec_context.width, video.codec_context.height) == (WIDTH, HEIGHT)


def test_pieces_of_two_epochs_are_one_file_with_a_gap(tmp_path: Path) -> None:
    """The second epoch's first picture was made 5 s after the first one's."""
    first = write_piece(tmp_path, piece_name("rec-1", 1, 1, "mp4"), wall=lambda t: 1000.0 + t)
    torn = first.stat().st_size
    os.truncate(first, torn - 100)
    second = write_piece(tmp_path, piece_name("rec-1", 2, 1, "mp4"), wall=lambda t: 1005.0 + t)
    (made,) = finalise("rec-1", [first, second])
    movie = read(tmp_path / "rec-1.mp4")
    assert 75 <= len(movie.frames) <= 80
    assert movie.times[-1] == pytest.approx(5 + 39 / FPS, abs=0.01)
    ((at, seconds, why),) = made.gaps
    assert at + seconds == pytest.approx(5.0, abs=0.01)
    assert why == "restart"
    assert made.seconds == pytest.approx(5 + 40 / FPS, abs=0.01)
    assert (made.id, made.suffix, made.began) == ("rec-1", "mp4", 1001.0)


def test_a_clock_that_went_back_tears_nothing(tmp_path: Path) -> None:
    first = write_piece(tmp_path, piece_name("rec-1", 1, 1, "mp4"), wall=lambda t: 1000.0 + t)
    second = write_piece(tmp_path, piece_name("rec-1", 2, 1, "mp4"), wall=lambda t: 900.0 + t)
    (made,) = finalise("rec-1", [first, second])
    movie = read(tmp_path / "rec-1.mp4")
    assert len(movie.frames) == 80
    assert movie.times == sorted(movie.times)
    assert made.gaps == []


async def test_repair_joins_what_two_epochs_have_left(tmp_path: Path) -> None:
    await asyncio.to_thread(write_meta, tmp_path, meta("rec-1"))
    write_piece(tmp_path, piece_name("rec-1", 1, 1, "mp4"), wall=lambda t: 1000.0 + t)
    write_piece(tmp_path, piece_name("rec-1", 10, 1, "mp4"), wall=lambda t: 1020.0 + t)
    write_piece(tmp_path, piece_name("rec-1", 2, 1, "mp4"), wall=lambda t: 1010.0 + t)
    (done,) = await repair(tmp_path)
    assert names(tmp_path) == ["rec-1.json", "rec-1.mp4"]
    assert [gap.why for gap in done.gaps] == ["restart", "restart"]
    assert done.gaps[0] == Gap(at=1.3, seconds=8.7, why="restart")
    assert done.seconds == pytest.approx(20 + 40 / FPS, abs=0.01)


async def test_one_piece_that_is_locked_keeps_the_others_waiting(tmp_path: Path) -> None:
    await asyncio.to_thread(write_meta, tmp_path, meta("rec-1"))
    write_piece(tmp_path, piece_name("rec-1", 1, 1, "mp4"))
    busy = await asyncio.to_thread(Part.create, tmp_path / piece_name("rec-1", 2, 1, "mp4"))
    try:
        assert await repair(tmp_path) == []
        assert await said(tmp_path) == "writing"
    finally:
        await asyncio.to_thread(busy.close)
