"""Hooks and what they have to tell. `secret` is sealed by the vault; `last_number`: of the newest payload.

`due_at`: when somebody is to be called, NULL while there is nothing to say; `lease_*`: which worker does it, how long.
"""

from __future__ import annotations

import sqlalchemy as sa

from engine.storage.workspace_tables import metadata


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text) for name in names]


hooks = sa.Table(
    "_hooks",
    metadata,
    *_texts("id", "app", "specification", "secret", "made_by", "created_at", "expires_at", "url", "due_at"),
    *_texts("lease_by", "lease_until", "last_success_at", "last_result"),
    *(sa.Column(name, sa.Integer) for name in ("notifies", "last_number", "attempt")),
)
hook_payloads = sa.Table(
    "_hook_payloads", metadata, *_texts("hook_id", "at", "document"), sa.Column("number", sa.Integer)
)
