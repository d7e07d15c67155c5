"""The engine's own tables in a workspace's store, as its migrations make them. Their names begin with `_`."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text) for name in names]


layout = sa.Table(
    "_layout", metadata, *(sa.Column(name, sa.Integer) for name in ("id", "version", "holders", "meaning", "hooks"))
)
apps = sa.Table(
    "_apps",
    metadata,
    *_text("key", "document", "installed_at", "installed_by"),
    sa.Column("position", sa.Integer),
    sa.Column("revision", sa.Integer),
)
revisions = sa.Table(
    "_revisions",
    metadata,
    *_text("app", "document", "at", "by", "summary"),
    sa.Column("number", sa.Integer),
)
former_names = sa.Table("_former_names", metadata, *_text("parent", "name", "key"))
calendar = sa.Table("_calendar", metadata, sa.Column("id", sa.Integer), *_text("document"))
people = sa.Table("_people", metadata, *_text("id", "name", "email", "role", "department", "manager"))
departments = sa.Table(
    "_departments",
    metadata,
    *_text("id", "name", "parent", "head"),
    sa.Column("position", sa.Integer),  # among those under the same parent
    *_text("removed_at"),  # a removed one keeps its name, for the records that name it
)
role_holders = sa.Table(
    "_role_holders",
    metadata,
    *_text("role", "holder", "given_at", "given_by"),  # the holder: a person or a department
    sa.Column("only_head", sa.Boolean),
)
counters = sa.Table("_counters", metadata, *_text("table_address", "field", "period"), sa.Column("last", sa.BigInteger))
changes = sa.Table(
    "_changes",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    *_text("transaction_id", "at", "by_kind", "by_id", "user_id", "cause"),
    *_text("table_address", "record_id", "kind", "before", "after"),
)
