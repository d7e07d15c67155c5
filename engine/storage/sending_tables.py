"""What came by public forms: of each record which form it came by, and of the link to correct it only its SHA-256."""

from __future__ import annotations

import sqlalchemy as sa

from engine.storage.workspace_tables import metadata

# `form`: its address (`crm.leads.enquiry`). `page`: the SHA-256 of the page's token that it was sent from. Without a
# link, or once that was taken back, `token_hash` is empty.
sendings = sa.Table(
    "_sendings",
    metadata,
    *(sa.Column(name, sa.Text) for name in ("record_id", "form", "page", "sent_at", "token_hash", "expires_at")),
)
