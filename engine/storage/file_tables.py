"""Tables of a workspace's store for files: what each is, and which records hold or held it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from engine.formulas.sql import dialects
from engine.storage.sql_types import JSON_LIST
from engine.storage.workspace_tables import metadata


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text) for name in names]


# `width`, `height`, `small`: only of pictures that were drawn; `small` says the size of each small picture (JSON).
# `uploaded_by`: the principal (a person, a token, a public form).
files = sa.Table(
    "_files",
    metadata,
    *_text("id", "filename", "type", "kind", "sha256", "small", "uploaded_at", "uploaded_by"),
    sa.Column("size", sa.BigInteger),
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
)
# A line for each field of a record that holds the file or ever held it: its history and undo still need it.
file_uses = sa.Table("_file_uses", metadata, *_text("file_id", "table_address", "record_id", "field"))


def parts_of_files(ids: ColumnElement[Any], part: str) -> ColumnElement[Any]:
    """What is known about each of the files in a JSON list of ids, in their order: a list itself."""
    return dialects(
        "(SELECT json_group_array({1}) FROM json_each({0}) AS e CROSS JOIN _files AS f ON f.id = e.value)",
        "(SELECT coalesce(jsonb_agg({1} ORDER BY e.place), '[]'::jsonb) FROM jsonb_array_elements_text({0})"
        " WITH ORDINALITY AS e(value, place) JOIN _files AS f ON f.id = e.value)",
        ids,
        sa.literal_column(f"f.{files.c[part].name}"),
        type_=JSON_LIST,
    )
