"""Each item of a list beside its record, so that a record with two tags is read once for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, FromClause
from sqlalchemy.dialects.postgresql import JSONB

from engine.definitions.language import Field
from engine.storage.expressions import Records
from engine.view_types import grouped_field


def with_items(dialect: str, records: Records, by: Sequence[str]) -> tuple[FromClause, list[ColumnElement[Any]]]:
    """What records are read from that are grouped by these fields, and what they are grouped by.

    By `each:tags` a record is there for each of its tags, and once where it has none.
    """
    source, keys = records.rows, []
    for name in by:
        field = records.table.fields[grouped_field(name)]
        if field.key == name:
            keys.append(records.field(name).value)
            continue
        items, tie = _links(records, field) if field.many else (_listed(dialect, records, field), sa.true())
        source = source.outerjoin(items, tie)
        keys.append(items.c.value)
    return source, keys


def placed(dialect: str, given: sa.BindParameter[str], items: ColumnElement[Any]) -> tuple[FromClause, Any, Any]:
    """The places of items in a list of texts that is `given` as JSON: what to join, by what, and the place."""
    if dialect == "postgresql":
        unpacked = sa.func.jsonb_array_elements_text(sa.cast(given, JSONB))
        listed = unpacked.table_valued("value", with_ordinality="place").render_derived()
        return listed, listed.c.value == items, listed.c.place
    listed = sa.func.json_each(given).table_valued("value", "key")
    return listed, listed.c.value == items, listed.c.key


def _listed(dialect: str, records: Records, field: Field) -> FromClause:
    value = records.field(field.key).value
    if dialect == "postgresql":
        return sa.func.jsonb_array_elements_text(value).table_valued("value").render_derived()
    return sa.func.json_each(value).table_valued("value")


def _links(records: Records, field: Field) -> tuple[FromClause, ColumnElement[bool]]:
    layout = records.layout
    every = Records(layout, records.table, layout.source(records.table), records.clock)
    if field.kind.of_any_table:
        pairs, holds = every.linked_to_any(field)
        linked: ColumnElement[Any] = pairs.c.linked_id
    else:
        others, holds, _order = every.linked(field)
        linked = others.rows.c.id
    items = sa.select(every.rows.c.id.label("of"), linked.label("value")).where(holds).subquery()
    return items, items.c.of == records.rows.c.id
