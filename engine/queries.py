"""Questions to a table: filter, search, sort, page, group and total, answered by the database alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from engine import indexes
from engine.access import door
from engine.definitions.check import check_condition
from engine.definitions.language import Condition, Field, Table
from engine.errors import Problem, Refused
from engine.filters import contains_text
from engine.storage.conditions import condition_sql
from engine.storage.expressions import AGGREGATES, Records, clock_of
from engine.storage.ordering import Key, keys_of, parts_after, place, token
from engine.storage.record_rows import Values, among, linked_ids
from engine.storage.session import Session
from engine.text import _
from engine.values import moment

PAGE_SIZE = 100
MAX_PAGE_SIZE = 1_000
MAX_SORTS = 5
FAR = 1_000  # records to pass over
ERROR = "#ERROR!"
OF_LISTS = frozenset({"count", "empty", "filled", "unique", "count_unique"})  # what can be asked of lists


@dataclass(frozen=True)
class Query:
    """A question to one table.

    `table` is an address; `where` conditions all hold; `sort` names fields, descending with `-`; `search` looks
    into all texts; `fields` limits what is answered; `after` is what the page before gave as `next`.
    """

    table: str
    where: Sequence[Condition] = ()
    sort: Sequence[str] = ()
    search: str = ""
    fields: Sequence[str] | None = None
    limit: int = PAGE_SIZE
    after: str | None = None
    offset: int = 0


@dataclass(frozen=True)
class Group:
    """One group of records: the value they share, how many they are, and their totals."""

    value: Any
    count: int
    totals: Mapping[str, Any] = field(default_factory=dict)


def page_of(session: Session, query: Query) -> tuple[list[tuple[str, Values]], str | None]:
    """The ids and values of one page, and where the next begins. Raises `Refused` for a wrong query."""
    table = session.layout.table(query.table)
    _check(session, table, query)
    records, _sql = _records(session, table)
    limit = max(1, min(query.limit, MAX_PAGE_SIZE))
    keys = keys_of(records, query.sort)
    wheres = _wheres(session, table, records, query)
    begun = time.perf_counter()
    rows = _rows_of_page(session, _selected(session, table, records, query.fields), wheres, query, keys, limit + 1)
    indexes.notice(session, records, wheres, query.sort, time.perf_counter() - begun)
    found = _with_many(session, table, rows[:limit], query.fields)
    following = token(query.sort, rows[limit - 1][-len(keys) :]) if len(rows) > limit else None
    return list(found.items()), following


def _rows_of_page(
    session: Session,
    selected: sa.Select[Any],
    wheres: Sequence[ColumnElement[bool]],
    query: Query,
    keys: Sequence[Key],
    limit: int,
) -> list[Any]:
    """Up to `limit` rows: what is selected, and at the end the values of the keys."""
    statement = selected.add_columns(*(key.value for key in keys))
    order = [key.clause for key in keys]
    if query.after:
        rows: list[Any] = []
        for part, part_keys in parts_after(keys, place(query.after, query.sort)):
            if len(rows) < limit:
                asked = (
                    statement.where(*wheres, part).order_by(*(key.clause for key in part_keys)).limit(limit - len(rows))
                )
                rows += session.connection.execute(asked, moment(session)).all()
        return rows
    if query.offset > FAR:
        # Only ids are carried along to a place far down, not whole records.
        there = sa.select(keys[-1].value).where(*wheres).order_by(*order).limit(limit).offset(query.offset)
        statement = statement.where(keys[-1].value.in_(there)).order_by(*order)
    else:
        statement = statement.where(*wheres).order_by(*order).limit(limit).offset(query.offset)
    return list(session.connection.execute(statement, moment(session)).all())


def read_records(session: Session, table: Table, ids: Sequence[str]) -> dict[str, Values]:
    """All values of the records that exist, by id."""
    if not ids:
        return {}
    records, sql = _records(session, table)
    statement = _selected(session, table, records, None).where(among(session, sql.c.id, ids))
    return _with_many(session, table, session.connection.execute(statement, moment(session)).all(), None)


def ids_of(session: Session, query: Query) -> list[str]:
    """The ids of every record that the query finds, in its order."""
    table = session.layout.table(query.table)
    door.enter(session.principal, "read", table)
    _check(session, table, query)
    records, sql = _records(session, table)
    statement = sa.select(sql.c.id).where(*_wheres(session, table, records, query))
    statement = statement.order_by(*(key.clause for key in keys_of(records, query.sort)))
    return list(session.connection.execute(statement, moment(session)).scalars())


def count(session: Session, query: Query) -> int:
    """How many records the query finds."""
    table = session.layout.table(query.table)
    door.enter(session.principal, "read", table)
    _check(session, table, query)
    records, sql = _records(session, table)
    counted = sa.select(sa.func.count()).select_from(sql).where(*_wheres(session, table, records, query))
    return int(session.connection.execute(counted, moment(session)).scalar_one())


def totals(session: Session, query: Query, wanted: Mapping[str, str]) -> dict[str, Any]:
    """One value per field over all records that the query finds; `wanted` maps fields to functions."""
    table = session.layout.table(query.table)
    door.enter(session.principal, "read", table)
    _check(session, table, query)
    if not wanted:
        return {}
    records, sql = _records(session, table)
    columns = [_total(table, records, key, function) for key, function in wanted.items()]
    statement = sa.select(*columns).select_from(sql).where(*_wheres(session, table, records, query))
    row = session.connection.execute(statement, moment(session)).one()
    return dict(zip(wanted, row, strict=True))


def groups(session: Session, query: Query, by: str, wanted: Mapping[str, str] | None = None) -> list[Group]:
    """The records that the query finds, counted and totalled by the value of one field (largest group first)."""
    table = session.layout.table(query.table)
    door.enter(session.principal, "read", table)
    _check(session, table, query)
    if by not in table.fields or table.fields[by].many:
        raise Refused([Problem("/by", _("Records cannot be grouped by {field}.", field=by), "unknown_field", by)])
    records, sql = _records(session, table)
    key = records.field(by).value
    columns = [_total(table, records, name, function) for name, function in (wanted or {}).items()]
    number = sa.func.count()
    statement = (
        sa.select(key, number, *columns)
        .select_from(sql)
        .where(*_wheres(session, table, records, query))
        .group_by(key)
        .order_by(number.desc(), key)
    )
    rows = session.connection.execute(statement, moment(session)).all()
    return [Group(row[0], row[1], dict(zip(wanted or (), row[2:], strict=True))) for row in rows]


def titles(session: Session, table: str, ids: Sequence[str]) -> dict[str, str]:
    """What the records are called, by id; a record without a name is called by its id."""
    of = session.layout.table(table)
    if not ids:
        return {}
    records, sql = _records(session, of)
    title = records.field(of.title).value
    found = session.connection.execute(
        sa.select(sql.c.id, title).where(among(session, sql.c.id, set(ids))), moment(session)
    )
    return {record_id: _title(of, value) or record_id for record_id, value in found}


def find_titles(
    session: Session,
    table: str,
    text: str,
    limit: int = 20,
    *,
    offered: Callable[[Records], ColumnElement[bool]] | None = None,
) -> list[tuple[str, str]]:
    """Records whose title contains `text`, as (id, title), for a picker: those that begin with it first.

    `offered` is a condition on them, None for all.
    """
    of = session.layout.table(table)
    door.enter(session.principal, "read", of)
    records, sql = _records(session, of)
    title = records.field(of.title).value
    statement = sa.select(sql.c.id, title).limit(limit)
    if offered is not None:
        statement = statement.where(offered(records))
    if text.strip():
        as_text = sa.cast(title, sa.Text)
        begins = sa.case((as_text.ilike(_escaped(text) + "%", escape="\\"), 0), else_=1)
        statement = statement.where(contains_text(as_text, text)).order_by(begins, title, sql.c.id)
    else:
        statement = statement.order_by(title, sql.c.id)
    rows = session.connection.execute(statement, moment(session))
    return [(record_id, _title(of, value) or record_id) for record_id, value in rows]


def _records(session: Session, table: Table) -> tuple[Records, sa.Table]:
    sql = session.layout.sql(table)
    return Records(session.layout, table, sql, clock_of(session)), sql


def _shown(table: Table, wanted: Sequence[str] | None) -> list[Field]:
    return list(table.fields.values()) if wanted is None else [table.fields[key] for key in wanted]


def _selected(session: Session, table: Table, records: Records, wanted: Sequence[str] | None) -> sa.Select[Any]:
    columns: list[ColumnElement[Any]] = [records.field("id").value]
    for one in _shown(table, wanted):
        if one.many:
            continue
        compiled = records.field(one.key)
        columns.append(sa.type_coerce(compiled.value, session.layout.column_type(one)))
        columns.append(sa.null() if compiled.error is None else compiled.error)
    return sa.select(*columns)


def _with_many(session: Session, table: Table, rows: Sequence[Any], wanted: Sequence[str] | None) -> dict[str, Values]:
    fields = _shown(table, wanted)
    single = [one.key for one in fields if not one.many]
    found: dict[str, Values] = {}
    for row in rows:
        values: Values = {}
        for number, key in enumerate(single):
            error = row[2 * number + 2]
            values[key] = row[2 * number + 1] if error is None else {"error": ERROR, "reason": error}
        found[row[0]] = values
    for one in fields:
        if one.many:
            for record_id, linked in linked_ids(session, one, found).items():
                found[record_id][one.key] = linked
    return found


def _wheres(session: Session, table: Table, records: Records, query: Query) -> list[ColumnElement[bool]]:
    wheres = [condition_sql(one, records) for one in query.where]
    if query.search.strip():
        wheres.append(_search(session, table, records, query.search.strip()))
    return wheres


def _search(session: Session, table: Table, records: Records, text: str) -> ColumnElement[bool]:
    tests = [
        contains_text(records.field(one.key).value, text)
        for one in table.fields.values()
        if not one.is_link and session.layout.types.of(one).name == "text" and one.kind.holds in {"text", "computed"}
    ]
    return sa.or_(sa.false(), *tests)


def _total(table: Table, records: Records, key: str, function: str) -> ColumnElement[Any]:
    one = table.fields.get(key)
    if one is None or one.many or function not in (OF_LISTS if one.kind.listed else AGGREGATES):
        raise Refused([Problem(f"/{key}", _("There is no {function} of {field}.", function=function, field=key))])
    total: ColumnElement[Any] = AGGREGATES[function](records.field(key).value)
    return total


def _check(session: Session, table: Table, query: Query) -> None:
    problems = []
    for number, condition in enumerate(query.where):
        problems += check_condition(condition, session.layout.types.scope(table.address), f"/where/{number}")
    for number, one in enumerate(query.sort):
        wanted = table.fields.get(one.removeprefix("-"))
        if wanted is None or wanted.many or number >= MAX_SORTS:
            says = _("Records cannot be sorted by {field}.", field=one.removeprefix("-"))
            problems.append(Problem(f"/sort/{number}", says, "unknown_field", one))
    for key in query.fields or ():
        if key not in table.fields:
            says = _("There is no field {field} here.", field=key)
            problems.append(Problem("/fields", says, "unknown_field", key))
    errors = [one for one in problems if one.is_error]
    if errors:
        raise Refused(errors)


def _title(table: Table, value: Any) -> str:
    if value is None:
        return ""
    one = table.fields[table.title]
    return str(value) if one.kind.computed else one.kind.display(value, one.options, "en")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
