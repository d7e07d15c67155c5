"""Expressions over given values, evaluated by a database."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from engine import formulas
from engine.formulas import Compiled, Type, dates, sql
from engine.formulas.calendar import ORDINARY, Calendar
from engine.formulas.dialects import dialects
from engine.formulas.types import DATE_TIME, DEPARTMENT, NUMBER, TEXT, list_of, record_of
from engine.storage import sql_types

NOW = "2026-11-21T10:00:00.000Z"
SQL_TYPES: Mapping[str, Any] = {
    "number": sql_types.NUMBER,
    "boolean": sql_types.BOOLEAN,
    "date": sql_types.DATE,
    "date_time": sql_types.DATE_TIME,
    "list": sql_types.JSON_LIST,
}
Given = tuple[Type, Any]


@dataclass
class Fields:
    """Fields by their written path, each with type and value: a scope and an environment in one."""

    given: Mapping[str, Given]
    time_zone: str = "UTC"
    calendar: Calendar = ORDINARY
    labels: tuple[str, ...] = ()  # names that have a dot in them and are no path

    def type_of(self, path: tuple[str, ...]) -> Type | None:
        found = self.given.get(".".join(path))
        if len(path) == 1 and path[0] not in self.labels and "." in path[0]:
            return None
        return found[0] if found else None

    def names(self) -> Iterable[str]:
        return self.given

    def find_table(self, name: str) -> tuple[str, Fields] | None:
        return ("crm.prices", Fields(PRICES)) if name == "prices" else None

    def numbered_by(self) -> tuple[str, ...] | None:
        return ("number",) if "number" in self.given else None

    def is_logged(self, path: tuple[str, ...]) -> bool:
        return ".".join(path) in self.given

    def changed_at(self, paths: Sequence[tuple[str, ...]]) -> sql.Element:
        return dates.constant(NOW, DATE_TIME)

    def each(self, table: str) -> Prices:
        return Prices()

    def value(self, path: tuple[str, ...]) -> Compiled:
        kind, value = self.given[".".join(path)]
        return Compiled(constant(kind, value), None, kind)

    def now(self) -> sql.Element:
        return dates.constant(NOW, DATE_TIME)

    def me(self) -> sql.Element:
        return sa.literal("usrMe", sa.Text())

    def my_departments(self) -> sql.Element:
        return constant(list_of(DEPARTMENT), ["dep1", "dep2"])

    def my_roles(self) -> sql.Element:
        return constant(list_of(TEXT), ["lead", "rep"])


PRICES: Mapping[str, Given] = {
    "id": (record_of("crm.prices"), None),
    "product": (TEXT, None),
    "amount": (NUMBER, None),
}


class Prices:
    """The records of a table without records."""

    rows = (
        sa.select(sa.literal("rec1").label("id"), sa.literal("x").label("product"), sa.literal(1).label("amount"))
        .where(sa.false())
        .subquery()
    )

    def value(self, path: tuple[str, ...]) -> Compiled:
        return Compiled(self.rows.c[path[0]], None, PRICES[path[0]][0])


class Result(NamedTuple):
    """A value as JSON, or the reason of an error."""

    value: Any
    error: str | None
    type: str


def constant(kind: Type, value: Any) -> sql.Element:
    """A value as SQL."""
    if value is None:
        return sa.null()
    if kind.is_list:
        return dialects("{0}", "CAST({0} AS JSONB)", sa.literal(json.dumps(value), sa.Text()))
    if kind.is_date:
        return dates.constant(value, kind)
    return sa.literal(value, SQL_TYPES.get(kind.name, sql_types.TEXT))


def evaluate(engine: sa.Engine, text: str, time_zone: str = "UTC", /, **fields: Given) -> Result:
    """What an expression gives. Raises `FormulaError`."""
    return evaluate_over(engine, text, Fields(fields, time_zone))


def evaluate_over(engine: sa.Engine, text: str, fields: Fields) -> Result:
    """What an expression gives over these fields. Raises `FormulaError`."""
    formula = formulas.check(text, fields)
    compiled = formulas.compile(formula, fields)
    error = sa.null() if compiled.error is None else compiled.error
    with engine.connect() as connection:
        value, reason = connection.execute(sa.select(readable(compiled), error)).one()
    return Result(json_value(value), reason, formula.type.name)


def readable(compiled: Compiled) -> sql.Element:
    """The value, to be read as the Python value of its type."""
    return sa.type_coerce(compiled.value, SQL_TYPES.get(compiled.type.name, sql_types.TEXT))


def json_value(value: Any) -> Any:
    """A number that is whole as an int, whatever the database made of it."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [json_value(one) for one in value]
    if isinstance(value, datetime.date):
        raise TypeError(value)
    return value
