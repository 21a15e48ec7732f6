from __future__ import annotations

import itertools

import pytest

from genba.session.encoder.quality import Quality
from genba.session.publishing.choice import (
    BACK_AFTER,
    BACK_AFTER_SURE,
    DOWN_AFTER,
    HELD,
    SETTLE,
    SHED_AFTER,
    TRY_AFTER,
    TRY_AFTER_MOST,
    UP_AFTER,
    Choice,
    Seen,
    Shed,
)
from genba.wire.order import ViewOrder

LOW, STANDARD, HIGH = Quality
RATES = {quality: quality.order(ViewOrder()).kbps * 1000 for quality in Quality}
LOOK = 0.5


class Link:
    """A link of so many bit/s, whose estimate knows it, and a choice that looks at it."""

    def __init__(self, top: Quality = STANDARD, busy: float = 1.0) -> None:
        self.now, self.busy = 100.0, busy
        self.choice = Choice(RATES, top, self.now)
        self.switches: list[tuple[float, Quality | None]] = []
        self.dropped = 0
        self.probed = False

    def narrow(self) -> None:
        """Go down, and no further than that."""
        while self.choice.quality is STANDARD:
            self.run(LOOK, available=1_000_000)

    def run(self, seconds: float, available: int = 0, loss: float = 0.0) -> Quality | None:
        for _ in range(round(seconds / LOOK)):
            self.now += LOOK
            before = self.choice.quality
            rate = round(RATES[before] * self.busy) if before else 0
            seen = Seen(available, rate, loss, self.dropped, probed=self.probed)
            if self.choice.look(self.now, seen) is not before:
                self.switches.append((self.now - 100, self.choice.quality))
        return self.choice.quality


def test_a_good_link_keeps_what_it_began_with() -> None:
    link = Link()
    assert link.run(300, available=6_000_000) is STANDARD
    assert link.switches == []


def test_a_link_that_tells_nothing_keeps_what_it_began_with() -> None:
    link = Link()
    assert link.run(300) is STANDARD
    assert link.switches == []


def test_a_narrow_link_goes_down_within_seconds() -> None:
    link = Link()
    assert link.run(SETTLE + DOWN_AFTER + LOOK, available=1_000_000) is LOW
    assert link.choice.shed is None


def test_a_short_dip_changes_nothing() -> None:
    link = Link()
    link.run(10, available=6_000_000)
    link.run(DOWN_AFTER - LOOK, available=300_000)
    assert link.run(10, available=6_000_000) is STANDARD
    assert link.switches == []


def test_a_view_that_stands_takes_little_and_stays() -> None:
    link = Link(busy=0.2)  # half a Mbit/s of the 2.5 that it may take
    assert link.run(60, available=700_000) is STANDARD


def test_from_the_top_straight_to_what_fits() -> None:
    link = Link(HIGH)
    link.run(SETTLE + DOWN_AFTER + LOOK, available=700_000)
    assert [quality for _, quality in link.switches] == [LOW]
    link = Link(HIGH)
    link.run(SETTLE + DOWN_AFTER + LOOK, available=3_000_000)
    assert [quality for _, quality in link.switches] == [STANDARD]


def test_loss_goes_down_one_step() -> None:
    link = Link(HIGH)
    link.run(SETTLE + DOWN_AFTER + LOOK, loss=0.15)
    assert [quality for _, quality in link.switches] == [STANDARD]


def test_room_goes_up_after_a_while() -> None:
    link = Link()
    link.narrow()
    assert link.run(SETTLE + UP_AFTER - LOOK, available=4_000_000) is LOW
    assert link.run(2 * LOOK, available=4_000_000) is STANDARD


def test_between_down_and_up_nothing_happens() -> None:
    """Between 0.9 of what is sent and 1.2 of what more would take: stay, wherever it is."""
    stays = 2_600_000
    link = Link()
    assert link.run(100, available=stays) is STANDARD
    link = Link()
    link.narrow()
    link.run(SETTLE + UP_AFTER + 2, available=stays)
    assert link.choice.quality is LOW


def test_an_estimate_that_is_bound_by_what_is_sent_is_tried() -> None:
    link = Link()
    link.narrow()
    assert link.run(SETTLE + TRY_AFTER - LOOK, available=700_000) is LOW
    assert link.run(2 * LOOK, available=700_000) is STANDARD


def test_where_room_is_probed_for_pictures_are_not_tried() -> None:
    link = Link()
    link.narrow()
    link.probed = True
    assert link.run(300, available=900_000) is LOW
    assert link.run(UP_AFTER + LOOK, available=4_000_000) is STANDARD


def test_trials_that_fail_become_rare() -> None:
    """A link of 1 Mbit/s for ten minutes: the estimate at the low quality says 1.4 times that."""
    link = Link()
    for _ in range(1200):
        sent = 700_000 if link.choice.quality is LOW else 1_000_000
        link.run(LOOK, available=sent)
    tries = [at for at, quality in link.switches if quality is STANDARD]
    gaps = [after - before for before, after in itertools.pairwise(tries)]
    assert len(tries) <= 10
    assert gaps == sorted(gaps)
    assert max(gaps) <= TRY_AFTER_MOST + 10
    assert link.choice.shed is None


def test_after_a_quality_has_held_the_next_trial_is_soon_again() -> None:
    link = Link()
    for _ in range(200):
        link.run(LOOK, available=700_000 if link.choice.quality is LOW else 1_000_000)
    link.run(TRY_AFTER_MOST + 10, available=6_000_000)
    assert link.run(HELD, available=6_000_000) is STANDARD
    link.narrow()
    assert link.run(SETTLE + UP_AFTER + 1, available=6_000_000) is STANDARD


def test_a_full_socket_twice_goes_down_at_once() -> None:
    link = Link()
    link.run(5)
    link.dropped += 3
    assert link.run(LOOK) is STANDARD
    link.dropped += 1
    assert link.run(LOOK) is LOW


@pytest.mark.parametrize(
    ("available", "loss", "why"), [(200_000, 0.0, Shed.NARROW), (0, 0.4, Shed.LOSSY)]
)
def test_where_the_lowest_fails_the_viewer_is_shed(available: int, loss: float, why: Shed) -> None:
    link = Link(LOW)
    assert link.run(SETTLE + SHED_AFTER - LOOK, available, loss) is LOW
    assert link.run(3 * LOOK, available, loss) is None
    assert link.choice.shed is why


def test_a_socket_that_stays_full_sheds() -> None:
    link = Link(LOW)
    for _ in range(15):
        link.dropped += 1
        link.run(LOOK)
    assert link.choice.quality is None
    assert link.choice.shed is Shed.FULL


def test_a_few_drops_of_the_lowest_do_not_shed() -> None:
    link = Link(LOW)
    for _ in range(20):
        link.dropped += 1
        link.run(4 * LOOK)
    assert link.choice.quality is LOW


def test_one_who_was_shed_once_is_back_soon_where_the_estimate_says_so() -> None:
    link = Link(LOW)
    link.run(SETTLE + SHED_AFTER, available=200_000)
    assert link.choice.quality is None
    assert link.run(BACK_AFTER_SURE - LOOK, available=900_000) is None
    assert link.run(2 * LOOK, available=900_000) is LOW


def test_what_the_lowest_bears_does_not_shed() -> None:
    link = Link(LOW)
    assert link.run(120, available=400_000, loss=0.2) is LOW


def test_whoever_is_shed_comes_back_by_itself_and_rarer_each_time() -> None:
    link = Link(LOW)
    link.run(240, available=100_000)
    backs = [at for at, quality in link.switches if quality is LOW]
    sheds = [at for at, quality in link.switches if quality is None]
    waits = [back - shed for shed, back in zip(sheds, backs, strict=False)]
    assert waits[0] == BACK_AFTER
    assert waits == sorted(waits)
    assert waits[1] == 2 * BACK_AFTER
    assert link.run(TRY_AFTER_MOST + 5, available=900_000) is LOW
    assert link.choice.shed is None


def test_a_wish_counts_at_once() -> None:
    link = Link()
    link.run(10, available=6_000_000)
    link.choice.limit(LOW, link.now)
    assert link.choice.quality is LOW
    assert link.run(120, available=6_000_000) is LOW
    link.choice.limit(HIGH, link.now)
    assert link.choice.quality is HIGH
    assert link.run(SETTLE + DOWN_AFTER + LOOK, available=3_000_000) is STANDARD


def test_it_begins_low_where_the_last_link_was_narrow_and_never_above_the_wish() -> None:
    link = Link()
    link.choice = Choice(RATES, STANDARD, link.now, LOW)
    assert link.choice.quality is LOW
    assert link.run(SETTLE + UP_AFTER + LOOK, available=6_000_000) is STANDARD
    assert Choice(RATES, LOW, 0, STANDARD).quality is LOW


def test_a_wish_wakes_whoever_was_shed() -> None:
    link = Link(LOW)
    link.run(SETTLE + SHED_AFTER + 2 * LOOK, available=100_000)
    assert link.choice.quality is None
    link.choice.limit(STANDARD, link.now)
    assert link.choice.quality is STANDARD
    assert link.choice.shed is None


@pytest.mark.parametrize("kbps", [100, 700, 2500, 12_000])
def test_less_lines_never_take_more(kbps: int) -> None:
    for height in (360, 720, 1080):
        view = ViewOrder(width=height * 16 // 9, height=height, kbps=kbps)
        orders = [quality.order(view) for quality in Quality]
        assert [order.height for order in orders] == [360, 720, 1080]
        rates = [order.kbps for order in orders]
        assert rates == sorted(rates)
        assert view in orders
