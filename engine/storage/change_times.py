"""When fields of records changed last, as the log of changes tells it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, FromClause

from engine.formulas.dialects import dialects
from engine.storage import sql_types
from engine.storage.workspace_tables import changes

# What was deleted and came back has not changed by that.
_BACK = ("undo:%", "restore:%")


def changed_at(rows: FromClause, table: str, keys: Sequence[str]) -> ColumnElement[Any]:
    """The instant at which people (or what acts for them) last set one of these fields of a record; NULL if never."""
    log = changes.alias()
    c = log.c
    made = sa.and_(c.kind == "created", sa.or_(c.cause.is_(None), sa.and_(*(c.cause.not_like(one) for one in _BACK))))
    counts = sa.or_(c.kind == "updated", made)
    wanted = sa.select(sa.func.max(c.at)).where(c.record_id == rows.c.id, c.table_address == table, counts)
    latest = wanted.where(sa.or_(*(_names(c.after, key) for key in keys))).correlate(rows).scalar_subquery()
    return dialects("{0}", "CAST({0} AS TIMESTAMPTZ)", latest, type_=sql_types.DATE_TIME)


def _names(values: ColumnElement[Any], key: str) -> ColumnElement[bool]:
    """Whether a JSON object has this key; keys of fields need no quoting."""
    sqlite, postgresql = f"json_type({{0}}, '$.{key}') IS NOT NULL", f"(CAST({{0}} AS JSON) -> '{key}') IS NOT NULL"
    return dialects(f"({sqlite})", f"({postgresql})", values, type_=sa.Boolean())
