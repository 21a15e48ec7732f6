"""The log of who did what: append-only, each row sealed onto the one before."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table

from genba.server.storage.schema.base import METADATA, Moment, walled

AUDIT = Table(
    "audit",
    METADATA,
    # SQLite counts up by itself only in INTEGER; the writer numbers rows without gaps anyway.
    Column(
        "seq",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("id", String(64), nullable=False, unique=True),  # a row that is written twice is one
    Column("at", Moment, nullable=False, index=True),
    Column("group_id", String(64)),  # no foreign key: the log outlives its group
    Column("actor_kind", String(16), nullable=False),
    Column("actor_id", String(64)),
    Column("address", String(45), nullable=False),
    Column("action", String(48), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("thing_kind", String(24)),
    Column("thing_id", String(64)),
    Column("session_id", String(64)),
    Column("request", String(32)),
    Column("detail", JSON, nullable=False),
    Column("previous", String(64), nullable=False),  # the SHA-256 of the row before
    Column("digest", String(64), nullable=False, unique=True),
    Column("seal", String(64), nullable=False),  # HMAC of the digest, by a key outside
    info=walled(),
)
Index(None, AUDIT.c.group_id, AUDIT.c.seq)
