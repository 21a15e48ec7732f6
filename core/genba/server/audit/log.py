"""The log's only writer in a process."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Self

from sqlalchemy import insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from genba.server.audit.chain import Head, row
from genba.server.storage.schema.audit import AUDIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from genba.server.audit.entry import Entry
    from genba.server.audit.spool import Spool
    from genba.server.storage.database import Database

log = logging.getLogger(__name__)

BATCH = 500  # lines of one transaction
PATIENCE = 3.0  # seconds that a caller waits for the database before the line goes into the file
AGAIN = 2.0  # seconds between tries to empty the file
_LOCK = 0x61756469  # PostgreSQL's advisory lock: lines are numbered by one writer at a time


class AuditLog:
    """Async context manager on the event loop: entering takes up what waited in the file.

    ``write`` returns when the line can't be lost any more: in the database, or on disk while that
    is away. It raises OSError where neither would take it; then what was to be logged must not be
    done. Lines are in the order they were given, those of the file first.
    """

    def __init__(self, database: Database, spool: Spool, key: bytes, again: float = AGAIN) -> None:
        """``key`` seals the rows and is kept outside the database."""
        self._database = database
        self._spool = spool
        self._key = key
        self._again = again
        self._waiting: list[tuple[Entry, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()
        self._spooled = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Begin to write."""
        self._spooled = len(await asyncio.to_thread(self._spool.read))
        self._tasks = [
            asyncio.create_task(self._run(), name="audit:write"),
            asyncio.create_task(self._empty_file(), name="audit:spool"),
        ]
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Write what still waits, then end."""
        while self._waiting:
            await asyncio.wait([future for _, future in self._waiting])
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def spooled(self) -> int:
        """How many lines wait in the file for the database."""
        return self._spooled

    async def write(self, entry: Entry) -> None:
        """Keep a line for good."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, future))
        self._wake.set()
        await asyncio.shield(future)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch = self._waiting[:BATCH]
                error = await self._keep([entry for entry, _ in batch])
                del self._waiting[: len(batch)]
                for _, future in batch:
                    if future.cancelled():
                        continue
                    if error is None:
                        future.set_result(None)
                    else:
                        future.set_exception(error)

    async def _keep(self, entries: Sequence[Entry]) -> OSError | None:
        """Put them into the database, or into the file; return what keeps both from it."""
        async with self._turn:
            if not self._spooled:
                try:
                    async with asyncio.timeout(PATIENCE):
                        await self._store(entries)
                except (SQLAlchemyError, OSError, TimeoutError) as error:
                    log.warning("the log goes to a file: %s", type(error).__name__)
                else:
                    return None
            try:
                await asyncio.to_thread(self._spool.add, entries)
            except OSError as error:
                log.critical("nothing can be logged: %s", error)
                return error
            self._spooled += len(entries)
            return None

    async def _empty_file(self) -> None:
        while True:
            await asyncio.sleep(self._again)
            if self._spooled:
                async with self._turn:
                    await self._bring_back()

    async def _bring_back(self) -> None:
        try:
            entries = await asyncio.to_thread(self._spool.read)
            for at in range(0, len(entries), BATCH):
                await self._store(entries[at : at + BATCH])
            await asyncio.to_thread(self._spool.clear)
        except (SQLAlchemyError, OSError, ValueError) as error:
            log.info("the log still waits in its file: %s", type(error).__name__)
            return
        log.info("%d lines of the log are back from the file", len(entries))
        self._spooled = 0

    async def _store(self, entries: Sequence[Entry]) -> None:
        async with self._database.server() as connection:
            if self._database.dialect == "postgresql":
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            known = await connection.scalars(
                select(AUDIT.c.id).where(AUDIT.c.id.in_([entry.id for entry in entries]))
            )
            there = set(known)
            head = await newest(connection)
            rows = []
            for entry in entries:
                if entry.id in there:  # the process ended between storing and clearing the file
                    continue
                made = row(entry, head, self._key)
                head = Head(made["seq"], made["digest"])
                rows.append(made)
            if rows:
                await connection.execute(insert(AUDIT), rows)


async def newest(connection: AsyncConnection) -> Head:
    """Return the newest row's number and digest."""
    found = await connection.execute(
        select(AUDIT.c.seq, AUDIT.c.digest).order_by(AUDIT.c.seq.desc()).limit(1)
    )
    last = found.one_or_none()
    return Head() if last is None else Head(last.seq, last.digest)
