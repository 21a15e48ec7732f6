"""The decode thread: what it drops, refuses and survives."""

from __future__ import annotations

import struct
import threading
from typing import TYPE_CHECKING, Literal

import pytest

from genba.session.camera import AccessUnit, FrameSlot
from genba.session.camera.decoder import MOST, Decoder
from tests.kit.rtc import encode_h264
from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import av


class HeldSlot(FrameSlot):
    """A slot whose first picture waits for the test: the decoder falls behind."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def put(self, frame: av.VideoFrame, time: float) -> None:
        assert self.go.wait(10)
        super().put(frame, time)


class Bench:
    def __init__(self, slot: FrameSlot) -> None:
        self.slot = slot
        self.firsts = 0
        self.troubles = 0
        self.decoder = Decoder("bench", slot, self.first, self.trouble)
        self.number = 0

    def first(self) -> None:
        self.firsts += 1

    def trouble(self) -> None:
        self.troubles += 1

    def put(self, data: bytes, *, key: bool, codec: Literal["h264", "vp8"] = "h264") -> None:
        ts = self.number * 3000
        self.decoder.put(AccessUnit(data, ts, self.number / 30, key, 0.0, False, codec))
        self.number += 1


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    found = Bench(FrameSlot())
    yield found
    found.decoder.stop()
    await found.decoder.join()


UNITS = encode_h264(20)


async def test_pictures_reach_the_slot_with_their_time(bench: Bench) -> None:
    for number, unit in enumerate(UNITS[:10]):
        bench.put(unit, key=number == 0)
    await until(lambda: bench.slot.count == 10)
    assert bench.slot.time == pytest.approx(9 / 30, abs=1e-4)
    await until(lambda: bench.firsts)
    assert (bench.firsts, bench.troubles, bench.decoder.dropped) == (1, 0, 0)
    bench.slot.clear()
    assert (bench.slot.frame, bench.slot.count) == (None, 10)


async def test_a_decoder_that_is_behind_drops_to_the_next_key_picture() -> None:
    slot = HeldSlot()
    bench = Bench(slot)
    bench.decoder.behind = -1.0  # behind at once, whatever the machine's pace
    bench.put(UNITS[0], key=True)
    await until(lambda: not bench.decoder._units)
    for unit in UNITS[1:8]:
        bench.put(unit, key=False)
    assert len(bench.decoder._units) == 3
    assert (bench.decoder.dropped, bench.troubles) == (4, 4)
    bench.put(UNITS[8], key=False)
    assert bench.decoder.dropped == 5
    bench.put(UNITS[0], key=True)  # takes the place of what waits
    assert len(bench.decoder._units) == 1
    slot.go.set()
    await until(lambda: slot.count == 2)
    bench.put(UNITS[1], key=False)
    await until(lambda: slot.count == 3)
    bench.decoder.stop()
    await bench.decoder.join()
    assert bench.decoder.errors == 0


async def test_the_queue_is_bounded_however_patient() -> None:
    slot = HeldSlot()
    bench = Bench(slot)
    bench.decoder.behind = 1000.0
    bench.put(UNITS[0], key=True)
    for _ in range(200):
        bench.put(UNITS[1], key=False)
    assert len(bench.decoder._units) <= MOST
    slot.go.set()
    bench.decoder.stop()
    await bench.decoder.join()


async def test_a_picture_bomb_is_refused_and_the_next_one_decoded(bench: Bench) -> None:
    bomb = b"\x10\x02\x00\x9d\x01\x2a" + struct.pack("<HH", 16383, 16383) + bytes(60)
    bench.put(bomb, key=True, codec="vp8")
    await until(lambda: bench.decoder.refused == 1)
    bench.put(b"\x11", key=False, codec="vp8")
    assert bench.troubles == 0  # asking for more of them is no use
    bench.put(UNITS[0], key=True)
    await until(lambda: bench.slot.count == 1)


async def test_garbage_asks_for_a_key_picture_and_goes_on(bench: Bench) -> None:
    bench.put(b"\0\0\0\1\x65" + b"\xff" * 50, key=True)
    await until(lambda: bench.troubles)
    assert bench.decoder.errors == 1
    bench.put(UNITS[1], key=False)
    assert bench.decoder.dropped >= 1
    bench.put(UNITS[0], key=True)
    await until(lambda: bench.slot.count == 1)


async def test_a_fault_does_not_cost_a_key_picture_that_already_waits(bench: Bench) -> None:
    units = [AccessUnit(b"", n, 0.0, n == 2, 0.0, False, "h264") for n in range(4)]
    bench.decoder._units.extend((unit, 0.0) for unit in units)
    bench.decoder._fail("failed", 9)
    assert [unit.ts for unit, _ in bench.decoder._units] == [2, 3]
    assert not bench.decoder._skipping


async def test_stopping_does_not_wait_and_later_units_are_nothing(bench: Bench) -> None:
    bench.decoder.stop()
    bench.put(UNITS[0], key=True)
    assert bench.decoder._thread is None
    await bench.decoder.join()
