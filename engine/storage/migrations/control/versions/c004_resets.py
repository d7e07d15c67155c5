"""Forgotten passwords, changes of address, and the mails about accounts, whose text is sealed until it is sent."""

import sqlalchemy as sa
from alembic import op

revision = "c004"
down_revision = "c003"


def _of_user() -> sa.Column[str]:
    return sa.Column("user_id", sa.Text, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, unique=True)


def upgrade() -> None:
    op.create_table(
        "reset_wishes",
        sa.Column("email", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("subject", "body", "asked_at")),
    )
    op.create_table(
        "reset_links",
        sa.Column("token_hash", sa.Text, primary_key=True),
        _of_user(),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("created_at", "expires_at")),
    )
    op.create_table(
        "email_changes",
        sa.Column("token_hash", sa.Text, primary_key=True),
        _of_user(),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("email", "expires_at")),
    )
    op.create_table(
        "_outbox",
        sa.Column("id", sa.Text, primary_key=True),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("recipient", "subject", "body", "message_id", "status", "created_at")
        ),
        sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
        *(sa.Column(name, sa.Text) for name in ("says", "cause", "due_at", "lease_by", "lease_until", "sent_at")),
    )
