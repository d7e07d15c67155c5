"""Who is behind a run, so that its steps can have their rights."""

import sqlalchemy as sa
from alembic import op

revision = "w020"
down_revision = "w019"


def upgrade() -> None:
    op.add_column("_runs", sa.Column("caused_by", sa.Text))
