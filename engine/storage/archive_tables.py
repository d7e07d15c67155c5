"""The table of a workspace's store for archives that are being made or brought in.

`way`: out or in. `wishes`: how it was wished for; `about`: what the archive says of itself; `outcome`, `problems`: what
came of it (all JSON). `total`: how much there is to do.
"""

from __future__ import annotations

import sqlalchemy as sa

from engine.storage.workspace_tables import metadata

transfers = sa.Table(
    "_transfers",
    metadata,
    *(
        sa.Column(name, sa.Text)
        for name in (
            "id", "way", "app", "name", "state", "wishes", "about", "outcome", "problems",
            "created_at", "created_by", "finished_at",
        )
    ),
    sa.Column("total", sa.Integer),
)  # fmt: skip
