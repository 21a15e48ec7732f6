"""What a camera sent, kept as it was sent."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import av
import numpy as np
import pytest

from genba.errors import GenbaError
from genba.session.camera.unit import AccessUnit
from genba.session.recording.camerarecorder import CameraRecorder
from genba.session.recording.camerawriter import shape_of
from genba.session.recording.shelf import Shelf
from genba.wire.media import MediaFile, pieces
from tests.kit.movies import meta, names, read
from tests.kit.rtc import encode_h264, picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FPS = 30
START = 7.5


def recorder(directory: Path, *, sound: bool = False, **more: object) -> CameraRecorder:
    def unexpected(code: str) -> None:
        raise AssertionError(code)

    shelf = Shelf(directory, wall=lambda t: 1000.0 + t, **more)  # type: ignore[arg-type]
    known = meta("cam-1").model_copy(update={"slot": 2, "camera": "c", "take": "rec-1"})
    return CameraRecorder(shelf, known, sound=sound, on_failed=unexpected)


def units(
    coded: Sequence[bytes], start: float = START, codec: Literal["h264", "vp8"] = "h264"
) -> list[AccessUnit]:
    found = []
    for n, data in enumerate(coded):
        key = bool(shape_of(data, "h264")) if codec == "h264" else not data[0] & 1
        moment = start + n / FPS
        found.append(
            AccessUnit(
                data=data,
                ts=n * 3000,
                time=moment,
                key=key,
                arrival=moment,
                damaged=False,
                codec=codec,
            )
        )
    return found


def encode_vp8(count: int, width: int = 320, height: int = 240) -> list[bytes]:
    codec = av.CodecContext.create("libvpx", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.framerate, codec.gop_size, codec.thread_count = Fraction(FPS), 30, 1
    codec.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    coded = []
    for n in range(count):
        frame = picture(n, width, height)
        frame.pts = n
        coded += [bytes(packet) for packet in codec.encode(frame)]
    return coded


def opus(count: int) -> list[bytes]:
    """Encode a tone as WebRTC peers do: 20 ms a packet."""
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = 48_000, "stereo", "s16"
    codec.open()
    found = []
    for n in range(count):
        wave = (8000 * np.sin(2 * np.pi * 440 * (np.arange(960) + n * 960) / 48_000)).astype("<i2")
        frame = av.AudioFrame.from_ndarray(np.repeat(wave, 2).reshape(1, -1), "s16", "stereo")
        frame.sample_rate, frame.pts = 48_000, n * 960
        found += [bytes(packet) for packet in codec.encode(frame)]
    return found


async def run(target: CameraRecorder, some: Sequence[AccessUnit]) -> list[MediaFile]:
    target.start()
    for unit in some:
        target.unit(unit)
    return await target.stop()


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
        *units(up, START + 3),
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
