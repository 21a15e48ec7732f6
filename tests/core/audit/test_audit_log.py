"""The log keeps every line, in order, whatever happens to the database."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from genba.server.audit.entry import Entry
from genba.server.audit.log import AuditLog
from genba.server.audit.spool import Spool, SpoolFullError
from genba.server.audit.verify import verify
from genba.server.storage.database import Database
from genba.server.storage.schema.audit import AUDIT
from tests.kit.postgres import postgres
from tests.kit.until import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit.databases import Templates

NOW = datetime(2026, 11, 24, 9, 30, 0, 123456, tzinfo=UTC)
KEY = b"k" * 32


def entry(number: int) -> Entry:
    return Entry(
        at=NOW,
        action="session.open",
        group="ga",
        actor_kind="user",
        actor_id="u1",
        address="2001:db8::1",
        thing_kind="session",
        thing_id=f"s{number}",
        detail={"name": "点検", "number": number},
    )


async def things(database: Database) -> list[str | None]:
    async with database.server(write=False) as connection:
        return list(await connection.scalars(select(AUDIT.c.thing_id).order_by(AUDIT.c.seq)))


async def test_lines_are_kept_in_order_and_verify(database: Database, tmp_path: Path) -> None:
    async with AuditLog(database, Spool(tmp_path / "spool"), KEY) as audit:
        await asyncio.gather(*(audit.write(entry(number)) for number in range(1200)))
    async with AuditLog(database, Spool(tmp_path / "spool"), KEY) as audit:
        await audit.write(entry(1200))  # another run of the process goes on with the chain
    assert await things(database) == [f"s{number}" for number in range(1201)]
    verdict = await verify(database, KEY, [])
    assert (verdict.rows, verdict.faults) == (1201, ())


async def test_two_writers_share_one_chain(database: Database, tmp_path: Path) -> None:
    async with (
        AuditLog(database, Spool(tmp_path / "a"), KEY) as one,
        AuditLog(database, Spool(tmp_path / "b"), KEY) as two,
    ):
        await asyncio.gather(*(audit.write(entry(n)) for n in range(60) for audit in (one, two)))
    verdict = await verify(database, KEY, [])
    assert (verdict.rows, verdict.faults) == (120, ())


async def test_while_postgresql_is_away_lines_wait_in_a_file(tmp_path: Path) -> None:
    with postgres() as cluster:
        async with (
            Database(cluster.url(await cluster.make())) as database,
            AuditLog(database, Spool(tmp_path / "spool"), KEY, again=0.1) as audit,
        ):
            await audit.write(entry(0))
            await asyncio.to_thread(cluster.stop)
            for number in range(1, 51):
                async with asyncio.timeout(30):
                    await audit.write(entry(number))
            assert audit.spooled == 50
            await asyncio.to_thread(cluster.start)
            await until(lambda: not audit.spooled, 60)
            await audit.write(entry(51))
            assert await things(database) == [f"s{number}" for number in range(52)]
            assert (await verify(database, KEY, [])).faults == ()
    assert not (tmp_path / "spool").exists()


async def test_what_a_process_left_in_its_file_comes_back_once(
    database: Database, tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "spool")
    async with AuditLog(database, spool, KEY) as audit:
        await audit.write(entry(0))
        already = entry(1)
        await audit.write(already)
    # It was killed after the first of these was stored, and while it wrote the last one.
    await asyncio.to_thread(spool.add, [already, entry(2)])
    with (tmp_path / "spool").open("ab") as file:
        file.write(b'{"at": "2026-')
    async with AuditLog(database, spool, KEY, again=0.01) as audit:
        assert audit.spooled == 2
        await until(lambda: not audit.spooled, 30)
    assert await things(database) == ["s0", "s1", "s2"]


async def test_what_nobody_can_keep_is_refused(
    templates: Templates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genba.server.audit.spool.MOST", 600)
    async with Database(await templates.url("sqlite")) as database:
        spool = Spool(tmp_path / "spool")
        await asyncio.to_thread(spool.add, [entry(0)])
        async with AuditLog(database, spool, KEY, again=60) as audit:
            with pytest.raises(SpoolFullError):
                await audit.write(entry(1))
    assert len(await asyncio.to_thread(spool.read)) == 1


async def test_a_caller_that_goes_away_takes_no_line_with_it(
    database: Database, tmp_path: Path
) -> None:
    async with AuditLog(database, Spool(tmp_path / "spool"), KEY) as audit:
        task = asyncio.create_task(audit.write(entry(0)))
        await asyncio.sleep(0)
        task.cancel()
        await audit.write(entry(1))
    assert await things(database) == ["s0", "s1"]
