"""Lost packets are asked for in time, and a key picture once that is in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from genba.session.camera.asking import AGAIN, ASK_AT_ONCE, GIVE_UP, GRACE, PATIENCE, TRIES, turn
from genba.session.camera.reorder import Missing, Reorder
from tests.core.camera.test_camera_video import Way
from tests.kit.until import until

if TYPE_CHECKING:
    from genba.session.camera.asking import Turn


def timetable(way: float, end: float) -> dict[str, list[float]]:
    """Return at which times, in milliseconds after the loss, what is done for a lost packet."""
    missing = {7: Missing(0.0)}
    found: dict[str, list[float]] = {"ask": [], "key": [], "over": []}
    step = 1
    while step * GRACE < end:
        done: Turn = turn(missing, step * GRACE + step * 1e-6, way)
        for name, moments in found.items():
            if getattr(done, name):
                moments.append(round(step * GRACE * 1000))
        step += 1
    return found


@pytest.mark.parametrize("way", [0.0, 0.015, 0.1])
def test_a_packet_is_asked_for_every_round_trip_then_a_key_picture(way: float) -> None:
    again = max(AGAIN, way) * 1000
    found = timetable(way, GIVE_UP + way + 0.1)
    first = GRACE * 1000
    assert found["ask"][:PATIENCE] == [first + n * again for n in range(PATIENCE)]
    assert len(found["ask"]) <= TRIES
    assert found["key"][0] == pytest.approx(first + PATIENCE * again, abs=10)
    assert found["over"][0] == pytest.approx((GIVE_UP + way) * 1000, abs=20)


def test_one_message_asks_for_so_many_and_the_next_for_the_rest() -> None:
    missing = {n: Missing(0.0) for n in range(ASK_AT_ONCE + 50)}
    assert len(turn(missing, 1.0, 0.0).ask) == ASK_AT_ONCE
    assert turn(missing, 1.001, 0.0).ask == list(range(ASK_AT_ONCE, ASK_AT_ONCE + 50))
    assert turn(missing, 1.002, 0.0).ask == []


async def test_the_key_picture_takes_the_place_of_what_stays_lost() -> None:
    """It goes out the moment it is whole, however long the lost packet may still be waited for."""
    way = Way(pictures=12, gop=6)
    lost = way.of(2)[0]
    way.send(*way.of(0), *way.of(1), *[packet for packet in way.of(2) if packet is not lost])
    way.send(*way.of(3))
    await until(way.peer.plis)
    assert len(way.peer.nacks()) >= PATIENCE
    assert len(way.screen.units) == 2
    way.send(*way.of(4), *way.of(5), *way.of(6)[:-1])
    assert len(way.screen.units) == 2
    way.send(way.of(6)[-1])
    assert [unit.ts // 3000 % 12 for unit in way.screen.units[2:]] == [
        (way.screen.units[0].ts // 3000 + 6) % 12
    ]
    assert way.screen.units[2].key
    assert way.screen.units[2].damaged
    way.send(*way.of(7), way.again(lost))
    assert len(way.screen.units) == 4
    way.video.stop()


async def test_a_packet_that_comes_late_still_mends_the_picture() -> None:
    way = Way()
    lost = way.of(1)[0]
    way.send(*[packet for packet in way.packets if packet is not lost])
    await until(way.peer.plis)
    way.send(way.again(lost))
    assert [unit.data for unit in way.screen.units] == way.units
    assert not any(unit.damaged for unit in way.screen.units)
    way.video.stop()


def test_only_a_whole_key_picture_ends_the_waiting() -> None:
    reorder = Reorder()
    reorder.insert(1, 10, 1, b"a", 0.0)
    for sequence, ts, marker, payload in ((3, 11, 1, b"b"), (4, 12, 0, b"K"), (6, 12, 1, b"k")):
        reorder.insert(sequence, ts, marker, payload, 0.0)
    assert not reorder.skip_to(lambda payloads: payloads[0] == b"K")
    reorder.insert(5, 12, 0, b"k", 0.0)
    assert reorder.skip_to(lambda payloads: payloads[0] == b"K")
    assert [whole.payloads for whole in reorder.whole()] == [[b"a"], [b"K", b"k", b"k"]]
    assert reorder.missing == {}
