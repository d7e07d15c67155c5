"""Bases of another service on their way in. `token` is sealed by the vault, and NULL once it is not needed any more.

`offered`: the bases that the token opens (JSON). `into`: the app that it goes into, NULL for a new one; `app`: the one
that it went into. `plan`, `outcome`: JSON, NULL until there is one. `lease_*`: which worker is at it, how long.
"""

from __future__ import annotations

import sqlalchemy as sa

from engine.storage.automation_tables import Said
from engine.storage.workspace_tables import metadata


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text) for name in names]


bases = sa.Table(
    "_bases",
    metadata,
    *_text("id", "state", "offered", "created_at", "created_by", "base", "name", "into", "token", "plan", "outcome"),
    *_text("app", "transaction_id", "finished_at", "lease_by", "lease_until"),
    sa.Column("says", Said),
)
