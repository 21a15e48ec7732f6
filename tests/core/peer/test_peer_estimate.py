"""What is made of a viewer's feedback: a link of known width, and time that is a number."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from genba.session.peer import estimate as module
from genba.session.peer.estimate import LOWEST, Estimate
from genba.session.peer.flights import Flight
from genba.session.peer.probe import Probe
from genba.session.peer.transportcc import REFERENCE, Feedback
from genba.session.peer.trend import Load, Trend

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 1200
EVERY = 0.05  # seconds between two reports
QUEUE = 0.2  # seconds that a packet may wait in the link


class Link:
    """Carries ``rate`` bit/s, lets packets wait for 200 ms, and loses what ``lose`` says."""

    def __init__(self, estimate: Estimate, rate: float) -> None:
        self.estimate, self.rate = estimate, rate
        self.now = 0.0
        self.lose: Callable[[int], bool] = lambda _: False
        self._free = 0.0
        self._arrivals: list[tuple[int, float | None]] = []
        self._reported = 0.0

    def send(self, count: int, probe: Probe | None = None) -> None:
        first = self.estimate.flights.next
        self.estimate.flights.add(Flight(first, count, SIZE, SIZE, self.now, probe))
        if probe is not None:
            probe.flying += 1
        for number in range(first, first + count):
            begin = max(self.now, self._free)
            if begin - self.now > QUEUE or self.lose(number):
                self._arrivals.append((number, None))
                continue
            self._free = begin + SIZE * 8 / self.rate
            self._arrivals.append((number, self._free + 0.02))

    def step(self, seconds: float) -> None:
        """Let time go on, and tell of what is through."""
        self.now += seconds
        if self.now - self._reported < EVERY:
            return
        self._reported = self.now
        through = []
        while self._arrivals and (self._arrivals[0][1] or 0.0) <= self.now:
            through.append(self._arrivals.pop(0))
        if through:
            reference = int(min((a for _, a in through if a), default=self.now) / REFERENCE)
            arrivals = [a - reference * REFERENCE if a else None for _, a in through]
            self.estimate.hear(Feedback(through[0][0] & 0xFFFF, reference, arrivals), self.now)

    def film(self, seconds: float, bitrate: float) -> None:
        """Send pictures of this bit rate for so long."""
        for _ in range(round(seconds * 30)):
            self.send(max(1, round(bitrate / 30 / 8 / SIZE)))
            self.step(1 / 30)

    def probe(self, rate: float) -> None:
        """Send five times some packets, at this rate."""
        probe, count = Probe(), max(1, round(rate * 0.005 / 8 / SIZE))
        for left in range(5, 0, -1):
            probe.closed = left == 1
            self.send(count, probe)
            self.step(count * SIZE * 8 / rate)

    @classmethod
    def wide(cls, estimate: Estimate) -> Link:
        """Return one of 20 Mbit/s that is known to carry 2.5 Mbit/s more than twice."""
        link = cls(estimate, 20e6)
        link.film(1, 2.5e6)
        link.probe(8e6)
        link.film(1, 2.5e6)
        assert estimate.available > 6e6
        return link


def test_nothing_is_known_before_anything_is_told() -> None:
    estimate = Estimate()
    assert estimate.available == 0
    Link(estimate, 1e7).film(0.03, 1e6)
    assert estimate.available == 0


def test_it_falls_under_a_link_that_becomes_narrow_and_rises_when_it_is_wide_again() -> None:
    estimate = Estimate()
    link = Link.wide(estimate)
    link.rate = 1e6
    link.film(2, 2.5e6)
    assert estimate.available < 1.1e6
    link.film(10, 2.5e6)
    assert 0.5e6 < estimate.available < 1.1e6  # not down and down: that much does arrive
    link.rate = 20e6
    link.film(3, 2.5e6)
    assert estimate.available > 2.4e6


def test_a_growing_queue_alone_is_enough() -> None:
    estimate = Estimate()
    link = Link(estimate, 20e6)
    link.film(1, 1.5e6)
    link.probe(6e6)
    link.film(1, 1.5e6)
    assert estimate.available > 5e6
    link.rate = 1.2e6
    link.film(0.6, 1.5e6)  # 180 ms of queue: nothing is lost yet
    assert estimate._loss() == 0
    assert estimate.available < 1.5e6


def test_a_few_losses_of_the_air_change_nothing() -> None:
    estimate = Estimate()
    link = Link.wide(estimate)
    before = estimate.available
    link.lose = lambda number: number % 25 == 0
    link.film(5, 2.5e6)
    assert estimate.available == before


def test_losses_of_the_air_do_not_hold_it_below_what_arrives() -> None:
    estimate = Estimate()
    link = Link.wide(estimate)
    link.rate = 1e6
    link.film(2, 2.5e6)
    link.rate = 20e6
    link.lose = lambda number: number % 25 == 0
    link.film(3, 2.5e6)
    assert estimate.available > 2.2e6


def test_much_loss_brings_it_down_though_no_queue_grows() -> None:
    estimate = Estimate()
    link = Link.wide(estimate)
    link.lose = lambda number: number % 3 == 0
    link.film(5, 2.5e6)
    assert estimate.available < 2.5e6


def test_growth_is_held_to_what_pictures_show_and_a_probe_shows_more() -> None:
    estimate = Estimate()
    link = Link(estimate, 20e6)
    link.film(1, 0.5e6)
    link.probe(0.6e6)
    link.film(20, 0.5e6)
    assert 0.4e6 < estimate.available < 1.0e6
    link.probe(5e6)
    link.film(0.2, 0.5e6)
    assert estimate.available == pytest.approx(5e6, rel=0.1)


def test_without_probes_growth_is_tried_all_the_same() -> None:
    estimate = Estimate(probing=False)
    link = Link(estimate, 20e6)
    link.film(1, 0.5e6)
    link.probe(0.6e6)
    link.film(20, 0.5e6)
    assert estimate.available > 1.5e6


def test_a_probe_of_a_narrow_link_shows_the_link() -> None:
    estimate = Estimate()
    link = Link(estimate, 2e6)
    link.film(1, 0.5e6)
    link.probe(8e6)
    link.film(0.2, 0.5e6)
    assert estimate.available == pytest.approx(2e6, rel=0.15)


def test_feedback_about_what_was_never_sent_says_nothing() -> None:
    estimate = Estimate()
    link = Link(estimate, 20e6)
    link.film(1, 1e6)
    arriving = estimate.arriving
    for base in (0, 30_000, 65_535):
        estimate.hear(Feedback(base, 1 << 23, [0.0] * 4096), link.now)
    assert estimate.arriving <= arriving + 8 * SIZE * 200


def test_a_viewer_that_tells_by_remb_and_loss() -> None:
    estimate = Estimate()
    estimate.hear_loss(0.0, 2_500_000)
    assert estimate.available == 0  # nothing to say yet
    estimate.hear_remb(4_000_000, 2_500_000)
    assert estimate.available == 4_000_000
    for _ in range(3):
        estimate.hear_loss(0.3, 2_500_000)
    assert estimate.available == pytest.approx(2_500_000 * 0.85**3, rel=0.01)
    for _ in range(30):
        estimate.hear_loss(0.0, 2_500_000)
    assert estimate.available == 4_000_000
    estimate.hear_remb(0, 2_500_000)
    estimate.hear_remb(1, 2_500_000)
    assert estimate.available == LOWEST


def test_the_trend_needs_two_looks_and_adapts_to_noise() -> None:
    trend = Trend()
    for n in range(40):
        trend.add(n / 30, n / 30)
    assert trend.judge(1.0) is Load.NORMAL
    for n in range(40, 60):
        trend.add(n / 30, n / 30 + (n - 40) * 0.004)
    assert trend.judge(1.1) is Load.NORMAL
    assert trend.judge(1.2) is Load.OVER
    for n in range(60, 90):
        trend.add(n / 30, n / 30 + max(0, 80 - 8 * (n - 60)) * 0.001)
    assert trend.judge(1.3) is not Load.OVER


def test_steps_down_have_a_pause_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    estimate = Estimate()
    link = Link.wide(estimate)
    steps: list[float] = []
    real = estimate._lower

    def lower(loss: float, now: float, *, growing: bool) -> None:
        before = estimate.available
        real(loss, now, growing=growing)
        if estimate.available != before:
            steps.append(now)

    monkeypatch.setattr(estimate, "_lower", lower)
    link.rate = 0.5e6
    link.film(4, 2.5e6)
    assert len(steps) >= 2
    assert all(b - a >= module.PAUSE for a, b in itertools.pairwise(steps))
