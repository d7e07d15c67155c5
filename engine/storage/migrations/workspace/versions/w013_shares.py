"""Shares: links by which strangers see a view or a record."""

import sqlalchemy as sa
from alembic import op

revision = "w013"
down_revision = "w012"


def upgrade() -> None:
    op.create_table(
        "_shares",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("token_hash", sa.Text, nullable=False, unique=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "table_address", "view", "record_id")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("made_by", "created_at")),
        *(sa.Column(name, sa.Text) for name in ("expires_at", "password_hash", "last_opened_at")),
        sa.Column("openings", sa.Integer, nullable=False, server_default="0"),
    )
