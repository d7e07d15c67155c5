"""Tables of a workspace's store for imports: the imports, what there was to say about their lines, kept mappings."""

from __future__ import annotations

import sqlalchemy as sa

from engine.storage.automation_tables import Said
from engine.storage.workspace_tables import metadata


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text) for name in names]


# `options`: what the user said about the file (JSON); `details`: what was found in it, its columns included (JSON).
# `mapping`, `counts`: JSON, NULL until there are some. `made`: the table that it made (JSON), NULL if it made none.
imports = sa.Table(
    "_imports",
    metadata,
    *_text("id", "name", "kind", "table_address", "state", "options", "details", "mapping", "counts", "made"),
    *_text("transaction_id", "created_at", "created_by", "finished_at", "mapping_name"),
    sa.Column("says", Said),
)
# `folded`: the name as it tells one mapping of a table from another, or the id of a forgotten
# one, whose name is free. `kind` and `options`: of the file it was made for.
import_mappings = sa.Table(
    "_import_mappings",
    metadata,
    *_text("id", "table_address", "name", "folded", "document", "kind", "options"),
    *_text("made_by", "changed_at", "changed_by", "forgotten_at"),
)
# `kind`: refused (the line was not taken), noted (it was taken, but something was left empty), or conflict (it would
# overwrite what was changed here).
import_lines = sa.Table(
    "_import_lines",
    metadata,
    sa.Column("import_id", sa.Text),
    sa.Column("number", sa.Integer),
    sa.Column("line", sa.Integer),
    *_text("kind", "field"),
    sa.Column("says", Said),
)
