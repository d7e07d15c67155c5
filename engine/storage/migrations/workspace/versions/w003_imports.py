"""Imports, and what there was to say about their lines."""

import sqlalchemy as sa
from alembic import op

revision = "w003"
down_revision = "w002"


def upgrade() -> None:
    op.create_table(
        "_imports",
        sa.Column("id", sa.Text, primary_key=True),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("name", "kind", "state", "options", "details", "created_at")
        ),
        *(sa.Column(name, sa.Text) for name in ("table_address", "mapping", "counts", "made", "transaction_id")),
        *(sa.Column(name, sa.Text) for name in ("created_by", "finished_at", "says")),
    )
    op.create_table(
        "_import_lines",
        sa.Column("import_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("says", sa.Text, nullable=False),
    )
