"""Requests that carry a name of their own. `status` NULL: carried out, and not answered yet.

`body` is sealed by the vault, since an answer may show a secret this once.
"""

from __future__ import annotations

import sqlalchemy as sa

from engine.storage.workspace_tables import metadata

repeats = sa.Table(
    "_repeats",
    metadata,
    *(sa.Column(name, sa.Text) for name in ("name", "request", "at", "body")),
    sa.Column("status", sa.Integer),
)
