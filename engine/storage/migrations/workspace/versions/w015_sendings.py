"""What came by public forms."""

import sqlalchemy as sa
from alembic import op

revision = "w015"
down_revision = "w014"


def upgrade() -> None:
    op.create_table(
        "_sendings",
        sa.Column("record_id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("form", "page", "sent_at")),
        sa.Column("token_hash", sa.Text, unique=True),
        sa.Column("expires_at", sa.Text),
    )
    op.create_index("_sendings_of_form", "_sendings", ["form", "sent_at"])
    op.create_index("_sendings_of_page", "_sendings", ["page"])
