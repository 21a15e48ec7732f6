"""Personal API tokens."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, String, Table

from genba.server.storage.schema.base import METADATA, Moment, identity

TOKENS = Table(
    "tokens",
    METADATA,
    identity(),
    Column(
        "user_id",
        String(64),
        ForeignKey("users.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256
    Column("name", String(80), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("revoked_at", Moment),
)
