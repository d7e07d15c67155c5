"""Departments: a tree with heads; who belongs to which, and whom people report to."""

import sqlalchemy as sa
from alembic import op

revision = "w011"
down_revision = "w010"


def upgrade() -> None:
    op.create_table(
        "_departments",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("parent", sa.Text),
        sa.Column("head", sa.Text),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("removed_at", sa.Text),
    )
    for name in ("department", "manager"):
        op.add_column("_people", sa.Column(name, sa.Text))
