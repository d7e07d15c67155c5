"""Comments on records, and what they said before they were changed."""

import sqlalchemy as sa
from alembic import op

revision = "w016"
down_revision = "w015"


def upgrade() -> None:
    op.create_table(
        "_comments",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("table_address", "record_id", "author", "text")),
        sa.Column("created_at", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text) for name in ("parent", "changed_at", "deleted_at")),
    )
    op.create_index("_comments_of_record", "_comments", ["record_id", "id"])
    op.create_table(
        "_comment_texts",
        sa.Column("comment_id", sa.Text, primary_key=True),
        sa.Column("until", sa.Text, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
    )
