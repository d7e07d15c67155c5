"""Comments on records. `deleted_at`: out of sight until the trash is emptied; `until`: when a text became another."""

from __future__ import annotations

import sqlalchemy as sa

from engine.storage.workspace_tables import metadata


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text) for name in names]


comments = sa.Table(
    "_comments",
    metadata,
    *_texts("id", "table_address", "record_id", "author", "text", "created_at", "parent", "changed_at", "deleted_at"),
)
comment_texts = sa.Table("_comment_texts", metadata, *_texts("comment_id", "until", "text"))
