"""Sessions, who supported in them, and the cameras that were in them."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)

from genba.server.storage.schema.base import METADATA, Moment, group, identity, walled

SESSIONS = Table(
    "sessions",
    METADATA,
    identity(),
    group(),
    Column("name", String(120), nullable=False),
    Column("node", String(64), nullable=False, server_default=text("''")),
    Column("epoch", Integer, nullable=False, server_default=text("1")),
    Column("restarts", Integer, nullable=False, server_default=text("0")),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("reason", String(32)),
    UniqueConstraint("id", "group_id"),
    info=walled(),
)
Index(None, SESSIONS.c.group_id, SESSIONS.c.started_at)


def of_session() -> ForeignKeyConstraint:
    """Return the constraint that a row's session is one of the row's own group."""
    return ForeignKeyConstraint(
        ["session_id", "group_id"], ["sessions.id", "sessions.group_id"], ondelete="CASCADE"
    )


SUPPORTERS = Table(
    "session_supporters",
    METADATA,
    identity(),
    group(),
    Column("session_id", String(64), nullable=False, index=True),
    Column("user_id", String(64), nullable=False, index=True),
    Column("since", Moment, nullable=False),
    Column("until", Moment),  # then it was handed over, or has ended
    of_session(),
    info=walled(),
)

CAMERAS = Table(
    "cameras",
    METADATA,
    identity(),
    group(),
    Column("session_id", String(64), nullable=False, index=True),
    Column("slot", Integer, nullable=False),
    Column("terminal_id", String(64)),
    Column("invitation_id", String(64)),
    Column("name", String(80), nullable=False),
    Column("joined_at", Moment, nullable=False),
    Column("left_at", Moment),
    Column("reason", String(32)),
    of_session(),
    CheckConstraint("slot BETWEEN 1 AND 9", name="slot"),
    info=walled(),
)
