"""Sign-ins: browsers that are signed in, and one-time links that were used."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table

from genba.server.storage.schema.base import METADATA, Moment, identity

SIGN_INS = Table(
    "sign_ins",
    METADATA,
    identity(),  # what a list of one's own sign-ins names it by
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256 of the cookie's value
    Column("user_id", String(64), ForeignKey("users.id", ondelete="CASCADE"), index=True),
    Column("csrf", String(64), nullable=False),
    Column("method", String(16), nullable=False),  # link, password, second, oidc
    Column("address", String(45), nullable=False),
    Column("agent", String(200), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ended_at", Moment),
)

USED = Table(
    "used",
    METADATA,
    identity(),  # of a one-time link or code
    Column("until", Moment, nullable=False, index=True),  # when it may be forgotten
)
