"""Invitations into a workspace: links, of which only the hash is stored."""

import sqlalchemy as sa
from alembic import op

revision = "c005"
down_revision = "c004"


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("token_hash", sa.Text, nullable=False, unique=True),
        sa.Column(
            "workspace_id",
            sa.Text,
            sa.ForeignKey("workspaces.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("invited_by", sa.Text, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("role", "email", "created_at", "expires_at")),
    )
