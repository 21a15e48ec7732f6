"""What leaves for one viewer, in which order and under which numbers."""

from __future__ import annotations

import asyncio
import itertools
import struct
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from genba.session.peer import outgoing as module
from genba.session.peer.header import Header
from genba.session.peer.offer import MID, TRANSPORT_CC, Pick
from genba.session.peer.outgoing import ENOUGH, PIECES, Outgoing
from genba.session.peer.seal import SealBuffer
from genba.session.peer.train import MOST, Train, runs_of
from tests.core.peer.test_peer_segments import session
from tests.core.peer.test_peer_transportcc import written
from tests.kit.senderdesk import RTX
from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import Callable

PICTURE, SOUND, PADDING = 1, 2, 3  # SSRCs


class Air:
    """A socket that notes what leaves; a peer that stands."""

    def __init__(self) -> None:
        self.buffer = SealBuffer()
        self.left: list[tuple[int, int | None]] = []  # SSRC and transport-wide number
        self.times: list[float] = []
        self.full = False
        self.ice = SimpleNamespace(route=("192.0.2.1", 9))
        self.dtls = SimpleNamespace(outgoing=session())
        parts = (cast("Any", part) for part in (self, self.ice, self.dtls))
        self.outgoing = Outgoing(*parts)
        told = {MID: 1, TRANSPORT_CC: 2}
        self.pictures = Header(Pick("video", "0", RTX, None, "", told, (), 0))
        self.sounds = Header(Pick("audio", "1", RTX, None, "", {MID: 1}, (), 1))
        self.sequence = 0

    def send_segments(self, data: memoryview, size: int, _address: object) -> bool:
        if self.full:
            return False
        for at in range(0, len(data), size):
            ssrc = struct.unpack_from("!L", data, at + 8)[0]
            # behind the fixed header and that of the extensions: mid in two bytes, then an id
            number = struct.unpack_from("!H", data, at + 19)[0] if ssrc != SOUND else None
            self.left.append((ssrc, number))
            self.times.append(time.monotonic())
        return True

    def train(self, packets: int, dropped: Callable[[], None] | None = None) -> Train:
        payloads = [bytes(1200)] * packets
        first, self.sequence = self.sequence, self.sequence + packets
        return Train(
            *(self.pictures, 102, first, 0, PICTURE, payloads, runs_of(payloads), 1200 * packets),
            paced=True,
            dropped=dropped,
        )

    def sound(self) -> Train:
        return Train(self.sounds, 111, 1, 0, SOUND, [bytes(80)], ((0, 1),), 80)

    def padding(self, octets: int) -> Train:
        count = max(1, round(octets / 1200))
        runs = ((0, count),)
        return Train(self.pictures, 103, 0, 0, PADDING, [bytes(1200)] * count, runs, octets)

    def tell(self) -> None:
        """Say that all has come, each packet 20 ms later."""
        numbered = zip(self.left, self.times, strict=True)
        known = {n: at + 0.02 for (_, n), at in numbered if n is not None}
        self.outgoing.hear(written(known))


async def test_sound_overtakes_a_large_picture_and_numbers_follow_the_wire() -> None:
    air = Air()
    try:
        assert air.outgoing.send(air.train(60))
        assert MOST <= len(air.left) < 60
        assert air.outgoing.send(air.sound())
        assert air.left[-1] == (SOUND, None)
        assert air.outgoing.send(air.train(3))  # behind the large one
        await until(lambda: len(air.left) == 64)
        numbers = [number for _, number in air.left if number is not None]
        assert numbers == list(range(63))
    finally:
        air.outgoing.stop()


async def test_a_paced_picture_is_a_measurement() -> None:
    air = Air()
    try:
        air.outgoing.send(air.train(60))
        await until(lambda: len(air.left) == 60)
        air.tell()
        assert air.outgoing.estimate.available == pytest.approx(module.ENOUGH, rel=0.7)
    finally:
        air.outgoing.stop()


async def test_a_calm_way_is_probed_until_enough_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROBE_AT_FIRST", 0.0)
    air = Air()
    air.outgoing.filler = air.padding
    try:
        air.outgoing.send(air.train(4))
        air.tell()
        await until(lambda: _pieces(air) >= PIECES)
        monkeypatch.setattr(module, "PROBE_AT_FIRST", 5.0)
        air.tell()
        known = air.outgoing.estimate.available
        assert known > 1_000_000
        monkeypatch.setattr(module, "PROBE_AT_FIRST", 0.0)
        air.outgoing.estimate.available = ENOUGH
        before = len(air.left)
        air.outgoing.send(air.train(4))
        air.tell()
        await asyncio.sleep(0.03)
        assert len(air.left) == before + 4
    finally:
        air.outgoing.stop()


def _pieces(air: Air) -> int:
    times = [at for (ssrc, _), at in zip(air.left, air.times, strict=True) if ssrc == PADDING]
    return 1 + sum(b - a > 0.002 for a, b in itertools.pairwise(times)) if times else 0


async def test_a_full_socket_empties_the_queue_and_tells_once() -> None:
    air, told = Air(), [0]

    def dropped() -> None:
        told[0] += 1

    try:
        assert air.outgoing.send(air.train(60, dropped))
        air.full = True
        await until(lambda: told[0] == 1)
        assert not air.outgoing.send(air.train(2, dropped)) or air.outgoing._pacer.waiting
        air.full = False
        assert air.outgoing.ready
        air.ice.route = cast("Any", None)
        assert not air.outgoing.ready
        assert not air.outgoing.send(air.sound())
    finally:
        air.outgoing.stop()
    assert told == [1]


async def test_nothing_is_heard_of_feedback_that_cannot_be_read() -> None:
    air = Air()
    with pytest.raises(ValueError, match="transport feedback"):
        air.outgoing.hear(bytes([0x8F, 205, 0, 1]) + bytes(4))
    assert air.outgoing.estimate.available == 0
