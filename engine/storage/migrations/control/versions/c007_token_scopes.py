"""What API tokens may do: `scope` is `write` or `read`; `within` names apps and tables, with spaces between."""

import sqlalchemy as sa
from alembic import op

revision = "c007"
down_revision = "c006"


def upgrade() -> None:
    op.add_column("tokens", sa.Column("scope", sa.Text, nullable=False, server_default="write"))
    op.add_column("tokens", sa.Column("within", sa.Text, nullable=False, server_default=""))
