"""Each way to touch the log shows."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, text, update

from genba.server.audit.anchors import Anchors
from genba.server.audit.chain import Head, digest, seal
from genba.server.audit.entry import Entry
from genba.server.audit.log import AuditLog, newest
from genba.server.audit.spool import Spool
from genba.server.audit.verify import Fault, Verdict, verify
from genba.server.storage.schema.audit import AUDIT

if TYPE_CHECKING:
    from pathlib import Path

    from genba.server.storage.database import Database

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
KEY = b"k" * 32
COUNT = 20


@pytest.fixture
async def filled(database: Database, tmp_path: Path) -> tuple[Database, Anchors]:
    """Twenty lines, an anchor at the tenth and one at the last; the guards are off."""
    anchors = Anchors(tmp_path / "anchors", KEY)
    async with AuditLog(database, Spool(tmp_path / "spool"), KEY) as audit:
        for half in range(2):
            for number in range(COUNT // 2):
                await audit.write(
                    Entry(at=NOW, action="recording.read", detail={"n": half * 10 + number})
                )
            async with database.server(write=False) as connection:
                head = await newest(connection)
            await asyncio.to_thread(anchors.add, head, NOW)
    async with database.server() as connection:
        if database.dialect == "postgresql":
            await connection.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_only_grows"))
            await connection.execute(text("ALTER TABLE audit NO FORCE ROW LEVEL SECURITY"))
        else:
            await connection.execute(text("DROP TRIGGER audit_no_update"))
            await connection.execute(text("DROP TRIGGER audit_no_delete"))
    return database, anchors


async def touched(filled: tuple[Database, Anchors], *statements: str, **values: Any) -> Verdict:
    database, anchors = filled
    async with database.server() as connection:
        for statement in statements:
            changed = await connection.execute(text(statement), values)
            assert changed.rowcount
    return await verify(database, KEY, await asyncio.to_thread(anchors.read))


async def test_untouched(filled: tuple[Database, Anchors]) -> None:
    database, anchors = filled
    read = await asyncio.to_thread(anchors.read)
    assert await verify(database, KEY, read) == Verdict(COUNT, 2, ())
    wrong = await verify(database, b"another" * 5, [])
    assert {fault.what for fault in wrong.faults} == {"forged"}


@pytest.mark.parametrize("column", ["action", "actor_kind", "address", "outcome", "id"])
async def test_one_changed_byte(filled: tuple[Database, Anchors], column: str) -> None:
    change = "UPDATE audit SET {} = 'x' WHERE seq = 7".format(column)  # noqa: UP032  S608 sees no values
    verdict = await touched(filled, change)
    assert verdict.faults == (Fault(7, "changed"),)


async def test_a_changed_detail_or_time(filled: tuple[Database, Anchors]) -> None:
    verdict = await touched(
        filled,
        """UPDATE audit SET detail = '{"n": 99}' WHERE seq = 3""",
        "UPDATE audit SET at = (SELECT at FROM audit WHERE seq = 1), request = 'x' WHERE seq = 4",
    )
    assert verdict.faults == (Fault(3, "changed"), Fault(4, "changed"))


async def test_a_row_that_is_gone(filled: tuple[Database, Anchors]) -> None:
    verdict = await touched(filled, "DELETE FROM audit WHERE seq = 5")
    assert verdict.faults == (Fault(5, "missing"),)
    assert verdict.rows == COUNT - 1


async def test_the_newest_rows_cut_off(filled: tuple[Database, Anchors]) -> None:
    verdict = await touched(filled, "DELETE FROM audit WHERE seq > 15")
    assert verdict.faults == (Fault(20, "cut"),)


async def test_all_rows_gone(filled: tuple[Database, Anchors]) -> None:
    verdict = await touched(filled, "DELETE FROM audit WHERE seq > 0")
    assert verdict.faults == (Fault(10, "cut"), Fault(20, "cut"))


async def test_a_chain_that_was_written_again_without_the_key(
    filled: tuple[Database, Anchors],
) -> None:
    database, anchors = filled
    async with database.server() as connection:
        previous = (
            await connection.execute(text("SELECT digest FROM audit WHERE seq = 11"))
        ).scalar_one()
        for seq in range(12, COUNT + 1):
            one = (await connection.execute(select(AUDIT).where(AUDIT.c.seq == seq))).one()
            found = one._asdict() | {"previous": previous, "action": "harmless"}
            previous = digest(found)
            await connection.execute(
                update(AUDIT)
                .where(AUDIT.c.seq == seq)
                .values(
                    action="harmless",
                    previous=found["previous"],
                    digest=previous,
                    seal=seal(previous, b"guessed"),
                )
            )
    verdict = await verify(database, KEY, await asyncio.to_thread(anchors.read))
    assert {fault.seq for fault in verdict.faults if fault.what == "forged"} == set(range(12, 21))
    assert Fault(20, "cut") in verdict.faults


def test_an_anchor_that_somebody_else_wrote(tmp_path: Path) -> None:
    Anchors(tmp_path / "a", b"other").add(Head(3, "f" * 64), NOW)
    assert [anchor.good for anchor in Anchors(tmp_path / "a", KEY).read()] == [False]
    (tmp_path / "a").write_text("{}\n")
    with pytest.raises(ValueError, match="not readable"):
        Anchors(tmp_path / "a", KEY).read()
