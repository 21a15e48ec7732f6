"""Sessions, who and what was in them, and what came of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from genba.server.storage.migrations.wall import raise_wall

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime(timezone=True)
TABLES = (
    "sessions",
    "session_supporters",
    "cameras",
    "invitations",
    "links",
    "publications",
    "recordings",
    "stills",
)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("node", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("epoch", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("restarts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_sessions_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("id", "group_id", name=op.f("uq_sessions_id_group_id")),
    )
    op.create_index(op.f("ix_sessions_group_id"), "sessions", ["group_id"], unique=False)
    op.create_index(
        op.f("ix_sessions_group_id_started_at"),
        "sessions",
        ["group_id", "started_at"],
        unique=False,
    )
    op.create_table(
        "session_supporters",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["groups.id"],
            name=op.f("fk_session_supporters_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id", "group_id"],
            ["sessions.id", "sessions.group_id"],
            name=op.f("fk_session_supporters_session_id_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_supporters")),
    )
    op.create_index(
        op.f("ix_session_supporters_group_id"), "session_supporters", ["group_id"], unique=False
    )
    op.create_index(
        op.f("ix_session_supporters_session_id"), "session_supporters", ["session_id"], unique=False
    )
    op.create_index(
        op.f("ix_session_supporters_user_id"), "session_supporters", ["user_id"], unique=False
    )
    op.create_table(
        "cameras",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("terminal_id", sa.String(length=64), nullable=True),
        sa.Column("invitation_id", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.Column("left_at", MOMENT, nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.CheckConstraint("slot BETWEEN 1 AND 9", name=op.f("ck_cameras_slot")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_cameras_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id", "group_id"],
            ["sessions.id", "sessions.group_id"],
            name=op.f("fk_cameras_session_id_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cameras")),
    )
    op.create_index(op.f("ix_cameras_group_id"), "cameras", ["group_id"], unique=False)
    op.create_index(op.f("ix_cameras_session_id"), "cameras", ["session_id"], unique=False)
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ticket_expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.CheckConstraint("length(code) = 8", name=op.f("ck_invitations_code")),
        sa.CheckConstraint("slot BETWEEN 1 AND 9", name=op.f("ck_invitations_slot")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_invitations_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id", "group_id"],
            ["sessions.id", "sessions.group_id"],
            name=op.f("fk_invitations_session_id_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
    )
    op.create_index(op.f("ix_invitations_code"), "invitations", ["code"], unique=False)
    op.create_index(op.f("ix_invitations_group_id"), "invitations", ["group_id"], unique=False)
    op.create_index(op.f("ix_invitations_session_id"), "invitations", ["session_id"], unique=False)
    op.create_table(
        "links",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("publication_id", sa.String(length=64), nullable=True),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_links_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id", "group_id"],
            ["sessions.id", "sessions.group_id"],
            name=op.f("fk_links_session_id_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
    )
    op.create_index(op.f("ix_links_group_id"), "links", ["group_id"], unique=False)
    op.create_index(op.f("ix_links_session_id"), "links", ["session_id"], unique=False)
    op.create_table(
        "publications",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("started_by", sa.String(length=64), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_publications_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id", "group_id"],
            ["sessions.id", "sessions.group_id"],
            name=op.f("fk_publications_session_id_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publications")),
    )
    op.create_index(op.f("ix_publications_group_id"), "publications", ["group_id"], unique=False)
    op.create_index(
        op.f("ix_publications_session_id"), "publications", ["session_id"], unique=False
    )
    op.create_table(
        "recordings",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("take", sa.String(length=64), nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=True),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("started_by", sa.String(length=64), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("erase_at", MOMENT, nullable=False),
        sa.Column("erased_at", MOMENT, nullable=True),
        sa.Column("erased_by", sa.String(length=64), nullable=True),
        sa.CheckConstraint("size >= 0 AND seconds >= 0", name=op.f("ck_recordings_measure")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_recordings_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id", "group_id"],
            ["sessions.id", "sessions.group_id"],
            name=op.f("fk_recordings_session_id_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
    )
    op.create_index(op.f("ix_recordings_erase_at"), "recordings", ["erase_at"], unique=False)
    op.create_index(op.f("ix_recordings_group_id"), "recordings", ["group_id"], unique=False)
    op.create_index(op.f("ix_recordings_session_id"), "recordings", ["session_id"], unique=False)
    op.create_index(op.f("ix_recordings_take"), "recordings", ["take"], unique=False)
    op.create_table(
        "stills",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=True),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.Column("taken_by", sa.String(length=64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("erase_at", MOMENT, nullable=False),
        sa.Column("erased_at", MOMENT, nullable=True),
        sa.Column("erased_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_stills_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id", "group_id"],
            ["sessions.id", "sessions.group_id"],
            name=op.f("fk_stills_session_id_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stills")),
    )
    op.create_index(op.f("ix_stills_erase_at"), "stills", ["erase_at"], unique=False)
    op.create_index(op.f("ix_stills_group_id"), "stills", ["group_id"], unique=False)
    op.create_index(op.f("ix_stills_session_id"), "stills", ["session_id"], unique=False)
    for table in TABLES:
        raise_wall(table)


def downgrade() -> None:
    """Drop them, and all that is in them."""
    for table in reversed(TABLES):
        op.drop_table(table)
