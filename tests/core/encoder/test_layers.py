from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from genba.api import Layer, Packet
from genba.session.encoder import layer as layer_module
from genba.session.encoder import layers as layers_module
from genba.session.encoder.layers import Layers
from genba.session.encoder.quality import Quality
from genba.session.mediaclock import MediaClock
from genba.wire.order import ViewOrder
from tests.kit.movingview import Tone, stamped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LOW, STANDARD, HIGH = Quality
SIZES = {LOW: (640, 360), STANDARD: (1280, 720), HIGH: (1920, 1080)}


class Reel:
    """A sink that keeps what it gets."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.came = asyncio.Event()

    def push(self, packet: Packet) -> None:
        self.packets.append(packet)
        self.came.set()


@pytest.fixture
async def layers() -> AsyncIterator[Layers]:
    made = Layers(ViewOrder(), MediaClock(), Tone(), asyncio.get_running_loop())
    yield made
    await made.close()


async def test_the_view_s_own_layer_is_what_the_order_says(layers: Layers) -> None:
    assert layers.own is STANDARD
    assert layers.video(Layer.H264) is layers.video(Layer.H264, STANDARD)
    assert {q: layers.video(Layer.VP8, q).size for q in Quality} == SIZES
    assert [layers.video(Layer.H264, q).kbps for q in Quality] == [500, 2500, 4500]


@pytest.mark.parametrize("codec", list(Layer))
async def test_each_layer_gets_the_pictures_of_its_size(layers: Layers, codec: Layer) -> None:
    assert layers.sizes() == frozenset()
    reels = {quality: Reel() for quality in Quality}
    for quality, reel in reels.items():
        layers.video(codec, quality).fanout.add(reel)
    assert layers.sizes() == frozenset(SIZES.values())
    for number, quality in enumerate(Quality):
        layers.put(stamped(number, number / 30, *SIZES[quality]), number / 30)
        async with asyncio.timeout(10):
            await reels[quality].came.wait()
        assert [len(reels[q].packets) for q in Quality] == [1] * (number + 1) + [0] * (2 - number)
    running = [c for c in Layer for q in Quality if layers.video(c, q).running]
    assert running == [codec] * 3  # and no twin of another codec


async def test_a_layer_ends_with_the_last_who_looks(
    layers: Layers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer_module, "LINGER", 0.02)
    first, second, layer = Reel(), Reel(), layers.video(Layer.H264, LOW)
    layer.fanout.add(first)
    layer.fanout.add(second)
    layer.fanout.remove(first)
    await asyncio.sleep(0.05)
    assert layers.sizes() == {SIZES[LOW]}
    layer.fanout.remove(second)
    async with asyncio.timeout(5):
        while layers.sizes():  # noqa: ASYNC110 (a timer ends it, nothing tells of it)
            await asyncio.sleep(0.01)


async def test_pictures_are_wanted_while_an_encoder_runs_or_somebody_asked(
    layers: Layers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer_module, "LINGER", 0.02)
    monkeypatch.setattr(layers_module, "LATELY", 0.1)
    assert not layers.wanted()
    layers.want()
    assert layers.wanted()
    await asyncio.sleep(0.11)
    assert not layers.wanted()
    reel = Reel()
    layers.video(Layer.VP8, HIGH).fanout.add(reel)
    await asyncio.sleep(0.11)
    assert layers.wanted()
    layers.video(Layer.VP8, HIGH).fanout.remove(reel)
    async with asyncio.timeout(5):
        while layers.wanted():  # noqa: ASYNC110 (a timer ends it, nothing tells of it)
            await asyncio.sleep(0.01)
