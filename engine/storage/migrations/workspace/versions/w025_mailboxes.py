"""Mailboxes from which mails are taken in."""

import sqlalchemy as sa
from alembic import op

revision = "w025"
down_revision = "w024"


def upgrade() -> None:
    op.create_table(
        "_mailboxes",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("form", sa.Text, nullable=False, unique=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("host", "account", "password", "folder", "made_by")),
        *(sa.Column(name, sa.Text) for name in ("due_at", "looked_at", "says")),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
    )
