"""What all tables share: names of constraints, moments, ids, and which rows are a group's own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, DateTime, ForeignKey, MetaData, String, TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy import Dialect, Table

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
GROUP = "group_id"
WALLED = "walled"  # Table.info: PostgreSQL shows a row to its own group alone


class Moment(TypeDecorator[datetime]):
    """A moment with its zone on the way in, UTC on the way out; SQLite knows no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone: nobody could say later when it was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a zone")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name != "postgresql" else value.astimezone(UTC)


def identity(name: str = "id") -> Column[str]:
    """Return a primary key for `genba.server.storage.ids.new_id`."""
    return Column(name, String(64), primary_key=True)


def group(*, nullable: bool = False) -> Column[str]:
    """Return whose row it is."""
    return Column(
        GROUP,
        String(64),
        ForeignKey("groups.id", ondelete="CASCADE"),
        nullable=nullable,
        index=True,
    )


def walled() -> dict[str, Any]:
    """Return the ``info`` of a table whose rows are groups' own."""
    return {WALLED: True}


def is_walled(table: Table) -> bool:
    """Say whether PostgreSQL hides its rows from other groups."""
    return bool(table.info.get(WALLED))
