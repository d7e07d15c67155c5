"""Apps that are on their way out as an archive, or in from one."""

import sqlalchemy as sa
from alembic import op

revision = "w024"
down_revision = "w023"


def upgrade() -> None:
    op.create_table(
        "_transfers",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("way", "app", "name", "state", "wishes", "about")),
        *(sa.Column(name, sa.Text) for name in ("outcome", "problems")),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("finished_at", sa.Text),
        sa.Column("total", sa.Integer, nullable=False),
    )
