"""When the last failure to sign in was, apart from until when one has to wait, which is empty where one need not."""

import sqlalchemy as sa
from alembic import op

revision = "c009"
down_revision = "c008"


def upgrade() -> None:
    op.add_column("failed_tries", sa.Column("last_at", sa.Text, nullable=False, server_default=""))
    op.execute(sa.text("UPDATE failed_tries SET last_at = wait_until"))
