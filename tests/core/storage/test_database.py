"""Both databases: what they keep, whom they hide it from, and that the log only grows."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.ext.asyncio import create_async_engine

from genba.clock import JST
from genba.server.storage import migrate
from genba.server.storage.database import Database, address
from genba.server.storage.schema import METADATA
from genba.server.storage.schema.audit import AUDIT
from genba.server.storage.schema.base import is_walled
from genba.server.storage.schema.groups import GROUPS
from genba.server.storage.schema.sessions import CAMERAS, SESSIONS
from genba.server.storage.schema.terminals import TERMINALS
from genba.server.storage.schema.users import MEMBERSHIPS, USERS

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

    from tests.kit.databases import Templates

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


async def two_groups(database: Database) -> None:
    """Fill two groups with one session and one camera each."""
    async with database.server() as connection:
        for group in ("ga", "gb"):
            await connection.execute(
                insert(GROUPS).values(id=group, name=f"第{group}グループ", created_at=NOW)
            )
    for group in ("ga", "gb"):
        async with database.group(group) as connection:
            await fill(connection, group)


async def fill(connection: AsyncConnection, group: str) -> None:
    await connection.execute(
        insert(USERS).values(
            id=f"u{group}",
            group_id=group,
            login=f"tanaka@{group}",
            name="田中",
            recovery=[],
            created_at=NOW,
        )
    )
    await connection.execute(
        insert(MEMBERSHIPS).values(user_id=f"u{group}", group_id=group, role="admin", since=NOW)
    )
    await connection.execute(
        insert(TERMINALS).values(
            id=f"t{group}", group_id=group, name="屋上", secret=f"{group}0", created_at=NOW
        )
    )
    await connection.execute(
        insert(SESSIONS).values(id=f"s{group}", group_id=group, name="点検", started_at=NOW)
    )
    await connection.execute(
        insert(CAMERAS).values(
            id=f"c{group}",
            group_id=group,
            session_id=f"s{group}",
            slot=1,
            terminal_id=f"t{group}",
            name="屋上",
            joined_at=NOW,
        )
    )
    await connection.execute(insert(AUDIT).values(**audit_row(1 if group == "ga" else 2, group)))


def audit_row(seq: int, group: str | None = None) -> dict[str, Any]:
    return {
        "seq": seq,
        "id": f"a{seq}",
        "at": NOW,
        "group_id": group,
        "actor_kind": "user",
        "address": "192.0.2.1",
        "action": "session.open",
        "outcome": "done",
        "detail": {"name": "点検"},
        "previous": "0" * 64,
        "digest": f"{seq:064}",
        "seal": "f" * 64,
    }


async def test_a_moment_keeps_its_meaning_and_needs_a_zone(database: Database) -> None:
    late = datetime(2026, 11, 25, 0, 5, 1, 234567, tzinfo=JST)
    async with database.server() as connection:
        await connection.execute(insert(GROUPS).values(id="ga", name="x", created_at=late))
        found = (await connection.execute(select(GROUPS.c.created_at))).scalar_one()
        assert (found, found.utcoffset()) == (late, timedelta(0))
    naive = NOW.replace(tzinfo=None)
    async with database.server() as connection:
        with pytest.raises(StatementError, match="zone"):
            await connection.execute(insert(GROUPS).values(id="gb", name="y", created_at=naive))


async def test_what_fails_half_way_leaves_nothing(database: Database) -> None:
    async def twice() -> None:
        async with database.server() as connection:
            for group in ("ga", "gb"):
                await connection.execute(insert(GROUPS).values(id=group, name="x", created_at=NOW))

    with pytest.raises(IntegrityError):
        await twice()
    async with database.server(write=False) as connection:
        assert (await connection.execute(select(GROUPS.c.id))).all() == []


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (CAMERAS, {"id": "x", "session_id": "sgb", "slot": 1, "name": "x", "joined_at": NOW}),
        (CAMERAS, {"id": "x", "session_id": "sga", "slot": 10, "name": "x", "joined_at": NOW}),
        (MEMBERSHIPS, {"user_id": "ugb", "role": "admin", "since": NOW}),
        (MEMBERSHIPS, {"user_id": "uga", "role": "operator", "since": NOW}),
    ],
    ids=["another group's session", "no such slot", "another group's user", "no such role"],
)
async def test_rows_that_do_not_fit_together_are_refused(
    database: Database, table: Any, values: dict[str, Any]
) -> None:
    await two_groups(database)
    with pytest.raises(DBAPIError):
        async with database.group("ga") as connection:
            await connection.execute(insert(table).values(group_id="ga", **values))


async def test_an_operator_has_no_group_and_everybody_else_has_one(database: Database) -> None:
    common = {"name": "x", "recovery": [], "created_at": NOW}
    await two_groups(database)
    async with database.server() as connection:
        await connection.execute(insert(USERS).values(id="o", login="o", operator=True, **common))
    for wrong in ({"group_id": "ga", "operator": True}, {"operator": False}):
        with pytest.raises(IntegrityError):
            async with database.server() as connection:
                await connection.execute(insert(USERS).values(id="w", login="w", **wrong, **common))


async def test_the_log_only_grows(database: Database) -> None:
    await two_groups(database)
    for change in (update(AUDIT).values(action="x"), delete(AUDIT)):
        with pytest.raises(DBAPIError, match="only grows"):
            async with database.server() as connection:
                await connection.execute(change)
    async with database.server(write=False) as connection:
        rows = (await connection.execute(select(AUDIT.c.action).order_by(AUDIT.c.seq))).all()
    assert [row.action for row in rows] == ["session.open"] * 2


async def test_the_log_outlives_its_group(database: Database) -> None:
    await two_groups(database)
    async with database.server() as connection:
        await connection.execute(delete(GROUPS).where(GROUPS.c.id == "ga"))
        for table in (USERS, TERMINALS, SESSIONS, CAMERAS):
            assert len((await connection.execute(select(table.c.group_id))).all()) == 1
        assert len((await connection.execute(select(AUDIT.c.seq))).all()) == 2


async def test_ten_writers_at_once_lose_nothing(database: Database) -> None:
    await two_groups(database)

    async def write(writer: int) -> None:
        for number in range(20):
            async with database.group("ga") as connection:
                seen = (await connection.execute(select(TERMINALS.c.id))).all()
                assert seen
                await connection.execute(
                    insert(TERMINALS).values(
                        id=f"{writer}-{number}",
                        group_id="ga",
                        name="x",
                        secret=f"{writer}-{number}",
                        created_at=NOW,
                    )
                )

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for writer in range(10):
            group.create_task(write(writer))
    async with database.group("ga", write=False) as connection:
        mine = select(TERMINALS.c.id).where(TERMINALS.c.group_id == "ga")
        assert len((await connection.execute(mine)).all()) == 201


async def test_up_down_and_up_again_on_filled_tables(
    templates: Templates,
    cluster: Any,
) -> None:
    for kind in ("sqlite", "postgresql"):
        url = await templates.url(kind)
        async with Database(url) as filled:
            await two_groups(filled)
        engine = create_async_engine(url)
        for version in ("0002", "0001", "base"):
            await migrate.downgrade(engine, version)
        async with engine.connect() as connection:
            left = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        assert left == ["alembic_version"]
        await engine.dispose()
        async with Database(url) as again:
            await two_groups(again)


async def test_the_newest_version_is_what_the_code_says(database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), METADATA))

    async with database.server(write=False) as connection:
        assert await connection.run_sync(differences) == []


async def test_postgresql_shows_nothing_to_whom_no_group_was_named(templates: Templates) -> None:
    url = await templates.url("postgresql")
    walled = [table for table in METADATA.tables.values() if is_walled(table)] + [GROUPS]
    async with Database(url) as database:
        await two_groups(database)
        filled = 0
        for table in walled:
            key = table.c.id if table is GROUPS else table.c.group_id
            async with database._engine.connect() as connection:
                assert (await connection.execute(select(key))).all() == [], table.name
            async with database.group("ga", write=False) as connection:
                mine = {row[0] for row in await connection.execute(select(key))}
            assert mine <= {"ga"}, table.name
            filled += bool(mine)
        assert filled == 7, "what is empty shows nothing about the wall"
        async with database.group("ga") as connection:
            changed = await connection.execute(
                update(SESSIONS).where(SESSIONS.c.id == "sgb").values(name="mine")
            )
            assert changed.rowcount == 0
        with pytest.raises(DBAPIError, match="row-level security"):
            async with database.group("ga") as connection:
                await connection.execute(
                    insert(SESSIONS).values(id="n", group_id="gb", name="x", started_at=NOW)
                )


async def test_every_table_with_a_group_is_behind_the_wall(templates: Templates) -> None:
    for table in METADATA.tables.values():
        assert is_walled(table) == ("group_id" in table.c), table.name
    engine = create_async_engine(await templates.url("postgresql"))
    async with engine.connect() as connection:
        forced = await connection.execute(
            text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        )
        assert {row.relname for row in forced} == {
            table.name for table in METADATA.tables.values() if is_walled(table)
        } | {"groups"}
    await engine.dispose()


@pytest.mark.parametrize("name", ["", "*", "a b", "../x"])
async def test_a_group_is_named_by_its_id_alone(templates: Templates, name: str) -> None:
    async with Database(await templates.url("sqlite")) as database:
        with pytest.raises(ValueError, match="group"):
            database.group(name)


def test_addresses(tmp_path: Path) -> None:
    assert address("", tmp_path) == f"sqlite+aiosqlite:///{tmp_path}/genba.db"
    assert address("postgresql://u:p@h/d", tmp_path) == "postgresql+asyncpg://u:p@h/d"
    with pytest.raises(ValueError, match="neither"):
        address("mysql://h/d", tmp_path)
