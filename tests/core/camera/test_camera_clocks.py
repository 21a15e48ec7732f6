"""A camera's clocks on the session's, step by step."""

from __future__ import annotations

import random

import numpy as np
import pytest

from genba.session.camera import FrameSlot
from genba.session.camera.inorder import WAITING, InOrder
from genba.session.camera.lipsync import BEHIND, GONE, HOLD, LipSync
from genba.session.camera.pace import Pace, lengthen, shorten
from genba.session.camera.reports import Reports
from genba.session.camera.slot import WAITING as PICTURES
from genba.session.camera.timeline import SenderClock, Timeline
from tests.kit.pictures import plain, tone

NTP = 0xE000_0000 << 32


def ntp(seconds: float) -> int:
    return NTP + round(seconds * 2**32)


def pair() -> tuple[Timeline, Timeline]:
    sender = SenderClock()
    return Timeline(90_000, sender), Timeline(48_000, sender)


def test_reports_find_the_rate_of_a_clock_and_bear_an_odd_one() -> None:
    reports, chance = Reports(48_000), random.Random(1)  # noqa: S311  a network
    for second in range(60):
        wall = second * 1.0002 + 0.004 * (chance.random() - 0.5)
        reports.add(wall + 0.2 * (second in (20, 45)), second * 48_000)
    assert reports.wall(70 * 48_000) == pytest.approx(70 * 1.0002, abs=0.002)
    assert reports.denies(75.0, 70 * 48_000)
    assert not reports.denies(70.0, 70 * 48_000)


def test_streams_lie_to_each_other_as_their_reports_say() -> None:
    video, audio = pair()
    video.report(ntp(10), 900_000)
    audio.report(ntp(10), 4_800_000)
    assert audio.place(4_800_000, 1.030) == pytest.approx(1.030)
    # the picture of the same moment took 120 ms longer to be made: it is not later for that
    assert video.place(900_000, 1.150) == pytest.approx(1.030, abs=0.001)


def test_without_reports_the_fastest_packet_of_each_stream_counts() -> None:
    video, audio = pair()
    video.report(0, 900_000)  # a sender that has no wall clock says so
    assert not video.synced
    assert audio.place(4_800_000, 1.030, 960) == pytest.approx(1.010)
    assert video.place(900_000, 1.150) == pytest.approx(1.150)


def test_reports_that_cannot_be_true_are_not_believed() -> None:
    video, audio = pair()
    video.report(ntp(10), 900_000)
    audio.report(ntp(15), 4_800_000)
    assert audio.place(4_800_000, 1.030) == pytest.approx(1.030)
    assert video.place(900_000, 1.050) == pytest.approx(1.050, abs=0.001)


def test_a_clock_that_was_set_begins_anew_for_both() -> None:
    video, audio = pair()
    for timeline, rate in ((video, 90_000), (audio, 48_000)):
        timeline.report(ntp(10), 10 * rate)
        timeline.place(10 * rate, 1.0)
    video.report(ntp(50), 11 * 90_000)  # a second later it says 40 more
    assert video.synced
    assert not audio.synced
    assert audio.place(11 * 48_000, 2.0) == pytest.approx(2.0, abs=0.001)
    audio.report(ntp(50.5), round(11.5 * 48_000))
    assert audio.synced
    assert video.place(12 * 90_000, 3.0) == pytest.approx(3.0, abs=0.001)
    assert audio.place(12 * 48_000, 3.0) == pytest.approx(3.0, abs=0.001)


def test_a_clock_may_wrap_in_2036() -> None:
    sender = SenderClock()
    assert sender.seconds((1 << 64) - (1 << 32)) == 0
    assert sender.seconds(1 << 32) == pytest.approx(2.0)


def test_packets_are_handed_on_in_order_and_none_blocks_for_long() -> None:
    taken: list[bytes] = []
    order = InOrder(lambda data, _time: taken.append(data))
    for number in (5, 7, 6, 6, 9, 4):
        order.put(number, b"%d" % number, 0.0)
    assert taken == [b"5", b"6", b"7"]  # 8 may still come
    for number in range(10, 10 + WAITING):
        order.put(number, b"%d" % number, 0.0)
    assert taken == [b"%d" % n for n in (5, 6, 7, *range(9, 10 + WAITING))]
    order.put(8, b"8", 0.0)  # too late
    order.put(10 + WAITING + 1, b"last", 0.0)
    order.flush()
    assert taken[-1] == b"last"
    assert b"8" not in taken


class Time:
    now = 10.0


def shown(sync: LipSync, time: Time, lag: float) -> None:
    for _ in range(300):
        time.now += 1 / 30
        sync.shown(time.now - lag)


def test_sound_waits_for_a_slow_picture() -> None:
    time = Time()
    sync = LipSync(lambda: time.now)
    assert sync.delay(0.08, time.now) == 0.08  # there is no picture
    shown(sync, time, 0.2)
    assert sync.delay(0.08, time.now) == pytest.approx(0.2 + BEHIND, abs=0.002)
    assert sync.hold == 0
    assert sync.delay(0.08, time.now + GONE + 1) == 0.08


def test_pictures_wait_for_sound_that_needs_longer_and_not_for_ever() -> None:
    time = Time()
    sync = LipSync(lambda: time.now)
    shown(sync, time, 0.05)
    for _ in range(5000):
        assert sync.delay(0.4, time.now) == 0.4
    assert sync.hold == HOLD
    shown(sync, time, 0.05)
    for _ in range(20_000):
        sync.delay(0.05, time.now)
    assert sync.hold == 0


def test_a_slot_shows_pictures_when_they_are_due() -> None:
    time = Time()
    slot = FrameSlot()
    slot.sync = LipSync(lambda: time.now)
    slot.sync.hold = 0.1
    frames = [plain(16, 16, (n, 128, 128)) for n in range(3)]
    slot.put(frames[0], 9.97)
    assert slot.frame is None
    time.now = 10.11
    assert slot.newest == (frames[0], 9.97)
    slot.put(frames[1], 10.08)
    slot.put(frames[2], 10.09)
    time.now = 11.0
    assert slot.frame is frames[2]  # the newest that is due; the one between was never seen
    for n in range(2 * PICTURES):
        slot.put(frames[0], 11.5 + n / 100)
    assert len(slot._waiting) == PICTURES
    slot.clear()
    assert slot.frame is None


def test_a_slot_that_nobody_looks_at_keeps_no_more_than_is_not_yet_due() -> None:
    time = Time()
    slot = FrameSlot()
    slot.sync = LipSync(lambda: time.now)
    for n in range(2 * PICTURES):
        time.now = 10 + n / 30
        slot.put(plain(16, 16, (n, 128, 128)), time.now - 0.05)
    assert len(slot._waiting) <= 1


@pytest.mark.parametrize("hertz", [120, 220, 440])
def test_time_is_made_and_saved_without_a_click(hertz: float) -> None:
    wave = np.frombuffer(tone(960, hertz, 0.3), "<i2")
    steepest = np.abs(np.diff(wave.astype(int))).max()
    for change, made in ((-1, shorten(wave, 480)), (1, lengthen(wave, 480))):
        assert change * (len(made) - len(wave)) >= 120
        assert np.abs(np.diff(made.astype(int))).max() <= 1.5 * steepest
        assert (made[0], made[-1]) == (wave[0], wave[-1])
    assert shorten(wave, 100) is wave  # less than a period


def test_noise_is_left_as_it_is() -> None:
    noise = np.random.default_rng(1).integers(-9000, 9000, 960).astype(np.int16)
    assert shorten(noise, 480) is noise
    assert lengthen(noise, 480) is noise


@pytest.mark.parametrize("late", [300, -300])
def test_a_little_is_mended_by_stretching(late: int) -> None:
    pace, left = Pace(), late
    for n in range(400):
        wave = np.frombuffer(tone(960, 440, 0.3, n * 960), "<i2")
        left += len(pace.keep(wave, left)) - len(wave)
    assert abs(left) < 60
    assert pace.changed
