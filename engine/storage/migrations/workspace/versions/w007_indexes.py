"""Indexes that appear by themselves."""

import sqlalchemy as sa
from alembic import op

revision = "w007"
down_revision = "w006"


def upgrade() -> None:
    op.create_table(
        "_indexes",
        sa.Column("name", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("table_address", "shape", "why", "state", "made_at")),
        *(sa.Column(name, sa.Text) for name in ("used_at", "says")),
    )
