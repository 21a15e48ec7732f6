from __future__ import annotations

import asyncio
import threading

from genba.session.encoder.handover import Handover


async def test_items_of_a_thread_reach_the_loop_in_order() -> None:
    loop, taken, enough = asyncio.get_running_loop(), [], asyncio.Event()
    on_loop: set[bool] = set()

    def take(item: int) -> None:
        on_loop.add(threading.current_thread() is threading.main_thread())
        taken.append(item)
        if item == 9:
            enough.set()

    handover: Handover[int] = Handover(loop, take, bound=100)
    thread = threading.Thread(target=lambda: [handover.put(n) for n in range(10)])
    thread.start()
    async with asyncio.timeout(5):
        await enough.wait()
    thread.join()
    assert taken == list(range(10))
    assert on_loop == {True}


async def test_a_loop_that_is_behind_bounds_what_waits() -> None:
    taken: list[int] = []
    handover: Handover[int] = Handover(asyncio.get_running_loop(), taken.append, bound=3)
    assert [handover.put(n) for n in range(5)] == [True, True, True, False, False]
    assert handover.full
    await asyncio.sleep(0)
    assert taken == [0, 1, 2]
    assert not handover.full


def test_a_closed_loop_takes_nothing_and_raises_nothing() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    handover: Handover[int] = Handover(loop, print, bound=3)
    assert handover.put(1) is False
