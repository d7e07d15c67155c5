"""Since when a connection has only failed."""

import sqlalchemy as sa
from alembic import op

revision = "w009"
down_revision = "w008"


def upgrade() -> None:
    for name in ("failing_since", "failed_at"):
        op.add_column("_connections", sa.Column(name, sa.Text))
