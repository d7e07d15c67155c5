"""What is unique together, what was deleted and can come back, and values that a conversion could not take along."""

import sqlalchemy as sa
from alembic import op

revision = "w005"
down_revision = "w004"


def upgrade() -> None:
    op.create_table(
        "_unique_keys",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("table_address", "rule", "key")),
        sa.Column("record_id", sa.Text, nullable=False),
    )
    op.create_index("_unique_keys_record", "_unique_keys", ["record_id"])
    op.create_table(
        "_trash",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "at", "transaction_id", "app", "name")),
        *(sa.Column(name, sa.Text) for name in ("by", "table_address", "key")),
        sa.Column("revision", sa.Integer),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_index("_trash_at", "_trash", ["at"])
    op.create_index("_trash_key", "_trash", ["table_address", "key"])
    op.create_table(
        "_set_aside",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("table_address", "field", "stored", "record_id")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("value", "became", "at")),
    )
