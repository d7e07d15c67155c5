"""How far the sequences of people's tables have counted."""

import sqlalchemy as sa
from alembic import op

revision = "w004"
down_revision = "w003"


def upgrade() -> None:
    op.create_table(
        "_counters",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("table_address", "field", "period")),
        sa.Column("last", sa.BigInteger, nullable=False),
    )
