"""When packets leave: time is a number here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.session.peer.header import Header
from genba.session.peer.offer import Pick
from genba.session.peer.pacer import FACTOR, LONGEST, UNKNOWN, Pacer
from genba.session.peer.train import MOST, Train, runs_of
from tests.kit.senderdesk import RTX

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER = Header(Pick("video", "0", RTX, None, "", {}, (), 0))


class Road:
    """What leaves, and when."""

    def __init__(self) -> None:
        self.now = 100.0
        self.left: list[tuple[float, Train, int]] = []  # when, of which, packets
        self.blocked = False
        self.timer: tuple[float, Callable[[], None]] | None = None
        self.pacer = Pacer(self._send, lambda: self.now, self._later)

    def _send(self, train: Train, start: int, stop: int) -> bool:
        if self.blocked:
            return False
        self.left.append((self.now, train, stop - start))
        return True

    def _later(self, when: float, call: Callable[[], None]) -> Callable[[], None]:
        assert self.timer is None
        self.timer = (when, call)
        return self._forget

    def _forget(self) -> None:
        self.timer = None

    def run(self) -> None:
        """Let time pass until nothing waits."""
        while self.timer is not None:
            (self.now, call), self.timer = self.timer, None
            call()


def train(packets: int, dropped: Callable[[], None] | None = None) -> Train:
    payloads = [bytes(1200)] * packets
    runs, octets = runs_of(payloads), 1200 * packets
    return Train(HEADER, 102, 0, 0, 1, payloads, runs, octets, paced=True, dropped=dropped)


def test_an_ordinary_picture_leaves_at_once_and_whole() -> None:
    road = Road()
    for _ in range(10):
        road.pacer.push(train(9))
        road.now += 1 / 30
    assert [count for _, _, count in road.left] == [9] * 10
    assert road.timer is None


def test_a_large_one_is_spread_and_what_follows_keeps_its_place() -> None:
    road = Road()
    large, after = train(60), train(5)
    road.pacer.push(large)
    assert road.pacer.waiting
    road.now += 0.001
    road.pacer.push(after)
    road.run()
    assert [t for _, t, _ in road.left] == [large] * 4 + [after]
    spread = road.left[-2][0] - road.left[0][0]
    assert 0.02 < spread < 0.05
    between = [b[0] - a[0] for a, b in zip(road.left, road.left[1:], strict=False)]
    assert all(gap <= MOST * 1200 * 8 / UNKNOWN + 0.001 for gap in between)
    assert road.pacer.waiting == 0


def test_a_narrow_way_gets_it_slower_but_not_as_slow_as_it_is() -> None:
    road = Road()
    road.pacer.carry(1_000_000)
    road.pacer.push(train(60))
    road.run()
    assert road.left[-1][0] - 100.0 > 0.1
    assert road.left[-1][0] - 100.0 <= 60 * 1200 * 8 / (FACTOR * 1_000_000)


def test_sound_that_went_past_is_counted() -> None:
    road, other = Road(), Road()
    for one in (road, other):
        one.pacer.carry(500_000)
    road.pacer.spent(20_000, road.now)
    for one in (road, other):
        one.pacer.push(train(9))
        one.run()
    assert road.left[0][0] > other.left[0][0]


def test_what_waits_is_bounded() -> None:
    road = Road()
    road.pacer.carry(100_000)
    taken = sum(road.pacer.push(train(4)) for _ in range(50))
    assert 0 < taken < 10
    assert not road.pacer.room
    begun = road.now
    road.run()
    assert road.now - begun < LONGEST + 5 * 4 * 1200 * 8 / (FACTOR * 100_000)
    assert road.pacer.room


def test_a_full_socket_drops_what_waits_and_says_so_once() -> None:
    road = Road()
    told: list[str] = []

    def dropped() -> None:
        told.append("dropped")

    assert road.pacer.push(train(60, dropped))
    assert road.pacer.push(train(9, dropped))
    road.blocked = True
    road.run()
    assert told == ["dropped"]
    assert road.pacer.waiting == 0
    road.now += 1
    assert not road.pacer.push(train(9, dropped))  # the caller hears of it by the answer
    assert told == ["dropped"]
    road.blocked = False
    assert road.pacer.push(train(9))


def test_stopping_takes_the_call_back() -> None:
    road = Road()
    road.pacer.push(train(60))
    assert road.timer is not None
    road.pacer.stop()
    assert road.timer is None
    assert road.pacer.waiting == 0
