"""What people are told by mail about their accounts, until the worker has made the mail."""

import sqlalchemy as sa
from alembic import op

revision = "c012"
down_revision = "c011"


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("email", "language", "says", "at")),
    )
