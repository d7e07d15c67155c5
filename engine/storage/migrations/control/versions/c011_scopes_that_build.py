"""Changing apps is a right of its own of API tokens: those that had it, by writing everywhere, keep it."""

from alembic import op

revision = "c011"
down_revision = "c010"


def upgrade() -> None:
    op.execute("UPDATE tokens SET scope = 'write builds' WHERE scope = 'write' AND within = ''")
