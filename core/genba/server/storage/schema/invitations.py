"""Invitations: eight digits that let one terminal in."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Integer, String, Table

from genba.server.storage.schema.base import METADATA, Moment, group, identity, walled
from genba.server.storage.schema.sessions import of_session

INVITATIONS = Table(
    "invitations",
    METADATA,
    identity(),
    group(),
    Column("session_id", String(64), nullable=False, index=True),
    Column("code", String(8), nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("slot", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", String(64)),
    Column("expires_at", Moment, nullable=False),
    Column("ticket_expires_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    of_session(),
    CheckConstraint("length(code) = 8", name="code"),
    CheckConstraint("slot BETWEEN 1 AND 9", name="slot"),
    info=walled(),
)
