"""Mappings of imports that are kept under a name, and which one an import began with."""

import sqlalchemy as sa
from alembic import op

revision = "w021"
down_revision = "w020"


def upgrade() -> None:
    op.create_table(
        "_import_mappings",
        sa.Column("id", sa.Text, primary_key=True),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("table_address", "name", "folded", "document", "kind", "options", "changed_at")
        ),
        *(sa.Column(name, sa.Text) for name in ("made_by", "changed_by")),
    )
    op.create_index("_import_mappings_name", "_import_mappings", ["table_address", "folded"], unique=True)
    op.add_column("_imports", sa.Column("mapping_name", sa.Text))
