"""How long pictures take on each part of their way."""

from __future__ import annotations

from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import av
import pytest

from genba.api import Packet
from genba.session.camera.unit import AccessUnit
from genba.session.latency import AGAIN, SPAN, Arrivals, Latency, Painting
from genba.session.mediaclock import MediaClock
from genba.wire.latency import Spread, Stage
from genba.wire.ticket import TicketKind
from tests.kit.desk import desk, states
from tests.kit.rtc import Publisher, Viewer

if TYPE_CHECKING:
    from pathlib import Path


class Time:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_mean_and_95th_percentile_of_the_last_seconds() -> None:
    time = Time()
    latency = Latency(time)
    assert latency.spreads() == {}
    latency.note(Stage.SEND, 9.0)
    time.now += SPAN
    for number in range(1, 101):
        latency.note(Stage.DECODE, number / 1000)
    assert latency.spreads() == {Stage.DECODE: Spread(mean_ms=50.5, p95_ms=95.0)}
    time.now += SPAN
    assert latency.spreads() == {}


def test_compose_encode_and_send_are_told_apart() -> None:
    time = Time()
    latency, clock = Latency(time), MediaClock(time)
    seen: list[float] = []
    painting = Painting(latency, clock, lambda _, moment: seen.append(moment))
    frame, small = av.VideoFrame(64, 32, "yuv420p"), av.VideoFrame(32, 16, "yuv420p")
    time.now += 1.004
    painting.put(frame, 1.0)
    time.now += 0.006
    painting.put(small, 1.0)  # the same tick in another size: the first one counts
    assert seen == [1.0, 1.0]
    packet = Packet("video", "h264", b"", 1.0, 1 / 30, key=False)
    painting.delivered(packet, came=1.012, sent=1.013)
    assert latency.spreads() == {
        Stage.COMPOSE: Spread(mean_ms=4.0, p95_ms=4.0),
        Stage.ENCODE: Spread(mean_ms=8.0, p95_ms=8.0),
        Stage.SEND: Spread(mean_ms=1.0, p95_ms=1.0),
    }


def test_a_picture_is_late_after_the_fastest_of_the_last_seconds() -> None:
    time = Time()
    latency = Latency(time)
    arrivals = Arrivals(latency, MediaClock(time))
    link = SimpleNamespace(peer=SimpleNamespace(rtt=0.010))

    def come(source: Any, seconds: float, took: float) -> None:
        time.now = 1000.0 + seconds + took
        unit = AccessUnit(b"", round(seconds * 90_000), 0.0, True, 0.0, False, "h264")
        arrivals.unit(source, unit)

    def mean() -> float:
        time.now += AGAIN
        return latency.spreads()[Stage.NETWORK].mean_ms

    source = SimpleNamespace(seat=SimpleNamespace(n=1, link=link))
    come(source, 0.0, 0.100)
    assert mean() == 5.0, "the first one is the fastest: half the round trip"
    # The way gets longer for good: after two spans nothing of the old one is held against it.
    for number in range(1, 500):
        come(source, number / 30, 0.160)
    assert mean() == 5.0
    come(source, 500 / 30, 0.200)
    assert latency._notes[Stage.NETWORK][-1][1] == pytest.approx(0.045)
    come(SimpleNamespace(seat=source.seat), 0.0, 0.500)  # another link has another clock
    assert latency._notes[Stage.NETWORK][-1][1] == pytest.approx(0.005)


async def test_a_session_shows_every_stage(tmp_path: Path) -> None:
    def all_there(state: dict[str, Any]) -> bool:
        return set(state["figures"]["latency"]) == {stage.value for stage in Stage}

    async with desk(tmp_path) as session, AsyncExitStack() as stack:
        await stack.enter_async_context(Publisher(session.whip(id="c1")))
        await session.until(lambda s: states(s)[0] == "live")
        bearer = session.ticket(TicketKind.DESK)
        for path in ("/whep", "/whep/cameras/c1"):
            viewer = Viewer(session.answer(path, bearer), audio=False)
            await stack.enter_async_context(viewer)
            await viewer.seen(pictures=10)
        state = await session.until(all_there)
        for stage, spread in state["figures"]["latency"].items():
            assert 0 <= spread["mean_ms"] < 5000, stage
