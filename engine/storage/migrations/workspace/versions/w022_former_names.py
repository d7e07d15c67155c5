"""The names that the tables of an app and the fields of a table had: a program that uses one goes on working."""

import sqlalchemy as sa
from alembic import op

revision = "w022"
down_revision = "w021"


def upgrade() -> None:
    op.create_table(
        "_former_names",
        sa.Column("parent", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
    )
