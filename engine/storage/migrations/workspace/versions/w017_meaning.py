"""What the stored computed fields were worked out by: an engine that means something else works them out anew."""

import sqlalchemy as sa
from alembic import op

revision = "w017"
down_revision = "w016"


def upgrade() -> None:
    op.add_column("_layout", sa.Column("meaning", sa.Integer, nullable=False, server_default="0"))
