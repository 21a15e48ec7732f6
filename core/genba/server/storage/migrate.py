"""The tables' form, brought from one version to another."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from genba.server.storage.schema import METADATA

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncEngine

_LOCK = 0x67656E6261  # PostgreSQL's advisory lock: two web processes may start at once


async def upgrade(engine: AsyncEngine, revision: str = "head") -> None:
    """Bring the tables to a version; nothing happens where they have it."""
    scripts = await asyncio.to_thread(scripts_read)
    await _run(engine, scripts, lambda now: scripts._upgrade_revs(revision, now))  # noqa: SLF001  what alembic's own command calls


async def downgrade(engine: AsyncEngine, revision: str) -> None:
    """Bring the tables back to an older version; ``base`` leaves none."""
    scripts = await asyncio.to_thread(scripts_read)
    await _run(engine, scripts, lambda now: scripts._downgrade_revs(revision, now))  # noqa: SLF001  as above


def scripts_read() -> ScriptDirectory:
    """Return the versions, all imported; reads files, so not for the event loop."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    list(scripts.walk_revisions())
    return scripts


async def _run(engine: AsyncEngine, scripts: ScriptDirectory, steps: Callable[[Any], Any]) -> None:
    def within(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        environment = EnvironmentContext(Config(), scripts, fn=lambda now, _context: steps(now))
        with environment:
            environment.configure(
                connection=connection, target_metadata=METADATA, transactional_ddl=True
            )
            environment.run_migrations()

    async with engine.begin() as connection:
        await connection.run_sync(within)
