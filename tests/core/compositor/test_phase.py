"""The tick follows the pictures: scripted arrivals, no clock."""

from __future__ import annotations

import random

import pytest

from genba.session.compositor.phase import MOST, SPARE, Phase

PERIOD = 1 / 30


class Beat:
    """Ticks as the compositor makes them, and what its cameras' pictures wait for them."""

    def __init__(self) -> None:
        self.phase = Phase(PERIOD)
        self.ticks: list[float] = [1000.0]
        self.waits: dict[int, list[float]] = {}
        self._shown: dict[int, float] = {}

    def run(self, seconds: float, *cameras: list[float]) -> None:
        end = self.ticks[-1] + seconds
        while self.ticks[-1] < end:
            tick = self.ticks[-1]
            for n, arrivals in enumerate(cameras):
                there = [a for a in arrivals if tick - 0.2 < a <= tick]
                if there and there[-1] != self._shown.get(n):
                    self._shown[n] = there[-1]
                    self.waits.setdefault(n, []).append(tick - there[-1])
                if there:
                    self.phase.arrived(n, there[-1])
            self.ticks.append(tick + PERIOD + self.phase.move(tick))

    def late(self, camera: int = 0) -> float:
        """Return how long pictures have waited in the last two seconds, in the mean."""
        lately = self.waits[camera][-60:]
        return sum(lately) / len(lately)

    def fastest(self) -> float:
        """Return the most that ticks have moved within any second."""
        off = [t - k * PERIOD for k, t in enumerate(self.ticks)]
        return max(abs(a - b) for a, b in zip(off, off[30:], strict=False))


def arrivals(
    offset: float, fps: float = 30, jitter: float = 0.0, seconds: float = 60, begin: float = 999.0
) -> list[float]:
    dice = random.Random(offset)  # noqa: S311 (the same every time)
    times = (begin + offset + k / fps for k in range(int(seconds * fps)))
    return sorted(t + abs(dice.gauss(0, jitter)) for t in times)


@pytest.mark.parametrize("offset", [0.001, 0.008, 0.016, 0.024, 0.032])
def test_ticks_come_to_stand_just_after_a_cameras_pictures(offset: float) -> None:
    beat = Beat()
    beat.run(20, arrivals(offset))
    assert SPARE / 2 < beat.late() < SPARE + 0.001
    assert beat.fastest() <= MOST * 1.001


def test_pictures_that_scatter_get_the_time_they_need() -> None:
    beat = Beat()
    beat.run(30, arrivals(0.02, jitter=0.003))
    assert beat.late() < 0.009
    assert beat.fastest() <= MOST * 1.001
    steps = [b - a for a, b in zip(beat.ticks, beat.ticks[1:], strict=False)]
    assert all(abs(step - PERIOD) <= MOST * PERIOD * 1.001 for step in steps), "no step is felt"


def test_pictures_that_scatter_over_half_the_period_still_wait_less_than_by_chance() -> None:
    beat = Beat()
    beat.run(30, arrivals(0.02, jitter=0.008))
    assert beat.late() < 0.011  # by chance it is 0.017
    assert beat.fastest() <= MOST * 1.001


@pytest.mark.parametrize("fps", [29.97, 30.003, 15, 10])
def test_a_camera_whose_clock_is_another_is_followed(fps: float) -> None:
    beat = Beat()
    beat.run(40, arrivals(0.02, fps))
    assert beat.late() < 0.006
    assert beat.fastest() <= MOST * 1.001


def test_pictures_that_come_anyhow_move_nothing_to_and_fro() -> None:
    beat = Beat()
    beat.run(30, arrivals(0.02, 25))
    assert abs(beat.phase.offset) < 0.002
    dice = random.Random(1)  # noqa: S311 (the same every time)
    wild = Beat()
    wild.run(30, sorted(999 + dice.random() * 60 for _ in range(1800)))
    assert abs(wild.phase.offset) < 0.004


def test_the_most_active_camera_is_followed_and_kept() -> None:
    beat = Beat()
    beat.run(20, arrivals(0.005, 10), arrivals(0.025, 30))
    assert beat.late(1) < 0.004
    even = Beat()
    even.run(20, arrivals(0.005), arrivals(0.025))
    first = even.phase._followed
    even.run(20, arrivals(0.005), arrivals(0.025))
    assert even.phase._followed == first, "two that are alike do not take turns"


def test_without_pictures_nothing_moves_and_a_new_camera_is_learnt_anew() -> None:
    beat = Beat()
    beat.run(5)
    assert beat.ticks[-1] == pytest.approx(1000 + (len(beat.ticks) - 1) * PERIOD)
    beat.run(15, arrivals(0.01))
    assert beat.late() < 0.004
    beat.run(5)
    moved = beat.phase.offset
    beat.run(20, arrivals(0.028, seconds=120))
    assert beat.late() < 0.004
    assert beat.phase.offset != moved
