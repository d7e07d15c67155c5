"""Mailboxes. `password` is sealed by the vault; `form` is an address such as `crm.leads.mail`, of one mailbox at most.

`due_at`: when it is to be looked into; `says`: what is wrong, NULL while nothing is; `attempt`: failures in a row.
"""

from __future__ import annotations

import sqlalchemy as sa

from engine.storage.workspace_tables import metadata

mailboxes = sa.Table(
    "_mailboxes",
    metadata,
    *(sa.Column(name, sa.Text) for name in ("id", "form", "host", "account", "password", "folder", "made_by")),
    *(sa.Column(name, sa.Text) for name in ("due_at", "looked_at", "says")),
    *(sa.Column(name, sa.Integer) for name in ("port", "taken", "attempt")),
)
