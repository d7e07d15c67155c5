"""The indexes that appeared by themselves, and those that the owner does not want."""

from __future__ import annotations

import sqlalchemy as sa

from engine.storage.workspace_tables import metadata

# `state` is building, ready, refused or failed; `shape` and `why` are JSON.
indexes = sa.Table(
    "_indexes",
    metadata,
    *(
        sa.Column(name, sa.Text)
        for name in ("name", "table_address", "shape", "why", "state", "made_at", "used_at", "says")
    ),
)
