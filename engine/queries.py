"""Questions to a table: filter, search, sort and page, answered by the database alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from engine import indexes
from engine.access import door
from engine.definitions.check import check_condition
from engine.definitions.language import Condition, Table
from engine.errors import Problem, Refused
from engine.filters import contains_text
from engine.storage.answers import answer
from engine.storage.conditions import condition_sql
from engine.storage.expressions import Records, clock_of, moment
from engine.storage.index_shapes import Shape, shape_of
from engine.storage.ordering import Key, count_of_keys, count_of_parts, keys_of, parts_after, place, token
from engine.storage.prepared import Prepared, Row
from engine.storage.record_rows import Values, among_listed, listed
from engine.storage.searching import search_sql
from engine.storage.session import Session
from engine.text import _

PAGE_SIZE = 100
MAX_PAGE_SIZE = 1_000
MAX_SORTS = 5
FAR = 1_000  # records to pass over
LIMIT, OFFSET = sa.bindparam("limit", type_=sa.Integer), sa.bindparam("offset", type_=sa.Integer)


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


def page_of(session: Session, query: Query) -> tuple[list[tuple[str, Values]], str | None]:
    """The ids and values of one page, and where the next begins. Raises `Refused` for a wrong query."""
    table = session.layout.table(query.table)
    limit = max(1, min(query.limit, MAX_PAGE_SIZE))

    def needed() -> Shape | None:
        return shape(session, query, ("page", *query.sort), lambda records, tests: shape_of(records, tests, query.sort))

    with indexes.noticing(session, needed):
        rows = _rows_after(session, query, limit + 1) if query.after else _rows_from(session, query, limit + 1)
    found = answer(session, table, query.fields).read(session, rows[:limit])
    ends = count_of_keys(session.layout, table, query.sort)
    following = token(query.sort, rows[limit - 1][-ends:]) if len(rows) > limit else None
    return list(found.items()), following


def _rows_from(session: Session, query: Query, limit: int) -> list[Row]:
    """Up to `limit` rows from an offset on: id, fields and errors, and at the end the values of the keys."""
    apart = query.offset > FAR or (bool(query.sort) and session.layout.is_slow(query.table))

    def made(table: Table, records: Records) -> sa.Select[Any]:
        statement, keys, order = _page(session, table, records, query)
        wheres = tests_of(session, table, records, query)
        if not apart:
            return statement.where(*wheres).order_by(*order).limit(LIMIT).offset(OFFSET)
        # Only ids are carried along to a place far down or through a sorting, not whole records.
        there = sa.select(keys[-1].value).where(*wheres).order_by(*order).limit(LIMIT).offset(OFFSET)
        return statement.where(keys[-1].value.in_(there.correlate(None))).order_by(*order)

    asked = ("apart" if apart else "page", tuple(query.sort), _names(query.fields))
    return ask(session, query, asked, made, {LIMIT.key: limit, OFFSET.key: query.offset})


def _rows_after(session: Session, query: Query, limit: int) -> list[Row]:
    """The same after the record at the end of the page before."""
    ends = count_of_keys(session.layout, session.layout.table(query.table), query.sort)
    values = place(query.after or "", query.sort, ends)
    filled = [value is not None for value in values]
    given = {f"after_{number}": value for number, value in enumerate(values)}
    rows: list[Row] = []
    apart = bool(query.sort) and session.layout.is_slow(query.table)
    for part in range(count_of_parts(filled)):

        def made(table: Table, records: Records, part: int = part) -> sa.Select[Any]:
            statement, keys, _order = _page(session, table, records, query)
            there = [
                sa.bindparam(name, type_=key.value.type) if value is not None else None
                for key, (name, value) in zip(keys, given.items(), strict=True)
            ]
            holds, part_keys = parts_after(keys, there)[part]
            wheres, order = tests_of(session, table, records, query), [key.clause for key in part_keys]
            if not apart:
                return statement.where(*wheres, holds).order_by(*order).limit(LIMIT)
            wanted = sa.select(keys[-1].value).where(*wheres, holds).order_by(*order).limit(LIMIT)
            return statement.where(keys[-1].value.in_(wanted.correlate(None))).order_by(*order)

        if len(rows) < limit:
            asked = ("after", part, tuple(filled), tuple(query.sort), _names(query.fields))
            rows += ask(session, query, asked, made, {**given, LIMIT.key: limit - len(rows)})
    return rows


def shape(
    session: Session,
    query: Query,
    asked: Sequence[str],
    make: Callable[[Records, list[ColumnElement[bool]]], Shape | None],
) -> Shape | None:
    """What an index would be of for what is `asked` of the query's records, as `make` tells by the tests on them."""

    def made() -> Shape | None:
        # Of the table itself, and by the rule that shows some of its records as much as by the question.
        with session.behind() as layout:
            table = layout.table(query.table)
            records, _rows = _records(session, table)
            tests = tests_of(session, table, records, query)
            tests += [] if isinstance(rule, bool) else [condition_sql(rule, records)]
            return make(records, tests)

    rights = session.layout.table(query.table).rights
    rule = True if rights is None else rights.read
    return session.layout.recall(("shape", *asked, *_conditions(session, query)), made)


def _page(
    session: Session, table: Table, records: Records, query: Query
) -> tuple[sa.Select[Any], list[Key], list[ColumnElement[Any]]]:
    keys = keys_of(records, query.sort)
    columns = [*answer(session, table, query.fields).columns(records), *(key.value for key in keys)]
    return sa.select(*columns), keys, [key.clause for key in keys]


def read_records(session: Session, table: Table, ids: Sequence[str]) -> dict[str, Values]:
    """All values of the records that exist, by id."""
    if not ids:
        return {}
    answered = answer(session, table, None)

    def made() -> Prepared:
        records, sql = _records(session, table)
        return Prepared(sa.select(*answered.columns(records)).where(among_listed(session, sql.c.id)))

    statement = session.layout.recall(("records", table.address, clock_of(session)), made)
    return answered.read(session, session.rows(statement, {**moment(session), **listed(session, ids)}))


def ids_of(session: Session, query: Query) -> list[str]:
    """The ids of every record that the query finds, in its order."""
    table = session.layout.table(query.table)
    door.enter(session.principal, "read", table)

    def made(table: Table, records: Records) -> sa.Select[Any]:
        wanted = sa.select(records.rows.c.id).where(*tests_of(session, table, records, query))
        return wanted.order_by(*(key.clause for key in keys_of(records, query.sort)))

    return [row[0] for row in ask(session, query, ("ids", tuple(query.sort)), made)]


def count(session: Session, query: Query) -> int:
    """How many records the query finds."""
    table = session.layout.table(query.table)
    door.enter(session.principal, "read", table)

    def made(table: Table, records: Records) -> sa.Select[Any]:
        return sa.select(sa.func.count()).select_from(records.rows).where(*tests_of(session, table, records, query))

    return int(ask(session, query, ("count",), made)[0][0])


def titles(session: Session, table: str, ids: Sequence[str]) -> dict[str, str]:
    """What the records are called, by id; a record without a name is called by its id."""
    of = session.layout.table(table)
    if not ids:
        return {}

    def made() -> Prepared:
        records, sql = _records(session, of)
        return Prepared(sa.select(sql.c.id, records.field(of.title).value).where(among_listed(session, sql.c.id)))

    statement = session.layout.recall(("titles", table, clock_of(session)), made)
    found = session.rows(statement, {**moment(session), **listed(session, set(ids))})
    return {record_id: _title(of, value) or record_id for record_id, value in found}


def titles_in(session: Session, tables: Iterable[str], ids: Collection[str]) -> dict[str, str]:
    """The same of records of several tables."""
    found: dict[str, str] = {}
    for address in tables:
        if address in session.layout.apps.tables:
            found |= titles(session, address, sorted(set(ids) - found.keys()))
    return found


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
    stands = [key.clause for key in keys_of(records, of.stands_by)]
    if text.strip():
        as_text = sa.cast(title, sa.Text)
        begins = sa.case((as_text.ilike(_escaped(text) + "%", escape="\\"), 0), else_=1)
        statement = statement.where(contains_text(as_text, text)).order_by(begins, *stands)
    else:
        statement = statement.order_by(*stands)
    rows = session.connection.execute(statement, moment(session))
    return [(record_id, _title(of, value) or record_id) for record_id, value in rows]


def find_titles_in(session: Session, tables: Iterable[str], text: str, limit: int = 20) -> list[tuple[str, str, str]]:
    """The same among the records of several tables, as (address, id, title)."""
    found = [(address, *one) for address in tables for one in find_titles(session, address, text, limit)]
    begins = text.strip().casefold()
    found.sort(key=lambda one: (not one[2].casefold().startswith(begins), one[2].casefold(), one[1]))
    return found[:limit]


def _records(session: Session, table: Table) -> tuple[Records, sa.FromClause]:
    rows = session.layout.rows(table)
    return Records(session.layout, table, rows, clock_of(session)), rows


def ask(
    session: Session,
    query: Query,
    asked: tuple[Any, ...],
    make: Callable[[Table, Records], sa.Select[Any]],
    values: Mapping[str, Any] = MappingProxyType({}),
) -> list[Row]:
    """The rows of the statement that `make` gives for what is `asked`; checked and made once while it is asked often.

    A condition that names today means another day tomorrow, so the day is part of the question.
    """

    def made() -> Prepared:
        table = session.layout.table(query.table)
        _check(session, table, query)
        return Prepared(make(table, _records(session, table)[0]))

    statement = session.layout.recall((*asked, *_conditions(session, query)), made)
    return session.rows(statement, {**moment(session), **values})


def _conditions(session: Session, query: Query) -> tuple[Any, ...]:
    where = json.dumps(list(query.where), sort_keys=True)
    return query.table, where, query.search.strip(), clock_of(session)


def _names(fields: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if fields is None else tuple(fields)


def tests_of(session: Session, table: Table, records: Records, query: Query) -> list[ColumnElement[bool]]:
    """What holds for the records that the query finds."""
    wheres = [condition_sql(one, records) for one in query.where]
    if query.search.strip():
        wheres.append(search_sql(records, query.search.strip()))
    return wheres


def _check(session: Session, table: Table, query: Query) -> None:
    problems = []
    for number, condition in enumerate(query.where):
        problems += check_condition(condition, session.layout.types.scope(table.address), f"/where/{number}")
    for number, one in enumerate(query.sort):
        wanted = table.fields.get(one.removeprefix("-"))
        if wanted is None or wanted.many or wanted.masked or number >= MAX_SORTS:
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
