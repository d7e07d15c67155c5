"""The audit log, in the control store and in each workspace's: one chain of entries in each. Nobody changes a row of
it, which the database itself refuses."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

# `workspace_id` is empty where it is a workspace's own log. `says`: a packed sentence (JSON). `about`: facts (JSON).
entries = sa.Table(
    "_audit",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    *(
        sa.Column(name, sa.Text, nullable=False)
        for name in ("at", "act", "by_kind", "by_id", "user_id", "workspace_id", "says", "about", "hash")
    ),
)
