"""The business calendar: one document; none while it is the ordinary one."""

import sqlalchemy as sa
from alembic import op

revision = "w008"
down_revision = "w007"


def upgrade() -> None:
    op.create_table(
        "_calendar",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("document", sa.Text, nullable=False),
    )
