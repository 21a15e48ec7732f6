"""Sessions whose process dies: they come back under the next epoch, or end with the truth."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from genba.api import EndReason
from genba.errors import GenbaError
from genba.fence import Fence
from genba.server.desk import doors as doors_module
from genba.server.desk import returning
from genba.wire.resume import KeptSeat, KeptTake, Resume
from genba.wire.state import Layout
from genba.wire.ticket import TicketKind
from tests.kit.house import house
from tests.kit.orders import ticket
from tests.kit.placement import FakePlacement
from tests.kit.until import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit.house import House

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
RESUME = Resume(
    layout=Layout(kind="focus", focus=2),
    seats=(KeptSeat(n=2, camera="c-1", name="屋上", since=NOW),),
    take=KeptTake(id="t-1", since=NOW),
)


class _Clock:
    """A wall clock in a test's hands."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)
        self.seconds = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.seconds


async def _dies(h: House, session: str) -> None:
    """Have the session's process die and wait for the next one."""
    worker = h.worker(session)
    await until(lambda: worker.listeners)
    worker.over.set()
    await until(
        lambda: (
            h.placement.workers.get(session, worker) is not worker
            and not h.services.desk.is_returning(session)
            and h.services.desk.find(session) is not None
        )
    )


async def _whip(h: House, session: str) -> int:
    headers = {
        "Authorization": f"Bearer {ticket(TicketKind.CAMERA, session)}",
        "Content-Type": "application/sdp",
    }
    async with h.nobody.post("/whip", data=b"v=0", headers=headers) as answer:
        return answer.status


async def test_it_comes_back_with_what_it_had(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        assert h.worker(session).order.resume is None
        h.worker(session).resume = RESUME
        for socket in tuple(h.worker(session).listeners):
            await socket.close()
        await until(lambda: h.services.desk._keeper.find(session) is not None)
        await _dies(h, session)
        order = h.worker(session).order
        assert (order.epoch, order.resume) == (2, RESUME)
        assert not await asyncio.to_thread(Fence(tmp_path, session, 1).holds)
        assert await asyncio.to_thread(Fence(tmp_path, session, 2).holds)
        seen = await h.get(f"/sessions/{session}")
        assert (seen["restarts"], seen["returning"], seen["reason"]) == (1, False, None)
        assert await _whip(h, session) == 201


async def test_requests_wait_for_it(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        opened = h.placement.open
        hold = asyncio.Event()

        async def later(order: object) -> None:
            await hold.wait()
            await opened(order)  # type: ignore[arg-type]

        h.placement.open = later  # type: ignore[method-assign]
        h.worker(session).over.set()
        await until(lambda: h.services.desk.is_returning(session))
        assert (await h.get(f"/sessions/{session}"))["returning"]
        asked = asyncio.create_task(_whip(h, session))
        await asyncio.sleep(0)
        hold.set()
        assert await asked == 201


async def test_a_page_that_connects_meanwhile_is_told_what_it_waits_for(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        opened = h.placement.open
        hold = asyncio.Event()

        async def later(order: object) -> None:
            await hold.wait()
            await opened(order)  # type: ignore[arg-type]

        h.placement.open = later  # type: ignore[method-assign]
        h.worker(session).over.set()
        await until(lambda: h.services.desk.is_returning(session))
        words = ("genba.v1", f"ticket.{ticket(TicketKind.DESK, session)}")
        async with h.nobody.ws_connect("/control", protocols=words) as page, asyncio.timeout(10):
            assert await page.receive_json() == {"type": "returning"}
            assert "復旧中" in await (await h.person.get("/")).text()
            hold.set()
            await until(lambda: session in h.placement.workers)
            inside = await h.worker(session).controls.get()
            await inside.send_json({"type": "state", "state": {}})
            assert await page.receive_json() == {"type": "state", "state": {}}
        assert "自動復旧 1回" in await (await h.person.get("/")).text()


async def test_who_waited_long_enough_is_told_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(returning, "WAITS", (0.0, 60.0))
    async with house(tmp_path) as h:
        h.services.doors._patience = 0.05
        session = await h.open()
        h.placement.refuse = GenbaError("session.limit")
        h.worker(session).over.set()
        await until(lambda: h.services.desk.is_returning(session))
        headers = {
            "Authorization": f"Bearer {ticket(TicketKind.CAMERA, session)}",
            "Content-Type": "application/sdp",
        }
        async with h.nobody.post("/whip", data=b"v=0", headers=headers) as answer:
            assert answer.status == 503
            assert answer.headers["Retry-After"] == "2"
            assert (await answer.json())["code"] == "session.returning"
    assert doors_module.PATIENCE >= 3


async def test_a_person_may_end_it_while_it_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(returning, "WAITS", (0.0, 0.1, 0.1, 0.1, 0.1))
    async with house(tmp_path) as h:
        h.services.doors._patience = 0.05
        session = await h.open()
        h.placement.refuse = GenbaError("session.limit")
        h.worker(session).over.set()
        await until(lambda: h.services.desk.is_returning(session))
        async with h.program.delete(f"/api/v1/sessions/{session}") as answer:
            assert answer.status in (200, 204)
        record = h.services.desk.find(session)
        assert record is not None
        assert record.reason is EndReason.STOPPED


async def test_what_cannot_be_brought_back_has_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(returning, "WAITS", (0.0, 0.0))
    async with house(tmp_path) as h:
        session = await h.open()
        h.placement.refuse = GenbaError("session.limit")
        h.worker(session).over.set()
        await until(lambda: h.services.desk.ended(session))
        record = h.services.desk.find(session)
        assert record is not None
        assert record.reason is EndReason.FAILED
        assert await _whip(h, session) == 410
        assert not await asyncio.to_thread(Fence(tmp_path, session, 99).holds), "nobody's any more"
        await until(lambda: not (tmp_path / "resume" / f"{session}.json").exists())


async def test_what_dies_again_and_again_is_ended(tmp_path: Path) -> None:
    clock = _Clock()
    async with house(tmp_path, clock=clock) as h:
        session = await h.open()
        for _ in range(returning.MOST - 1):
            await _dies(h, session)
        last = h.worker(session)
        await until(lambda: last.listeners)
        last.over.set()
        await until(lambda: h.services.desk.ended(session))
        record = h.services.desk.find(session)
        assert record is not None
        assert (record.reason, record.epoch) == (EndReason.FAILED, returning.MOST)


async def test_deaths_far_apart_are_forgiven(tmp_path: Path) -> None:
    clock = _Clock()
    async with house(tmp_path, clock=clock) as h:
        session = await h.open()
        for _ in range(returning.MOST + 1):
            clock.seconds += returning.WITHIN
            await _dies(h, session)
        assert h.worker(session).order.epoch == returning.MOST + 2


@pytest.mark.parametrize(("minutes", "back"), [(9, True), (11, False)])
async def test_a_server_that_starts_again_brings_back_what_lived_lately(
    tmp_path: Path, minutes: int, *, back: bool
) -> None:
    clock = _Clock()
    async with FakePlacement() as first, house(tmp_path, clock=clock, placement=first) as h:
        session = await h.open()
        h.worker(session).resume = RESUME
        for socket in tuple(h.worker(session).listeners):
            await socket.close()
        await until(lambda: h.services.desk._keeper.find(session) is not None)
    clock.at += timedelta(minutes=minutes)
    async with FakePlacement() as second, house(tmp_path, clock=clock, placement=second) as h:
        if back:
            await until(lambda: session in second.workers)
            assert second.workers[session].order.epoch == 2
            assert second.workers[session].order.resume == RESUME
        else:
            record = h.services.desk.find(session)
            assert record is not None
            assert record.reason is EndReason.FAILED


async def test_an_older_epoch_is_not_believed(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        worker = h.worker(session)
        await until(lambda: worker.listeners)
        old = worker.state
        worker.state = old.model_copy(update={"epoch": 7, "name": "another"})
        await worker.tell()
        worker.state = old.model_copy(update={"name": "the right one"})
        await worker.tell()
        await until(lambda: (h.services.desk.state(session) or old).name == "the right one")


async def test_a_session_that_hangs_is_killed_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import aiohttp

    from genba.server.desk import watcher

    monkeypatch.setattr(watcher, "SILENCE", 0.2)
    monkeypatch.setattr(watcher, "PROBE", aiohttp.ClientTimeout(total=0.2))
    async with house(tmp_path) as h:
        session = await h.open()
        worker = h.worker(session)
        await until(lambda: worker.listeners)
        await asyncio.sleep(0)
        assert h.worker(session) is worker, "quiet is not stuck: it answers"
        worker.stuck.clear()
        await until(lambda: h.placement.workers.get(session, worker) is not worker)
        assert h.worker(session).order.epoch == 2


def test_fences_of_long_ago_are_swept_away(tmp_path: Path) -> None:
    for name in ("old", "living", "new"):
        Fence(tmp_path, name, 1).claim()
    for name in ("old", "living"):
        os.utime(tmp_path / "epochs" / name, (0, 0))
    returning.sweep(tmp_path, {"living"})
    assert sorted(path.name for path in (tmp_path / "epochs").iterdir()) == ["living", "new"]


def test_a_fence_is_compare_and_set(tmp_path: Path) -> None:
    one, two = Fence(tmp_path, "s", 1), Fence(tmp_path, "s", 2)
    assert one.holds(), "nobody has claimed anything"
    assert two.claim()
    assert not one.claim()
    assert not two.claim()
    assert not one.holds()
    assert two.holds()
    (tmp_path / "epochs" / "s").write_bytes(b"\0\0\0")
    assert one.holds(), "what is no number is no epoch"
    assert one.claim()
    one.close()
    assert not Fence(tmp_path, "s", 99).holds(), "it has ended for good"
    assert not Fence(tmp_path, "s", 99).claim()
    two.forget()
    two.forget()
    assert one.claim()
