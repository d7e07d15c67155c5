"""What was answered to requests that carry a name of their own, so that sending one again does nothing twice."""

import sqlalchemy as sa
from alembic import op

revision = "w019"
down_revision = "w018"


def upgrade() -> None:
    op.create_table(
        "_repeats",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("body", sa.Text),
    )
    op.create_index("_repeats_at", "_repeats", ["at"])
