"""How a store comes to its audit log: the table, and the triggers by which it only ever grows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

COLUMNS = ("at", "act", "by_kind", "by_id", "user_id", "workspace_id", "says", "about", "hash")
SAYS = "the audit log is never changed"


def create() -> None:
    """Make the table and its triggers on either database."""
    op.create_table(
        "_audit",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in COLUMNS),
    )
    op.create_index("_audit_workspace", "_audit", ["workspace_id", "number"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION _audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{SAYS}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER _audit_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON _audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION _audit_is_kept()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER _audit_is_kept_{act.lower()} BEFORE {act} ON _audit "
            f"BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"
        )
