"""Who has which role of an app, and a count of the times that this changed."""

import sqlalchemy as sa
from alembic import op

revision = "w012"
down_revision = "w011"


def upgrade() -> None:
    op.create_table(
        "_role_holders",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("role", "holder")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("given_at", "given_by")),
    )
    op.add_column("_layout", sa.Column("holders", sa.Integer, nullable=False, server_default="0"))
