"""Recordings and stills: what is known of files, which are elsewhere."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Float, String, Table

from genba.server.storage.schema.base import METADATA, Moment, group, identity, walled
from genba.server.storage.schema.sessions import of_session

RECORDINGS = Table(
    "recordings",
    METADATA,
    identity(),
    group(),
    Column("session_id", String(64), nullable=False, index=True),
    Column("take", String(64), nullable=False, index=True),  # the id of the view's file
    Column("camera_id", String(64)),  # none: the view
    Column("started_at", Moment, nullable=False),
    Column("started_by", String(64)),
    Column("seconds", Float, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64)),
    Column("erase_at", Moment, nullable=False, index=True),
    Column("erased_at", Moment),
    Column("erased_by", String(64)),  # none: its time had come
    of_session(),
    CheckConstraint("size >= 0 AND seconds >= 0", name="measure"),
    info=walled(),
)

STILLS = Table(
    "stills",
    METADATA,
    identity(),
    group(),
    Column("session_id", String(64), nullable=False, index=True),
    Column("camera_id", String(64)),  # none: the view
    Column("taken_at", Moment, nullable=False),
    Column("taken_by", String(64)),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64)),
    Column("erase_at", Moment, nullable=False, index=True),
    Column("erased_at", Moment),
    Column("erased_by", String(64)),
    of_session(),
    info=walled(),
)
