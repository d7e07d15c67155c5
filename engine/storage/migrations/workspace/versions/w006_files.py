"""Files, and which records hold or held them."""

import sqlalchemy as sa
from alembic import op

revision = "w006"
down_revision = "w005"


def upgrade() -> None:
    op.create_table(
        "_files",
        sa.Column("id", sa.Text, primary_key=True),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("filename", "type", "kind", "sha256", "uploaded_at", "uploaded_by")
        ),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("small", sa.Text),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
    )
    op.create_table(
        "_file_uses",
        sa.Column("file_id", sa.Text, sa.ForeignKey("_files.id"), primary_key=True),
        sa.Column("table_address", sa.Text, primary_key=True),
        sa.Column("record_id", sa.Text, primary_key=True),
        sa.Column("field", sa.Text, primary_key=True),
    )
