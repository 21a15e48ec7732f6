"""Links: what a guest or a meeting looks at a view by."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from genba.server.storage.schema.base import METADATA, Moment, group, identity, walled
from genba.server.storage.schema.sessions import of_session

LINKS = Table(
    "links",
    METADATA,
    identity(),
    group(),
    Column("session_id", String(64), nullable=False, index=True),
    Column("publication_id", String(64)),
    Column("purpose", String(32), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", String(64)),
    Column("expires_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("reason", String(32)),
    of_session(),
    info=walled(),
)
