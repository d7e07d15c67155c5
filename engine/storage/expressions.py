"""Fields as SQL: where an expression, a filter or a page names `{account.name}`, this says which SQL it is."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import ColumnElement, FromClause

from engine import formulas
from engine.definitions import any_links
from engine.definitions.language import Field, Table
from engine.definitions.scope import FILE_PARTS, Path
from engine.definitions.types import sort_paths
from engine.formulas import Compiled, departments, lists
from engine.formulas.sql import by_code_point, dialects, join_list, json_list
from engine.formulas.types import DEPARTMENT, TEXT, list_of, record_of
from engine.storage import sql_types
from engine.storage.change_times import changed_at
from engine.storage.file_tables import parts_of_files
from engine.storage.layout import ERROR_SUFFIX, Layout
from engine.storage.session import Session, timestamp

NOW = sa.bindparam("now", type_=sql_types.DATE_TIME)
ME = sa.bindparam("me", type_=sql_types.TEXT)
_SPACE = sa.literal_column("' '", sql_types.TEXT)


@dataclass(frozen=True)
class Clock:
    """Where days begin, and which one it is."""

    time_zone: str
    today: datetime.date

    def midnight(self, day: datetime.date) -> str:
        """The instant at which a day begins, as records hold it."""
        start = datetime.datetime.combine(day, datetime.time(), ZoneInfo(self.time_zone))
        return timestamp(start)


def clock_of(session: Session) -> Clock:
    """The workspace's time zone, and its day at the session's instant."""
    return _clock(session.workspace.time_zone, session.now)


@lru_cache(maxsize=64)  # a session asks for it several times
def _clock(zone: str, now: datetime.datetime) -> Clock:
    return Clock(zone, now.astimezone(ZoneInfo(zone)).date())


def moment(session: Session) -> dict[str, Any]:
    """The parameters that every statement with expressions takes: now, and who asks."""
    roles = {_roles_in(app): keys for app, keys in session.roles.items()}
    return {NOW.key: timestamp(session.now), ME.key: session.principal.eyes.user_id, **roles}


def _roles_in(app: str) -> str:
    return f"roles_{app}"


class Records:
    """The records of one table as an expression sees them; `source` is the SQL table or an alias of it."""

    def __init__(
        self,
        layout: Layout,
        table: Table,
        source: FromClause | None,
        clock: Clock,
        more: Mapping[Path, Compiled] | None = None,
    ) -> None:
        self.layout = layout
        self.table = table
        self.source = source
        self.clock = clock
        self.time_zone = clock.time_zone
        self.calendar = layout.calendar
        self.more = more or {}

    @property
    def rows(self) -> FromClause:
        """The SQL rows that the expression is about."""
        if self.source is None:
            raise TypeError("an expression without a record has no rows")
        return self.source

    def now(self) -> ColumnElement[Any]:
        """The session's instant."""
        return NOW

    def me(self) -> ColumnElement[Any]:
        """The id of the person who asks."""
        return ME

    def my_departments(self) -> ColumnElement[Any]:
        """The ids of the departments of the person who asks, as a list."""
        return departments.list_of_mine(ME)

    def my_roles(self) -> ColumnElement[Any]:
        """The keys of the roles that the one who asks has in the table's app, as a list."""
        return sa.bindparam(_roles_in(self.table.app), type_=sql_types.JSON_LIST)

    def each(self, table: str) -> Records:
        """Every record of another table, as a source of its own."""
        of = self.layout.table(table)
        return Records(self.layout, of, self.layout.source(of), self.clock)

    def changed_at(self, paths: Sequence[Path]) -> ColumnElement[Any]:
        """The instant at which one of the record's own fields changed last."""
        if self.source is None:
            return sa.null()
        scope = self.layout.types.scope(self.table.address)
        keys = [(scope.resolve(path) or path)[0] for path in paths]
        return changed_at(self.rows, self.table.address, keys)

    def value(self, path: Path) -> Compiled:
        """The SQL of a path such as `("account", "name")`."""
        if path in self.more:
            return self.more[path]
        if path[0] == "settings" and len(path) == 2:
            return self._setting(path[1])
        path = self.layout.types.scope(self.table.address).resolve(path) or path
        if self.source is None:
            # An expression without a record (a default): fields are empty.
            return Compiled(sa.null(), None, self.layout.types.along(self.table, path) or TEXT)
        if len(path) == 1 and "@" not in path[0]:
            return self._said(path[0], self.field(path[0]))
        return self._linked(path)

    def _said(self, key: str, found: Compiled) -> Compiled:
        """JSON as expressions and filters see it: its text, or what names an object of this kind."""
        field = self.table.fields.get(key)
        if field is None or field.kind.holds != "json":
            return found
        return Compiled(_naming(found.value, field.kind.said_by), found.error, TEXT)

    def field(self, key: str) -> Compiled:
        """The SQL of one of the table's own fields."""
        if key == "id":
            return Compiled(self.rows.c["id"], None, record_of(self.table.address))
        field = self.table.fields[key]
        held = self.layout.types.of(field)
        if self.layout.stored(field):
            error = self.rows.c[key + ERROR_SUFFIX] if self.layout.has_error(field) else None
            return Compiled(self.rows.c[key], error, held)
        if field.is_link:
            return Compiled(self.linked_ids(field), None, held)
        return self.worked_out(field)

    def worked_out(self, field: Field) -> Compiled:
        """The SQL that works a computed field out from its inputs."""
        if field.expression is not None:
            return formulas.compile(self.layout.types.formula(field), self)
        from engine.storage.over_links import over_link

        return over_link(self, field)

    def linked_ids(self, field: Field) -> ColumnElement[Any]:
        """The ids of a many link's records, as a JSON list in their order."""
        if field.kind.of_any_table:
            pairs, holds = self.linked_to_any(field)
            return json_list(sa.select(pairs.c.linked_id.label("item")).where(holds).order_by(pairs.c.position))
        records, holds, order = self.linked(field)
        inner = sa.select(records.rows.c.id.label("item")).where(holds).order_by(*order)
        return json_list(inner)

    def linked(
        self, field: Field, to: Table | None = None
    ) -> tuple[Records, ColumnElement[bool], list[ColumnElement[Any]]]:
        """The linked records as a source of their own, the condition that ties them to this one, and their order.

        `to` says which records are meant where a link may lead to any of several tables.
        """
        table = to or self.layout.table(field.target or "")
        source = self.layout.source(table)
        records = Records(self.layout, table, source, self.clock)
        if field.inverse_of is not None:
            forward = table.fields[field.inverse_of]
            if not forward.many:
                holds = self.layout.leads(source, forward) == self.rows.c.id
                key = field.ordered_by
                order = [] if key is None or key not in source.c else [source.c[key].nulls_last()]
                return records, holds, [*order, source.c.id]
            pairs = self.layout.ties(forward)
            holds = sa.and_(pairs.c.linked_id == self.rows.c.id, source.c.id == pairs.c.record_id)
            return records, holds, [source.c.id]
        if not field.many:
            return records, source.c.id == self.layout.leads(self.rows, field), [source.c.id]
        pairs = self.layout.ties(field)
        holds = sa.and_(pairs.c.record_id == self.rows.c.id, source.c.id == pairs.c.linked_id)
        return records, holds, [pairs.c.position]

    def linked_to_any(self, field: Field) -> tuple[FromClause, ColumnElement[bool]]:
        """The pairs of a link to many of any of several tables, and the condition that ties them to this record."""
        pairs = self.layout.pairs(field)
        return pairs, pairs.c.record_id == self.rows.c.id

    def aggregated(self, found: ColumnElement[Any], wheres: Sequence[ColumnElement[bool]]) -> ColumnElement[Any]:
        """What an aggregate finds of records for which `wheres` hold, one of which ties them to this record."""
        return sa.select(found).where(*wheres).correlate(self.rows).scalar_subquery()

    def first_error(
        self, error: ColumnElement[Any], wheres: Sequence[ColumnElement[bool]], order: Sequence[ColumnElement[Any]]
    ) -> ColumnElement[Any]:
        """The error of the first of some linked records that has one: it is the error of what is made of them all."""
        failing = sa.select(error).where(*wheres, error.is_not(None)).order_by(*order).limit(1)
        return failing.correlate(self.rows).scalar_subquery()

    def _linked(self, path: Path) -> Compiled:
        field, _behind = self.layout.apps.step(self.table, path[0])
        if field is None:
            raise TypeError(f"{'.'.join(path)} is no path of {self.table.address}")
        if not field.is_link:
            return Compiled(parts_of_files(self.field(path[0]).value, path[1]), None, list_of(FILE_PARTS[path[1]]))
        if path[1:] == ("id",) and not field.many and not field.narrowed:
            return self.field(path[0])
        if field.kind.of_any_table:
            return (self._of_any_tables if field.many else self._of_any_table)(field, path[1])
        records, holds, order = self.linked(field)
        inner = records.value(path[1:] or ("id",))
        held = self.layout.types.along(self.table, path) or inner.type
        if not field.many:
            error = None if inner.error is None else self._one(inner.error, holds)
            return Compiled(self._one(inner.value, holds), error, held)
        items = sa.select(inner.value.label("item")).where(holds, inner.value.is_not(None)).order_by(*order)
        error = None if inner.error is None else self.first_error(inner.error, [holds], order)
        return Compiled(json_list(items, flatten=inner.type.is_list), error, held)

    def _of_any_table(self, field: Field, part: str) -> Compiled:
        """The table or the title of the record that a link to any of several tables leads to."""
        tables = [
            (name, *self.linked(field, table)[:2]) for name, table in any_links.tables_of(self.layout.types, field)
        ]
        return self._asked_of(field, part, tables, self.rows)

    def _of_any_tables(self, field: Field, part: str) -> Compiled:
        """The same of each of the records that a link to many leads to, as a list."""
        held = list_of(any_links.type_of_part(self.layout.types, field, part) or TEXT)
        if part == "id":
            return Compiled(self.linked_ids(field), None, held)
        pairs, holds = self.linked_to_any(field)
        tables = []
        for name, table in any_links.tables_of(self.layout.types, field):
            source = self.layout.source(table)
            one = Records(self.layout, table, source, self.clock)
            tables.append((name, one, source.c.id == pairs.c.linked_id))
        found = self._asked_of(field, part, tables, pairs)
        items = sa.select(found.value.label("item")).where(holds, found.value.is_not(None)).order_by(pairs.c.position)
        error = None if found.error is None else self.first_error(found.error, [holds], [pairs.c.position])
        return Compiled(json_list(items), error, held)

    def _asked_of(
        self, field: Field, part: str, tables: Sequence[tuple[str, Records, ColumnElement[bool]]], ties: FromClause
    ) -> Compiled:
        """The part of the one record of any of these tables for which its condition, which names `ties`, holds."""
        types = self.layout.types
        held = any_links.type_of_part(types, field, part) or TEXT
        if part == "table":
            found = [
                (sa.exists(sa.select(1).where(leads).correlate(ties)), sa.literal(name, sql_types.TEXT))
                for name, _records, leads in tables
            ]
            return Compiled(sa.case(*found, else_=sa.null()), None, held)
        titles = [
            (formulas.compile(any_links.title_of(types, records.table), records), leads)
            for _name, records, leads in tables
        ]
        values = [_one(title.value, leads, ties) for title, leads in titles]
        errors = [_one(title.error, leads, ties) for title, leads in titles if title.error is not None]
        return Compiled(_first(values), _first(errors) if errors else None, held)

    def _one(self, value: ColumnElement[Any], holds: ColumnElement[bool]) -> ColumnElement[Any]:
        return _one(value, holds, self.rows)

    def _setting(self, key: str) -> Compiled:
        app = self.layout.apps[self.table.app]
        held = self.layout.types.scope(self.table.address).type_of(("settings", key)) or TEXT
        return Compiled(sa.literal(app.settings[key], _literal_type(held.name)), None, held)


def _one(value: ColumnElement[Any], holds: ColumnElement[bool], ties: FromClause) -> ColumnElement[Any]:
    return sa.select(value).where(holds).correlate(ties).scalar_subquery()


def _first(values: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    """The first that is there: a record is in one table only."""
    return sa.func.coalesce(*values, sa.null(), type_=sql_types.TEXT)


def sortable(one: Field, records: Records) -> list[ColumnElement[Any]]:
    """What the records are sorted by for a field, one after the other."""
    return [_standing(records, path) for path in sort_paths(records.layout.apps, one)]


def _standing(records: Records, path: Path) -> ColumnElement[Any]:
    """People sort a select by the order of its choices, a list as it reads."""
    one = records.table.fields[path[0]]
    compiled = records.field(path[0]) if len(path) == 1 else records.value(path)
    value = compiled.value
    if one.kind.of_any_table:
        return value
    if len(path) > 1:
        one = records.layout.table(one.target or "").fields[path[1]]
    if compiled.type == DEPARTMENT:
        # Departments of one name stand apart, so that each makes one group.
        return by_code_point(departments.name_of(value)) + _SPACE + value
    if one.kind.names == "choices":
        choices = list(one.options["choices"])
        if one.kind.listed:
            # Lists that are the same stand together, so that they make one group.
            labels = [(key, f"{number:04d}") for number, key in enumerate(choices)]
            return lists.join_labels(value, labels, sa.literal_column("','", sql_types.TEXT))
        # Constants, not parameters, so that an index on this expression serves it.
        places = {_constant(f"'{key}'"): _constant(str(number)) for number, key in enumerate(choices)}
        return sa.case(places, value=value)
    if compiled.type.is_list:
        return join_list(value, ",")
    if one.kind.computed and compiled.type.name == "text":
        return sa.func.nullif(value, _constant("''"), type_=sql_types.TEXT)  # empty is empty, however
    return value


def _constant(sql: str) -> ColumnElement[Any]:
    return sa.literal_column(sql, sa.Integer)


def _naming(value: ColumnElement[Any], members: Sequence[Sequence[str]]) -> ColumnElement[Any]:
    """The text of JSON: all of it, or the first group of `members` that an object has, several joined by commas."""
    if not members:
        return sa.type_coerce(value, sql_types.TEXT)
    sqlite, postgresql = [], []
    for group in members:
        # Several are numbers, which both give as they are written; `->>` on SQLite would make doubles of them.
        arrow = "->>" if len(group) == 1 else "->"
        sqlite.append(" || ', ' || ".join(f"({{0}} {arrow} '{one}')" for one in group))
        postgresql.append(" || ', ' || ".join(f"(CAST({{0}} AS JSON) ->> '{one}')" for one in group))
    nothing = "NULL"  # coalesce takes two at least
    return dialects(
        f"coalesce({', '.join([*sqlite, nothing])})",
        f"coalesce({', '.join([*postgresql, nothing])})",
        value,
        type_=sql_types.TEXT,
    )


def _literal_type(name: str) -> Any:
    return {
        "number": sql_types.NUMBER,
        "boolean": sql_types.BOOLEAN,
        "date": sql_types.DATE,
        "date_time": sql_types.DATE_TIME,
    }.get(name, sql_types.TEXT)
