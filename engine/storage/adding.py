"""Rows that are added to a table, any number at a time, column by column, at the cost of the driver alone.

SQLite takes them one after the other. On PostgreSQL each column goes out as one array, and one statement makes rows of
the arrays: the driver would take five times as long with the rows one by one, and half as long again with lists. A row
alone goes out as it is: to make a plan for a dozen arrays takes PostgreSQL twice as long as all the rest of adding it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.engine import Connection

from engine.storage import sql_types
from engine.storage.prepared import Prepared

_BETWEEN = "\0"  # no text of PostgreSQL's holds it

Columns = Sequence[Sequence[Any]]
WorkedOut = Callable[[Mapping[str, ColumnElement[Any]]], Mapping[str, ColumnElement[Any]]]


class Adding:
    """How rows with values for the columns `keys` are added to a table.

    `worked_out` gives the values of further columns, as expressions of the SQL that it is given for each of the keys.
    """

    def __init__(self, table: sa.Table, keys: Sequence[str], worked_out: WorkedOut = lambda _given: {}) -> None:
        self._table = table
        self._keys = tuple(keys)
        self._types = [table.c[key].type for key in keys]
        self._worked_out = worked_out

    def run(self, connection: Connection, columns: Columns) -> None:
        """Add rows, given as the values of each column, in the order of the keys. Raises SQLAlchemy's `DBAPIError`."""
        if connection.dialect.name == "postgresql" and len(columns[0]) == 1:
            values = [None if one is None else sql_types.spelling(held)(one) for held, (one,) in self._typed(columns)]
            self._alone.rows(connection, dict(zip(self._keys, values, strict=True)))
        elif connection.dialect.name == "postgresql":
            arrays = [array_of(held, column) for held, column in self._typed(columns)]
            self._by_array.rows(connection, dict(zip(self._keys, arrays, strict=True)))
        else:
            # By the types of the columns: an expression may take the same parameter for one of another type.
            converts = [
                held.dialect_impl(connection.dialect).bind_processor(connection.dialect) for held in self._types
            ]
            taken = [
                values if convert is None else [convert(value) for value in values]
                for convert, values in zip(converts, columns, strict=True)
            ]
            self._by_row.add(connection, dict(zip(self._keys, taken, strict=True)))

    def _typed(self, columns: Columns) -> Iterator[tuple[Any, Sequence[Any]]]:
        return zip(self._types, columns, strict=True)

    @cached_property
    def _by_row(self) -> Prepared:
        given = {key: sa.bindparam(key, type_=held) for key, held in zip(self._keys, self._types, strict=True)}
        return Prepared(sa.insert(self._table).values({**given, **self._worked_out(given)}))

    @cached_property
    def _by_array(self) -> Prepared:
        arrays = [sa.cast(sa.bindparam(key, type_=sa.Text), sa.ARRAY(sa.Text)) for key in self._keys]
        texts = sa.func.unnest(*arrays).table_valued(*self._keys).render_derived(name="texts")
        return Prepared(self._of_texts(texts))

    @cached_property
    def _alone(self) -> Prepared:
        texts = sa.values(*(sa.column(key, sa.Text) for key in self._keys), name="texts")
        texts = texts.data([tuple(sa.bindparam(key, type_=sa.Text) for key in self._keys)])
        return Prepared(self._of_texts(texts))

    def _of_texts(self, texts: sa.FromClause) -> sa.Insert:
        values = [sa.cast(texts.c[key], held).label(key) for key, held in zip(self._keys, self._types, strict=True)]
        given = sa.select(*values).subquery("given")
        more = self._worked_out(dict(given.c))
        wanted = sa.select(*given.c, *(value.label(key) for key, value in more.items()))
        return sa.insert(self._table).from_select([*self._keys, *more], wanted, include_defaults=False)


def array_of(held: Any, values: Sequence[Any]) -> str:
    """The values as PostgreSQL writes an array of texts, each spelled so that a cast makes the value of it again."""
    spelling = sql_types.spelling(held)
    if None not in values:
        texts = _BETWEEN.join(map(spelling, values))
        if texts.count(_BETWEEN) == len(values) - 1:
            quoted = _quoted(texts).replace(_BETWEEN, '","')
            return f'{{"{quoted}"}}'
    spelled = ("NULL" if one is None else f'"{_quoted(spelling(one))}"' for one in values)
    return f"{{{','.join(spelled)}}}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
