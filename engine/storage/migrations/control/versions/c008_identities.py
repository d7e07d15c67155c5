"""Accounts elsewhere that people sign in with: the provider's name and its name for the person."""

import sqlalchemy as sa
from alembic import op

revision = "c008"
down_revision = "c007"


def upgrade() -> None:
    op.create_table(
        "identities",
        sa.Column("issuer", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column(
            "user_id",
            sa.Text,
            sa.ForeignKey("users.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
    )
