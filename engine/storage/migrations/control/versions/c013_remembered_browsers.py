"""Browsers that are asked for no code of the phone for a while."""

import sqlalchemy as sa
from alembic import op

revision = "c013"
down_revision = "c012"


def upgrade() -> None:
    op.create_table(
        "remembered_browsers",
        sa.Column("token_hash", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("id", "agent", "address", "created_at", "used_at")),
        sa.Column("expires_at", sa.Text, nullable=False),
    )
