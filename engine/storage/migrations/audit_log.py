"""How a store comes to its audit log: the table, and the triggers by which nobody changes it."""

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


def tell_where_from() -> None:
    """Keep where an act came from and what became of it, and let go what the log itself says that it let go."""
    for name in ("address", "session", "request", "result"):
        op.add_column("_audit", sa.Column(name, sa.Text))
    # The triggers look for these entries, and so does who proves the chain, whose beginning they hold.
    op.execute("CREATE INDEX _audit_purges ON _audit (number) WHERE act = 'audit.purged'")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER _audit_is_kept ON _audit")
        op.execute(
            "CREATE TRIGGER _audit_is_kept BEFORE UPDATE OR TRUNCATE ON _audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION _audit_is_kept()"
        )
        op.execute(
            "CREATE FUNCTION _audit_is_let_go() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS ("  # noqa: S608 - all texts are ours
            "SELECT 1 FROM _audit WHERE act = 'audit.purged' AND (about::json ->> 'through')::bigint >= OLD.number"
            f") THEN RAISE EXCEPTION '{SAYS}'; END IF; RETURN OLD; END $$"
        )
        op.execute(
            "CREATE TRIGGER _audit_is_let_go BEFORE DELETE ON _audit FOR EACH ROW EXECUTE FUNCTION _audit_is_let_go()"
        )
        return
    op.execute("DROP TRIGGER _audit_is_kept_delete")
    # Triggers of an untrusted schema have no functions for JSON; a number is read up to where it ends.
    through = """CAST(substr(about, instr(about, '"through":') + 10) AS INTEGER)"""
    op.execute(
        "CREATE TRIGGER _audit_is_kept_delete BEFORE DELETE ON _audit WHEN NOT EXISTS ("  # noqa: S608 - all texts are ours
        f"SELECT 1 FROM _audit WHERE act = 'audit.purged' AND {through} >= OLD.number"
        f") BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"
    )
