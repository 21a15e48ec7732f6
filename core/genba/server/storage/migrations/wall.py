"""What PostgreSQL does besides holding rows: no group sees another's, and the log only grows."""

from __future__ import annotations

from alembic import op

_MINE = "current_setting('genba.group', true) IN ({column}, '*')"


def raise_wall(table: str, column: str = "group_id", *, append_only: bool = False) -> None:
    """Hide a table's rows from transactions that did not name their group.

    The owner is bound too: whoever serves is often the owner. Without a policy for UPDATE and
    DELETE (``append_only``) these find no row.
    """
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    mine = _MINE.format(column=column)
    if append_only:
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({mine})")
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({mine})")
    else:
        op.execute(f"CREATE POLICY own ON {table} USING ({mine}) WITH CHECK ({mine})")


def forbid_change(table: str) -> None:
    """Have the database refuse to change or remove a row."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {table}_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} only grows'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_only_grows()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
        )


def allow_change(table: str) -> None:
    """Take `forbid_change` back; the table itself may then go."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER {table}_only_grows ON {table}")
        op.execute(f"DROP FUNCTION {table}_only_grows()")
        return
    for event in ("update", "delete"):
        op.execute(f"DROP TRIGGER {table}_no_{event}")
