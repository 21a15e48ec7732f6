"""The log, which only grows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from genba.server.storage.migrations.wall import allow_change, forbid_change, raise_wall

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)
TABLES = ("audit",)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "audit",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=True),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=True),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("action", sa.String(length=48), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("thing_kind", sa.String(length=24), nullable=True),
        sa.Column("thing_id", sa.String(length=64), nullable=True),
        sa.Column("session_id", sa.String(length=64), nullable=True),
        sa.Column("request", sa.String(length=32), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
        sa.UniqueConstraint("digest", name=op.f("uq_audit_digest")),
        sa.UniqueConstraint("id", name=op.f("uq_audit_id")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_index(op.f("ix_audit_group_id_seq"), "audit", ["group_id", "seq"], unique=False)
    raise_wall("audit", append_only=True)
    forbid_change("audit")


def downgrade() -> None:
    """Drop them, and all that is in them."""
    allow_change("audit")
    for table in reversed(TABLES):
        op.drop_table(table)
