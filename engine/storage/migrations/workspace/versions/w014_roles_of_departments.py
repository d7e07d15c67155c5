"""Roles may be given to departments, or to their heads only."""

import sqlalchemy as sa
from alembic import op

revision = "w014"
down_revision = "w013"


def upgrade() -> None:
    op.add_column("_role_holders", sa.Column("only_head", sa.Boolean, nullable=False, server_default=sa.false()))
