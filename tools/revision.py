"""`python tools/revision.py 0002_words`: begin a version of the tables from what the code says.

The difference between the newest version and `genba.server.storage.schema` is printed as the
version's first draft; a person reads it, writes what data needs, and saves it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from genba.server.storage import migrate
from genba.server.storage.schema import METADATA

if TYPE_CHECKING:
    from sqlalchemy import Connection


def _drafts(connection: Connection) -> tuple[str, str]:
    context = MigrationContext.configure(connection, opts={"target_metadata": METADATA})
    script = produce_migrations(context, METADATA)
    assert script.upgrade_ops is not None  # noqa: S101  produce_migrations makes both
    assert script.downgrade_ops is not None  # noqa: S101
    return (
        render_python_code(script.upgrade_ops, migration_context=context),
        render_python_code(script.downgrade_ops, migration_context=context),
    )


async def main(name: str) -> None:
    """Print the draft."""
    with tempfile.TemporaryDirectory() as folder:
        engine = create_async_engine(f"sqlite+aiosqlite:///{Path(folder) / 'draft.db'}")
        await migrate.upgrade(engine)
        async with engine.connect() as connection:
            up, down = await connection.run_sync(_drafts)
        await engine.dispose()
    print(f"# {name}\n\ndef upgrade() -> None:\n{up}\n\n\ndef downgrade() -> None:\n{down}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
