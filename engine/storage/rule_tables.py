"""What the engine keeps beside people's tables so that their rules hold and what was deleted can come back."""

from __future__ import annotations

import sqlalchemy as sa

from engine.storage.workspace_tables import metadata


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text) for name in names]


# What each record holds in the fields of a rule; the primary key (table, rule, key) lets nobody hold the same.
unique_keys = sa.Table("_unique_keys", metadata, *_text("table_address", "rule", "key", "record_id"))

# What was deleted: `kind` is record, field, table or app; `key` the record's id or the field's key; `revision` the last
# one of the app that named it; `count` how many records or values went with it.
trash = sa.Table(
    "_trash",
    metadata,
    *_text("id", "kind", "at", "transaction_id", "app", "name", "by", "table_address", "key"),
    sa.Column("revision", sa.Integer),
    sa.Column("count", sa.Integer),
)

# Values (JSON) that a field held as `stored`, and that what they `became` (JSON) in a conversion cannot give back.
set_aside = sa.Table(
    "_set_aside", metadata, *_text("table_address", "field", "stored", "record_id", "value", "became", "at")
)
