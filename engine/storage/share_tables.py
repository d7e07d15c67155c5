"""The shares of a workspace: of each address only its SHA-256."""

from __future__ import annotations

import sqlalchemy as sa

from engine.storage.workspace_tables import metadata

shares = sa.Table(
    "_shares",
    metadata,
    *(
        sa.Column(name, sa.Text)
        for name in (
            "id", "token_hash", "name", "table_address", "view", "record_id", "made_by", "created_at",
            "expires_at", "password_hash", "last_opened_at",
        )
    ),
    sa.Column("openings", sa.Integer),
)  # fmt: skip
