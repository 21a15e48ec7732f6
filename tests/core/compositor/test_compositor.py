from __future__ import annotations

import asyncio
import logging
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from genba.session.camera.slot import FrameSlot
from genba.session.compositor.canvases import KEPT, Canvases
from genba.session.compositor.compositor import Compositor
from genba.session.compositor.source import Source
from genba.session.mediaclock import MediaClock
from genba.wire.state import CameraState, Layout
from tests.kit.pictures import plain, planes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import av
    import pytest

LIMIT = 20.0


class SteppingClock:
    """A wall clock that goes on a second with each look."""

    def __init__(self) -> None:
        self.looks = 0

    def now(self) -> datetime:
        self.looks += 1
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.looks)

    def monotonic(self) -> float:
        raise AssertionError("the compositor ticks by the machine's monotonic clock")


class Viewer:
    """Takes what the compositor paints; ``wanted`` pictures set ``seen``."""

    def __init__(self, wanted: int, each: Callable[[int], None] = lambda _n: None) -> None:
        self.got: list[tuple[av.VideoFrame, float]] = []
        self.wanted = wanted
        self.each = each
        self.seen = threading.Event()

    def __call__(self, frame: av.VideoFrame, time: float) -> None:
        self.got.append((frame, time))
        self.each(len(self.got))
        if len(self.got) >= self.wanted:
            self.seen.set()


def source(n: int, yuv: tuple[int, int, int]) -> Source:
    slot = FrameSlot()
    slot.put(plain(640, 360, yuv), 0.0)
    return Source(n, slot, f"{n}", CameraState.LIVE)


@contextmanager
def running(
    sink: Callable[[av.VideoFrame, float], None], wall: SteppingClock | None = None
) -> Iterator[Compositor]:
    compositor = Compositor(320, 180, 100, MediaClock(), wall or SteppingClock(), "ja", sink)
    compositor.set_sources([source(1, (200, 90, 90)), source(2, (60, 160, 160))])
    compositor.start()
    try:
        yield compositor
    finally:
        compositor.stop()


def test_thirty_ticks_by_the_clock() -> None:
    viewer, wall = Viewer(30), SteppingClock()
    with running(viewer, wall) as compositor:
        assert viewer.seen.wait(LIMIT)
    times = [t for _, t in viewer.got]
    steps = np.diff(times) * 100
    assert np.allclose(steps, np.round(steps), atol=1e-6), "ticks lie on the clock's grid"
    assert steps.min() > 0.5, "never the same moment twice"
    assert wall.looks == len(times) == compositor.ticks
    assert compositor.fps > 0


def test_missed_ticks_are_left_out_and_counted() -> None:
    gate = threading.Event()

    def slow(n: int) -> None:
        if n == 3:
            gate.wait(0.1)  # ten ticks long

    viewer = Viewer(8, slow)
    with running(viewer) as compositor:
        assert viewer.seen.wait(LIMIT)
    times = [t for _, t in viewer.got]
    missing = round((times[-1] - times[0]) * 100) - (len(times) - 1)
    assert missing >= 8
    assert compositor.late >= missing


def test_a_new_layout_shows_at_the_next_tick_and_nothing_restarts() -> None:
    ready = threading.Event()
    held: list[Compositor] = []

    def switch(n: int) -> None:
        if n == 5:
            ready.wait(LIMIT)
            held[0].set_layout(Layout(kind="focus", focus=2))

    viewer = Viewer(10, switch)
    with running(viewer) as compositor:
        held.append(compositor)
        ready.set()
        thread = compositor._thread
        assert viewer.seen.wait(LIMIT)
        assert compositor._thread is thread
    large = [2 if planes(frame)[1][45, 30] > 125 else 1 for frame, _ in viewer.got[:10]]
    assert large == [1] * 5 + [2] * 5


def test_the_newest_picture_of_each_tick_is_shown() -> None:
    one = source(1, (200, 90, 90))
    slot = one.slot
    assert isinstance(slot, FrameSlot)

    def change(n: int) -> None:
        slot.put(plain(640, 360, (200, 90 + n, 90)), 0.0)

    viewer = Viewer(5, change)
    compositor = Compositor(320, 180, 100, MediaClock(), SteppingClock(), "ja", viewer)
    compositor.set_sources([one])
    compositor.start()
    try:
        assert viewer.seen.wait(LIMIT)
    finally:
        compositor.stop()
    assert [int(planes(f)[1][45, 80]) for f, _ in viewer.got[:5]] == [90, 91, 92, 93, 94]


def test_a_picture_that_somebody_holds_is_never_painted_over() -> None:
    kept: list[tuple[av.VideoFrame, bytes]] = []
    held: list[Compositor] = []

    def keep(_frame: av.VideoFrame, _time: float) -> None:
        if held and len(kept) < 3 and (latest := held[0].latest()) is not None:
            kept.append((latest, bytes(latest.planes[0])))
        viewer(_frame, _time)

    viewer = Viewer(40)
    with running(keep) as compositor:
        held.append(compositor)
        assert viewer.seen.wait(LIMIT)
        viewer.got.clear()
    assert len(kept) == 3
    assert all(bytes(frame.planes[0]) == before for frame, before in kept)
    assert len({before for _, before in kept}) == 3, "the clock in the picture goes on"


def test_canvases_are_used_again_once_released() -> None:
    canvases = Canvases(64, 64)
    seen = {id(canvases.take().frame) for _ in range(20)}
    assert len(seen) == 1
    held = [canvases.take().frame for _ in range(KEPT + 5)]
    assert len({id(f) for f in held}) == KEPT + 5
    assert len(canvases._ring) == KEPT
    addresses = {f.planes[0].buffer_ptr for f in held}
    assert len(addresses) == KEPT + 5


def test_a_failing_sink_is_logged_once_and_the_next_tick_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    viewer = Viewer(20)

    def failing(frame: av.VideoFrame, time: float) -> None:
        viewer(frame, time)
        if len(viewer.got) < 10:
            raise RuntimeError("broken sink")

    with caplog.at_level(logging.ERROR), running(failing):
        assert viewer.seen.wait(LIMIT)
    assert [r.getMessage() for r in caplog.records] == ["the view's picture failed"]


async def test_stop_ends_the_thread_and_may_come_before_start() -> None:
    viewer = Viewer(1)
    never, other = (
        Compositor(320, 180, 30, MediaClock(), SteppingClock(), "ja", viewer) for _ in range(2)
    )
    await asyncio.to_thread(never.stop)
    other.start()
    assert await asyncio.to_thread(viewer.seen.wait, LIMIT)
    await asyncio.to_thread(other.stop)
    assert not other._thread.is_alive()
    assert never.latest() is None
    assert other.latest() is not None


async def test_nothing_is_painted_while_nobody_looks_and_a_picture_at_once_for_who_asks() -> None:
    wanted = threading.Event()
    viewer = Viewer(3)
    compositor = Compositor(
        320, 180, 2, MediaClock(), SteppingClock(), "ja", viewer, wanted=wanted.is_set
    )
    compositor.start()
    try:
        async with asyncio.timeout(LIMIT):
            while not compositor.idle:  # noqa: ASYNC110 (a thread tells)
                await asyncio.sleep(0.01)
            assert compositor.ticks == 0
            first = await compositor.picture()
            assert first is not None
            assert compositor.ticks == 1
            assert (first.width, first.height) == (320, 180)
            while not compositor.idle:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            assert compositor.latest() is first
            assert compositor.fps == 0
            wanted.set()
            compositor.wake()
            assert await asyncio.to_thread(viewer.seen.wait, LIMIT)
            assert compositor.late == 0, "nobody missed what nobody needed"
            assert await compositor.picture() is compositor.latest()
    finally:
        await asyncio.to_thread(compositor.stop)
    times = [t for _, t in viewer.got]
    assert times == sorted(times)
    wanted.clear()
    assert await compositor.picture() is compositor.latest(), "nobody waits for what has ended"


async def test_who_asks_gets_cameras_as_they_are_now_or_after_a_second_as_they_were() -> None:
    class Sleepy:
        frame = plain(640, 360, (200, 90, 90))
        ready = time.monotonic() - 60

    compositor = Compositor(
        320, 180, 50, MediaClock(), SteppingClock(), "ja", Viewer(1), wanted=lambda: False
    )
    slot = Sleepy()
    compositor.set_sources([Source(1, slot, "1", CameraState.LIVE)])
    compositor.start()
    try:
        async with asyncio.timeout(LIMIT):
            while not compositor.idle:  # noqa: ASYNC110 (a thread tells)
                await asyncio.sleep(0.01)
            waiting = asyncio.ensure_future(compositor.picture())
            while compositor.ticks < 3:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            assert not waiting.done(), "the camera's decoder has to wake first"
            slot.frame, slot.ready = plain(640, 360, (120, 90, 90)), time.monotonic()
            new = await waiting
            assert new is not None
            assert planes(new)[0][90, 100] == 120
            while not compositor.idle:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            slot.ready -= 60
            assert await compositor.picture() is not None
    finally:
        await asyncio.to_thread(compositor.stop)


def test_the_sink_gets_each_size_that_is_asked_for() -> None:
    asked: set[tuple[int, int]] = {(160, 90)}

    def change(n: int) -> None:
        if n == 6:
            asked.clear()

    viewer = Viewer(10, change)
    compositor = Compositor(
        320, 180, 100, MediaClock(), SteppingClock(), "ja", viewer, lambda: frozenset(asked)
    )
    compositor.set_sources([source(1, (200, 90, 90))])
    compositor.start()
    try:
        assert viewer.seen.wait(LIMIT)
    finally:
        compositor.stop()
    sizes = [(f.width, f.height) for f, _ in viewer.got[:10]]
    assert sizes == [(320, 180), (160, 90)] * 3 + [(320, 180)] * 4
    assert all(viewer.got[k][1] == viewer.got[k + 1][1] for k in (0, 2, 4)), "of one moment"
    assert viewer.got[0][0].pts == viewer.got[1][0].pts


def test_the_ticks_follow_the_camera_and_their_times_say_so() -> None:
    class Camera:
        def __init__(self) -> None:
            self.begin = time.monotonic() + 0.004
            self.frame = plain(64, 64, (200, 90, 90))

        @property
        def ready(self) -> float:
            now = time.monotonic()
            return now - (now - self.begin) % 0.01

    viewer = Viewer(150)
    clock = MediaClock()
    compositor = Compositor(64, 64, 100, clock, SteppingClock(), "ja", viewer)
    camera = Camera()
    compositor.set_sources([Source(1, camera, "1", CameraState.LIVE)])
    compositor.start()
    try:
        assert viewer.seen.wait(LIMIT)
    finally:
        compositor.stop()
    times = np.array([t for _, t in viewer.got])
    stamps = np.array([f.time for f, _ in viewer.got])
    assert np.abs(stamps - times).max() < 1e-4, "pts are those of the ticks"
    steps = np.diff(times)
    off = np.abs(steps - np.round(steps * 100) / 100)
    assert off.max() < 1e-4, "no step is felt"
    assert compositor._phase.offset != 0
