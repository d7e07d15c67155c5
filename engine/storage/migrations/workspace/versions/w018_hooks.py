"""Hooks, by which programs are told of changes, and a count of them beside the version of the definitions."""

import sqlalchemy as sa
from alembic import op

revision = "w018"
down_revision = "w017"


def upgrade() -> None:
    op.create_table(
        "_hooks",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("app", "specification", "secret", "made_by")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("created_at", "expires_at")),
        *(sa.Column(name, sa.Text) for name in ("url", "due_at", "lease_by", "lease_until", "last_success_at")),
        sa.Column("last_result", sa.Text),
        sa.Column("notifies", sa.Integer, nullable=False),
        sa.Column("last_number", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
    )
    op.create_index("_hooks_due", "_hooks", ["due_at"])
    op.create_table(
        "_hook_payloads",
        sa.Column("hook_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index("_hook_payloads_at", "_hook_payloads", ["at"])
    op.add_column("_layout", sa.Column("hooks", sa.Integer, nullable=False, server_default="0"))
