from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, cast

import av
import numpy as np
import pytest

from genba.api import Layer, Packet
from genba.session.encoder import layer as layer_module
from genba.session.encoder.codec import prepared
from genba.session.encoder.layer import VideoLayer
from genba.session.mediaclock import MediaClock
from genba.wire.order import ViewOrder
from tests.kit.movingview import stamped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

VIEW = ViewOrder(width=320, height=240, fps=30, kbps=600)


class Reel:
    """A sink that keeps what it gets."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self._came = asyncio.Event()

    def push(self, packet: Packet) -> None:
        self.packets.append(packet)
        self._came.set()

    async def until(self, count: int, limit: float = 10) -> None:
        async with asyncio.timeout(limit):
            while len(self.packets) < count:
                self._came.clear()
                await self._came.wait()


class Feed:
    """Puts pictures one by one, each after the packet of the one before."""

    def __init__(self, layer: VideoLayer, view: ViewOrder = VIEW) -> None:
        self.layer, self.view, self.number = layer, view, 0

    async def give(self, count: int, reel: Reel) -> list[Packet]:
        before = len(reel.packets)
        for _ in range(count):
            moment = self.number / self.view.fps
            frame = stamped(self.number, moment, self.view.width, self.view.height)
            self.number += 1
            done = len(reel.packets) + 1
            self.layer.put(frame, moment)
            await reel.until(done)
        return reel.packets[before:]


@pytest.fixture(params=[Layer.H264, Layer.VP8])
async def layer(request: pytest.FixtureRequest) -> AsyncIterator[VideoLayer]:
    made = VideoLayer(request.param, VIEW, MediaClock(), asyncio.get_running_loop())
    yield made
    await made.close()


def decode(packets: list[Packet]) -> list[av.VideoFrame]:
    codec = cast("av.VideoCodecContext", av.CodecContext.create(packets[0].codec, "r"))
    codec.thread_count = 1
    frames = [f for packet in packets for f in codec.decode(av.Packet(packet.data))]
    return frames + list(codec.decode(None))


def nals(data: bytes) -> list[bytes]:
    return [nal.rstrip(b"\0") for nal in data.split(b"\0\0\1")[1:]]


async def test_pictures_come_out_as_they_went_in(layer: VideoLayer) -> None:
    reel, feed = Reel(), Feed(layer)
    layer.fanout.add(reel)
    packets = await feed.give(20, reel)
    assert [p.key for p in packets] == [True] + [False] * 19
    assert [round(p.time * 30) for p in packets] == list(range(20))
    assert {p.codec for p in packets} == {layer.codec.value}
    frames = decode(packets)
    assert len(frames) == 20
    assert (frames[0].width, frames[0].height) == (320, 240)
    for number, frame in enumerate(frames):
        row = frame.to_ndarray(format="gray")[120]
        bar = range(number * 8, number * 8 + 40)
        assert np.abs(row[list(bar)[5:35]].astype(int) - 200).mean() < 25, number


async def test_h264_is_constrained_baseline_with_headers_in_each_key_picture() -> None:
    for view, level in ((VIEW, 31), (ViewOrder(width=1920, height=1080, fps=5, kbps=4500), 40)):
        layer = VideoLayer(Layer.H264, view, MediaClock(), asyncio.get_running_loop())
        reel, feed = Reel(), Feed(layer, view)
        layer.fanout.add(reel)
        packets = await feed.give(2, reel)
        layer.request_key()
        await asyncio.sleep(layer_module.LINGER / 5)  # the gap of 250 ms
        packets += await feed.give(1, reel)
        await layer.close()
        for packet in (packets[0], packets[2]):
            assert packet.key
            units = nals(packet.data)
            assert [u[0] & 31 for u in units if u[0] & 31 != 6] == [7, 8, 5]  # one slice
            sps = next(u for u in units if u[0] & 31 == 7)
            assert sps[1] == 0x42
            assert sps[2] & 0x40  # constraint_set1: constrained baseline
            assert sps[3] == level
        assert [u[0] & 31 for u in nals(packets[1].data)] == [1]


async def test_nothing_runs_while_nobody_listens(
    layer: VideoLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer_module, "LINGER", 0.05)

    def running() -> list[str]:
        return [t.name for t in threading.enumerate() if t.name.startswith("encoder ")]

    layer.put(stamped(0, 0, 320, 240), 0)
    layer.request_key()
    assert running() == []
    reel = Reel()
    layer.fanout.add(reel)
    assert running() == [f"encoder {layer.codec.value} 240"]
    layer.fanout.remove(reel)
    async with asyncio.timeout(5):
        while layer.stats().running:  # noqa: ASYNC110 (a timer ends it, nothing tells of it)
            await asyncio.sleep(0.01)
    await layer.close()
    assert running() == []


async def test_a_viewer_who_comes_back_soon_finds_the_encoder_running(layer: VideoLayer) -> None:
    first, second, feed = Reel(), Reel(), Feed(layer)
    layer.fanout.add(first)
    await feed.give(3, first)
    thread = [t for t in threading.enumerate() if t.name.startswith("encoder ")]
    layer.fanout.remove(first)
    layer.fanout.add(second)
    await feed.give(3, second)
    assert [t for t in threading.enumerate() if t.name.startswith("encoder ")] == thread


async def test_a_warm_encoder_has_its_first_key_picture_ready_to_ask_for(
    layer: VideoLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer_module, "WARM", 0.2)
    reel, feed = Reel(), Feed(layer)
    layer.warm()
    layer.warm()
    assert layer.running
    layer.fanout.add(reel)  # within the time: nothing ends it any more
    await asyncio.sleep(0.25)
    assert [p.key for p in await feed.give(2, reel)] == [True, False]
    layer.warm()
    await asyncio.sleep(0.25)
    assert layer.running


async def test_a_warm_encoder_that_nobody_takes_ends(
    layer: VideoLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer_module, "WARM", 0.02)
    layer.warm()
    async with asyncio.timeout(5):
        while layer.running:  # noqa: ASYNC110 (a timer ends it, nothing tells of it)
            await asyncio.sleep(0.01)
    await layer.close()
    layer.warm()
    assert not layer.running


async def test_a_new_sink_gets_a_key_picture_promptly(layer: VideoLayer) -> None:
    first, late, feed = Reel(), Reel(), Feed(layer)
    layer.fanout.add(first)
    await feed.give(3, first)
    layer.fanout.add(late)
    await asyncio.sleep(0.3)  # the gap since the first key picture
    await feed.give(1, first)
    assert [p.key for p in late.packets] == [True]


async def test_many_requests_become_few_key_pictures(layer: VideoLayer) -> None:
    reel, feed = Reel(), Feed(layer)
    layer.fanout.add(reel)
    loop = asyncio.get_running_loop()
    start = loop.time()
    while loop.time() < start + 1:
        for _ in range(7):
            layer.request_key()
        await feed.give(1, reel)
        await asyncio.sleep(1 / 60)
    elapsed = loop.time() - start
    keys = sum(p.key for p in reel.packets)
    assert 2 <= keys <= elapsed / 0.25 + 1
    assert layer.stats().key_frames == keys


async def test_the_newest_picture_wins(layer: VideoLayer, monkeypatch: pytest.MonkeyPatch) -> None:
    hold, busy = threading.Event(), threading.Event()

    def slow(frame: av.VideoFrame, moment: float, *, key: bool) -> av.VideoFrame:
        busy.set()
        hold.wait(10)
        return prepared(frame, moment, key=key)

    monkeypatch.setattr("genba.session.encoder.videothread.prepared", slow)
    reel = Reel()
    layer.fanout.add(reel)
    layer.put(stamped(0, 0.0, 320, 240), 0.0)
    assert await asyncio.to_thread(busy.wait, 10)
    for number in range(1, 6):
        layer.put(stamped(number, number / 30, 320, 240), number / 30)
    hold.set()
    await reel.until(2)
    assert [round(p.time * 30) for p in reel.packets] == [0, 5]
    assert layer.stats().dropped == 4


async def test_pictures_are_never_written_into(layer: VideoLayer) -> None:
    reel = Reel()
    layer.fanout.add(reel)
    frame = stamped(0, 0.0, 320, 240)
    layer.request_key()
    layer.put(frame, 0.0)
    await reel.until(1)
    assert reel.packets[0].key
    assert frame.pict_type == av.video.frame.PictureType.NONE
    assert frame.pts == 0


async def test_a_codec_that_breaks_is_opened_again(
    layer: VideoLayer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reel, feed = Reel(), Feed(layer)
    layer.fanout.add(reel)
    await feed.give(3, reel)
    failures = 3

    def broken(frame: av.VideoFrame, moment: float, *, key: bool) -> av.VideoFrame:
        nonlocal failures
        if failures:
            failures -= 1
            raise MemoryError
        return prepared(frame, moment, key=key)

    monkeypatch.setattr("genba.session.encoder.videothread.prepared", broken)
    async with asyncio.timeout(10):
        while failures:
            feed.number += 1
            layer.put(stamped(feed.number, feed.number / 30, 320, 240), feed.number / 30)
            await asyncio.sleep(0.01)
    feed.number += 1
    packets = await feed.give(2, reel)
    assert [p.key for p in packets] == [True, False]
    assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == [
        f"the {layer.codec.value} encoder failed"
    ]


async def test_it_tells_how_it_does(layer: VideoLayer) -> None:
    reel, feed = Reel(), Feed(layer)
    layer.fanout.add(reel)
    await feed.give(10, reel)
    stats = layer.stats()
    assert stats.running
    assert (stats.pictures, stats.key_frames) == (10, 1)
    assert stats.fps > 0
    assert stats.kbps > 0
    assert stats.rates.cpu > 0


async def test_closed_it_stays_closed(layer: VideoLayer) -> None:
    layer.fanout.add(Reel())
    await layer.close()
    layer.fanout.add(Reel())
    assert not [t for t in threading.enumerate() if t.name.startswith("encoder ")]
