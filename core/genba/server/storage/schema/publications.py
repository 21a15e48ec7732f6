"""Publications: where a view was put."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from genba.server.storage.schema.base import METADATA, Moment, group, identity, walled
from genba.server.storage.schema.sessions import of_session

PUBLICATIONS = Table(
    "publications",
    METADATA,
    identity(),
    group(),
    Column("session_id", String(64), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("started_by", String(64)),
    Column("ended_at", Moment),
    Column("reason", String(32)),
    of_session(),
    info=walled(),
)
