"""Users, and what they are in their group."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    String,
    Table,
    UniqueConstraint,
    false,
)

from genba.server.storage.schema.base import METADATA, Moment, group, identity, walled

USERS = Table(
    "users",
    METADATA,
    identity(),
    group(nullable=True),  # an operator has none
    Column("login", String(120), nullable=False, unique=True),  # case-folded
    Column("name", String(80), nullable=False),
    Column("email", String(254)),
    Column("operator", Boolean, nullable=False, server_default=false()),
    Column("password", String(255)),  # argon2id, or none: signs in elsewhere
    Column("totp", String(255)),  # the secret, sealed with the server's key
    Column("totp_used", BigInteger),  # the newest time step that a code was taken of
    Column("recovery", JSON, nullable=False),  # SHA-256 of the codes that are left
    Column("issuer", String(255)),
    Column("subject", String(255)),  # at the issuer
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    UniqueConstraint("id", "group_id"),
    UniqueConstraint("issuer", "subject"),
    CheckConstraint("(group_id IS NULL) = operator", name="operator_has_no_group"),
    info=walled(),
)

MEMBERSHIPS = Table(
    "memberships",
    METADATA,
    Column("user_id", String(64), primary_key=True),
    Column("group_id", String(64), primary_key=True),
    Column("role", String(12), primary_key=True),
    Column("since", Moment, nullable=False),
    ForeignKeyConstraint(
        ["user_id", "group_id"], ["users.id", "users.group_id"], ondelete="CASCADE"
    ),
    CheckConstraint("role IN ('supporter', 'admin')", name="role"),
    info=walled(),
)
Index(None, MEMBERSHIPS.c.group_id, MEMBERSHIPS.c.role)
