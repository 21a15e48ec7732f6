"""Speech over networks that lose, double, delay and turn round packets."""

from __future__ import annotations

import collections
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from aiortc.codecs import get_decoder
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import RtpPacket

from genba.session.camera import SoundBuffer
from genba.session.camera.timeline import Timeline
from tests.kit.speech import carried, spoken

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.soak
LONG = bool(os.environ.get("GENBA_SOAK"))
SECONDS = 600 if LONG else 60
LOSSES = (0.0, 0.02, 0.05, 0.10) if LONG else (0.02, 0.05)


@dataclass
class Heard:
    """Shares of the time after the first sound, and the delay of the first and last seconds."""

    played: float
    fec: float
    silent: float
    first: float
    last: float

    @property
    def concealed(self) -> float:
        return 1 - self.played - self.fec - self.silent

    def __str__(self) -> str:
        return (
            f"{self.played:6.1%} played, {self.fec:5.1%} from FEC, {self.concealed:5.1%} made up, "
            f"{self.silent:6.2%} silent; delay {self.first:.0f} -> {self.last:.0f} ms"
        )


def ours(packets: Sequence[bytes], arrivals: list[tuple[float, int]]) -> Heard:
    buffer, timeline = SoundBuffer(), Timeline(48_000)
    delays = []
    waiting = collections.deque(arrivals)
    for tick in range(len(packets)):
        now = tick * 0.02
        while waiting and waiting[0][0] <= now:
            arrival, n = waiting.popleft()
            ts = (1 << 32) + n * 960
            buffer.put(ts, packets[n], arrival, timeline.place(ts, arrival, 960))
        buffer.get(now)
        if buffer._started and buffer._play is not None:
            at = (buffer._play - len(buffer._left) - (1 << 32)) / 48_000 - 0.02
            delays.append(1000 * (now - at))
    stats = buffer.stats
    blocks = len(delays)
    played = stats.played / blocks
    silent = max(0, stats.silent - (len(packets) - blocks)) / blocks
    return Heard(played, stats.recovered / blocks, silent, *_ends(delays))


def stock(packets: Sequence[bytes], arrivals: list[tuple[float, int]]) -> Heard:
    """A receiver of aiortc's, and a listener who wants 20 ms every 20 ms."""
    buffer = JitterBuffer(capacity=16, prefetch=4)
    decoder = get_decoder(RTCRtpCodecParameters("audio/opus", 48_000, 2, 111))
    ready = collections.deque[int]()
    delays, silent, started = [], 0, False
    waiting = collections.deque(arrivals)
    for tick in range(len(packets)):
        now = tick * 0.02
        while waiting and waiting[0][0] <= now:
            _, n = waiting.popleft()
            packet = RtpPacket(111, 0, n & 0xFFFF, n * 960, 1, packets[n])
            packet._data = packets[n]  # type: ignore[attr-defined]
            _, frame = buffer.add(packet)
            if frame is not None:
                ready.extend(frame.timestamp // 960 for _ in decoder.decode(frame))
        started = started or bool(ready)
        if ready:
            delays.append(1000 * (now - ready.popleft() * 0.02))
        elif started:
            silent += 1
    blocks = len(delays) + silent
    return Heard(len(delays) / blocks, 0.0, silent / blocks, *_ends(delays))


def _ends(delays: Sequence[float]) -> tuple[float, float]:
    return float(np.mean(delays[250:750])), float(np.mean(delays[-500:]))


@pytest.mark.parametrize("fec", [False, True], ids=["plain", "fec"])
@pytest.mark.parametrize("loss", LOSSES)
def test_loss_costs_no_playing_time_and_no_delay(loss: float, fec: bool) -> None:  # noqa: FBT001
    packets = spoken(60, fec=fec) * (SECONDS // 60)
    arrivals = carried(packets, loss=loss)
    mine, theirs = ours(packets, arrivals), stock(packets, arrivals)
    name = f"{loss:4.0%} lost, {'with' if fec else 'no'} FEC, 0-70 ms of jitter, {SECONDS} s"
    print(f"\n{name}: {mine}\n{'a stock receiver':>{len(name)}}: {theirs}")  # noqa: T201
    assert mine.silent <= 0.01
    assert mine.played >= 0.99 - loss
    assert (mine.fec > 0) == (fec and loss > 0)
    assert mine.last <= mine.first + 20


def test_stalls_and_longer_ways_do_not_stay_as_delay() -> None:
    packets = spoken(60) * 2
    arrivals = [(at, n) for at, n in carried(packets, loss=0.0, jitter=0.02, twice=0.0)]
    late = []
    for at, n in arrivals:
        held = at
        for stall in (20.0, 35.0, 50.0):  # nothing comes for 300 ms, then all of it
            if stall <= at < stall + 0.3:
                held = stall + 0.3 + (at - stall) / 100
        late.append((held + 0.15 * (70 <= at < 75), n))  # another route for a while
    quiet, rough = ours(packets, arrivals), ours(packets, sorted(late))
    print(f"\nstalls and another route: {rough}; without: {quiet}")  # noqa: T201
    assert rough.last <= quiet.last + 10
    assert rough.played >= 0.97
