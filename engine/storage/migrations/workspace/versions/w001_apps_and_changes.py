"""Installed apps, their revisions, people of the workspace, and the log of changes."""

import sqlalchemy as sa
from alembic import op

revision = "w001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "_layout",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.execute("INSERT INTO _layout (id, version) VALUES (1, 0)")
    op.create_table(
        "_apps",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("installed_at", sa.Text, nullable=False),
        sa.Column("installed_by", sa.Text),
    )
    op.create_table(
        "_revisions",
        sa.Column("app", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("by", sa.Text),
        sa.Column("summary", sa.Text, nullable=False),
    )
    op.create_table(
        "_people",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
    )
    op.create_table(
        "_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("transaction_id", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("by_kind", sa.Text, nullable=False),
        sa.Column("by_id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text),
        sa.Column("cause", sa.Text),
        sa.Column("table_address", sa.Text, nullable=False),
        sa.Column("record_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
    )
    op.create_index("_changes_record", "_changes", ["record_id", "id"])
    op.create_index("_changes_transaction", "_changes", ["transaction_id"])
