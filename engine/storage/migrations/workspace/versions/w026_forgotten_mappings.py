"""Mappings of imports that were forgotten, and can come back for a while."""

import sqlalchemy as sa
from alembic import op

revision = "w026"
down_revision = "w025"


def upgrade() -> None:
    op.add_column("_import_mappings", sa.Column("forgotten_at", sa.Text))
