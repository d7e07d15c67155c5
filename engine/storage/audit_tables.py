"""The audit log, in the control store and in each workspace's: one chain of entries in each. Nobody changes a row of
it, and only those go that the log itself says it let go; all else the database refuses."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

# `workspace_id` is empty where it is a workspace's own log. `says`: a packed sentence (JSON). `about`: facts (JSON).
# `address`, `session` and `request` say where it came from, `result` what became of it: done, refused or failed. All
# four are NULL in entries from before they were kept.
entries = sa.Table(
    "_audit",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    *(
        sa.Column(name, sa.Text, nullable=False)
        for name in ("at", "act", "by_kind", "by_id", "user_id", "workspace_id", "says", "about", "hash")
    ),
    *(sa.Column(name, sa.Text) for name in ("address", "session", "request", "result")),
)
