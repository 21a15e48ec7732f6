"""Groups: the tenants."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Integer, String, Table, false, text, true

from genba.server.storage.schema.base import METADATA, Moment, identity

GROUPS = Table(
    "groups",
    METADATA,
    identity(),
    Column("name", String(80), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("closed_at", Moment),  # nobody of it signs in any more
    Column("retention_days", Integer, nullable=False, server_default=text("31")),
    Column("guests_allowed", Boolean, nullable=False, server_default=true()),
    Column("second_factor", Boolean, nullable=False, server_default=false()),  # asked of everybody
    Column("break_glass", Boolean, nullable=False, server_default=false()),
    Column("supporter_word", String(20), nullable=False, server_default=text("''")),
    CheckConstraint("retention_days BETWEEN 1 AND 365", name="retention_days"),
)
