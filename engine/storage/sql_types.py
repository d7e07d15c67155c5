"""How a record's values lie in SQL, alike on both databases; in Python they are JSON values throughout."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType


class _NumericAffinity(UserDefinedType[Any]):
    """SQLite's own NUMERIC: 3.0 is kept as an integer, 0.1 as a double, and Python gets int or float."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        return "NUMERIC"


class _AsItIsOnSqlite(TypeDecorator[Any]):
    """SQLite holds the very values that Python has: nothing is converted, which would take a call for each value.

    What is converted of PostgreSQL's takes one call: see `databases.py` for what its driver gives.
    """

    impl: Any = sa.Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Any:
        return None if dialect.name == "sqlite" else super().bind_processor(dialect)


class Number(_AsItIsOnSqlite):
    """An exact decimal of up to 15 digits: NUMERIC on both; `int` or `float` in Python."""

    impl = sa.Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(_NumericAffinity() if dialect.name == "sqlite" else sa.Numeric(asdecimal=True))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        # A float parameter would turn PostgreSQL's exact arithmetic into doubles.
        if value is None or dialect.name == "sqlite":
            return value
        return value if isinstance(value, Decimal) else Decimal(str(value))

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        return None if dialect.name == "sqlite" else _number


class Text(TypeDecorator[str]):
    """Text that compares and sorts by code point on both databases."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.Text(collation="C" if dialect.name == "postgresql" else None))


class Date(_AsItIsOnSqlite):
    """`YYYY-MM-DD`: DATE on PostgreSQL, that text on SQLite."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.Date() if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is not None and dialect.name == "postgresql":
            return datetime.date.fromisoformat(value)
        return value

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        return None


class DateTime(_AsItIsOnSqlite):
    """`YYYY-MM-DDTHH:MM:SS.mmmZ`: TIMESTAMPTZ on PostgreSQL, that text on SQLite."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.DateTime(timezone=True) if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is not None and dialect.name == "postgresql":
            return datetime.datetime.fromisoformat(value)
        return value

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        return None if dialect.name == "sqlite" else _moment


class JsonText(TypeDecorator[Any]):
    """Any JSON value as the text that it was written as, on both: JSONB would refuse some texts and move members."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.Text(collation="C" if dialect.name == "postgresql" else None))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.dumps(value, ensure_ascii=False)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        try:
            return json.loads(value)
        except ValueError:
            return value  # a text that was there before the field held JSON


GREATEST_INTEGER = 2**63  # as on SQLite; greater ones stay doubles, which JSON can hold


def _number(value: float | int | None) -> float | int | None:
    if value is None or type(value) is int:
        return value
    if type(value) is float:
        return int(value) if value.is_integer() and abs(value) < GREATEST_INTEGER else value
    raise TypeError("no number: the field has become another one meanwhile")


def _moment(value: str | None) -> str | None:
    """From `YYYY-MM-DD HH:MM:SS.ffffff+00`, where zeros at the end are left out."""
    return None if value is None else f"{value[:10]}T{value[11:19]}.{(value[20:-3] + '000')[:3]}Z"


JSON_LIST = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TEXT, NUMBER, DATE, DATE_TIME, BOOLEAN = Text(), Number(), Date(), DateTime(), sa.Boolean()
JSON_TEXT = JsonText()


def spelling(held: TypeEngine[Any]) -> Callable[[Any], str]:
    """How a value is written so that PostgreSQL's cast from a text to this type gives it."""
    if isinstance(held, sa.Boolean):
        return lambda value: "true" if value else "false"
    if isinstance(held, sa.JSON):
        return json.dumps
    if isinstance(held, JsonText):
        return lambda value: json.dumps(value, ensure_ascii=False)
    return str
