"""As whom a session looks at a workspace: a person, or somebody with certain roles; empty when as nobody else."""

import sqlalchemy as sa
from alembic import op

revision = "c010"
down_revision = "c009"


def upgrade() -> None:
    for name in ("guise_in", "guise_of", "guise_roles", "guise_until"):
        op.add_column("sessions", sa.Column(name, sa.Text, nullable=False, server_default=""))
