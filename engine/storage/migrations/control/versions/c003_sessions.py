"""When a session's person last typed their password, where from; who may not sign in; failures counted by name."""

import sqlalchemy as sa
from alembic import op

revision = "c003"
down_revision = "c002"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("address", sa.Text, nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("proved_at", sa.Text, nullable=False, server_default=""))
    op.execute(sa.text("UPDATE sessions SET proved_at = created_at"))
    op.add_column("users", sa.Column("disabled_at", sa.Text))
    op.drop_column("users", "failed_sign_ins")
    op.drop_column("users", "locked_until")
    op.create_table(
        "failed_tries",
        sa.Column("what_hash", sa.Text, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("wait_until", sa.Text, nullable=False),
    )
