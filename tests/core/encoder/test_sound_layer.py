from __future__ import annotations

import asyncio
import gc
import threading
from typing import TYPE_CHECKING

import av
import numpy as np

from genba.session.compositor.mix import Mix
from genba.session.encoder.layers import Layers
from genba.session.encoder.sound import SoundLayer
from genba.session.mediaclock import MediaClock
from genba.wire.order import ViewOrder
from tests.kit.movingview import Tone

if TYPE_CHECKING:
    from genba.api import Packet


class Ear:
    def __init__(self) -> None:
        self.packets: list[Packet] = []

    def push(self, packet: Packet) -> None:
        self.packets.append(packet)


def play(tone: Tone, count: int) -> None:
    """Tick on a thread, as the mixer does."""

    def run() -> None:
        for _ in range(count):
            tone.tick(1 + 0.02 * tone.ticks)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


async def test_a_mix_is_encoded_once_for_all_who_hear_it() -> None:
    tone = Tone()
    layer = SoundLayer(tone, Mix.cameras(), asyncio.get_running_loop())
    assert tone.listeners == []
    one, two = Ear(), Ear()
    layer.fanout.add(one)
    layer.fanout.add(two)
    assert [mix for mix, _ in tone.listeners] == [Mix.cameras()]
    for _ in range(5):
        play(tone, 10)
        await asyncio.sleep(0)
    assert one.packets == two.packets
    assert len(one.packets) >= 49
    assert [round(p.time * 50) for p in one.packets[:3]] == [50, 51, 52]
    assert {(p.kind, p.codec, p.duration) for p in one.packets} == {("audio", "opus", 0.02)}
    codec = av.CodecContext.create("libopus", "r")
    codec.sample_rate, codec.layout = 48_000, "mono"
    frames = [f for p in one.packets for f in codec.decode(av.Packet(p.data))]
    assert {f.samples for f in frames} == {960}
    wave = np.concatenate([f.to_ndarray()[0] for f in frames[5:]]).astype(float)
    peak = np.fft.rfftfreq(len(wave), 1 / 48_000)[np.abs(np.fft.rfft(wave)).argmax()]
    assert abs(peak - 440) < 5


async def test_nothing_is_heard_once_the_last_has_gone() -> None:
    tone, ear = Tone(), Ear()
    layer = SoundLayer(tone, Mix.cameras(), asyncio.get_running_loop())
    layer.fanout.add(ear)
    play(tone, 3)
    layer.fanout.remove(ear)
    assert tone.listeners == []
    layer.fanout.add(ear)
    await asyncio.sleep(0)  # what was under way belongs to a run that is over
    assert ear.packets == []


async def test_a_loop_that_is_behind_loses_sound_and_nothing_else() -> None:
    tone, ear = Tone(), Ear()
    layer = SoundLayer(tone, Mix.cameras(), asyncio.get_running_loop())
    layer.fanout.add(ear)
    play(tone, 100)
    await asyncio.sleep(0)
    assert len(ear.packets) == 25
    play(tone, 10)
    await asyncio.sleep(0)
    assert len(ear.packets) == 35


async def test_layers_keep_a_mix_only_while_somebody_hears_it() -> None:
    tone, ear = Tone(), Ear()
    layers = Layers(ViewOrder(), MediaClock(), tone, asyncio.get_running_loop())
    assert layers.sound(Mix.cameras()) is layers.sound(Mix.cameras())
    layers.sound(Mix.for_camera("c:1")).fanout.add(ear)
    gc.collect()
    assert [mix for mix, _ in tone.listeners] == [Mix.for_camera("c:1")]
    assert len(layers._sound) == 1
    layers.sound(Mix.for_camera("c:1")).fanout.remove(ear)
    gc.collect()
    assert len(layers._sound) == 0
    layers.sound(Mix.everyone()).fanout.add(ear)
    await layers.close()
    assert tone.listeners == []
    layers.sound(Mix.cameras()).fanout.add(ear)
    assert tone.listeners == []
