"""The database: SQLite in the data folder, or PostgreSQL by one setting."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import event, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from genba.server.storage import migrate
from genba.server.storage.ids import is_id

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

CONNECTIONS = 5
PATIENCE = 5000  # milliseconds that SQLite waits for another's writing
EVERYBODY = "*"  # the wall's word for the server itself; no id is that
_WRITE = "genba_write"


def address(url: str, data: Path) -> str:
    """Return the address with its driver; without one it is a file in the data folder."""
    if not url:
        return f"sqlite+aiosqlite:///{data / 'genba.db'}"
    made = make_url(url)
    driver = {"postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
    driver |= {"sqlite": "sqlite+aiosqlite"}
    name = driver.get(made.drivername, made.drivername)
    if name not in driver.values():
        raise ValueError("it is neither postgresql:// nor sqlite://")
    return made.set(drivername=name).render_as_string(hide_password=False)


class Database:
    """Async context manager: entering brings the tables up to date, leaving closes connections.

    Whoever reads or writes says for whom: ``group(id)`` for one group, ``server()`` for what the
    server itself must know across groups, such as whose login this is. On PostgreSQL this is a
    second wall behind the queries' own conditions: without it a query returns nothing.
    """

    def __init__(self, url: str, *, connections: int = CONNECTIONS) -> None:
        """Take an `address`; nothing is opened yet."""
        self._url = url
        self._connections = connections
        self.dialect = make_url(url).get_backend_name()
        # SQLite has one writer, and who waits there longest has no better turn than others.
        self._turn = asyncio.Lock() if self.dialect == "sqlite" else None

    async def __aenter__(self) -> Self:
        """Open, and migrate to the newest form."""
        self._engine = await asyncio.to_thread(_engine, self._url, self._connections)
        await migrate.upgrade(self._engine)
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close every connection."""
        await self._engine.dispose()

    def group(
        self, group: str, *, write: bool = True
    ) -> AbstractAsyncContextManager[AsyncConnection]:
        """Begin a transaction that sees one group's rows; raises ValueError where it is no id."""
        if not is_id(group):
            raise ValueError("not a group's id")
        return self._transaction(group, write=write)

    def server(self, *, write: bool = True) -> AbstractAsyncContextManager[AsyncConnection]:
        """Begin a transaction that sees all rows."""
        return self._transaction(EVERYBODY, write=write)

    @asynccontextmanager
    async def _transaction(self, group: str, *, write: bool) -> AsyncGenerator[AsyncConnection]:
        turn = self._turn if write and self._turn else contextlib.nullcontext()
        async with turn, self._engine.connect() as plain:
            connection = await plain.execution_options(**{_WRITE: write})
            async with connection.begin():
                if self.dialect == "postgresql":
                    # true: for this transaction alone, whoever has the connection next
                    await connection.execute(
                        text("SELECT set_config('genba.group', :group, true)"), {"group": group}
                    )
                yield connection


def _engine(url: str, connections: int) -> AsyncEngine:
    engine = create_async_engine(
        url, pool_size=connections, max_overflow=0, pool_timeout=10, pool_pre_ping=True
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _set_up)
        event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _set_up(connection: Any, _record: object) -> None:
    """Have foreign keys hold, readers go beside a writer, and a power cut lose nothing."""
    connection.isolation_level = None  # transactions begin as `_begin` says
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={PATIENCE}",
        "journal_mode=WAL",
        "foreign_keys=ON",
        "synchronous=FULL",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Take the writer's lock at once: a reader that becomes a writer can't wait for one."""
    write = connection.get_execution_options().get(_WRITE, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
