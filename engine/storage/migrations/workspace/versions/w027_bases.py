"""Bases of another service that are brought in through its API, and how far each is."""

import sqlalchemy as sa
from alembic import op

revision = "w027"
down_revision = "w026"


def upgrade() -> None:
    op.create_table(
        "_bases",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("state", "offered", "created_at", "created_by")),
        *(sa.Column(name, sa.Text) for name in ("base", "name", "into", "token", "plan", "outcome", "app", "says")),
        *(sa.Column(name, sa.Text) for name in ("transaction_id", "finished_at", "lease_by", "lease_until")),
    )
    op.create_index("_bases_state", "_bases", ["state"])
