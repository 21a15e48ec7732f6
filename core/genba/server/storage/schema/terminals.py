"""Terminals: devices of the camera side that a group knows."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, UniqueConstraint

from genba.server.storage.schema.base import METADATA, Moment, group, identity, walled

TERMINALS = Table(
    "terminals",
    METADATA,
    identity(),
    group(),
    Column("name", String(80), nullable=False),
    Column("secret", String(64), nullable=False, unique=True),  # SHA-256 of the device's secret
    Column("created_at", Moment, nullable=False),
    Column("created_by", String(64)),
    Column("seen_at", Moment),
    Column("revoked_at", Moment),
    UniqueConstraint("id", "group_id"),
    info=walled(),
)
