"""SQL that is written differently for SQLite and PostgreSQL but means the same.

An element is made by `dialects("...", "...", arguments)`: its SQL for each, `{0}`, `{1}` standing for the
arguments. SQLAlchemy caches it like any built-in one, because both texts are part of its cache key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import InternalTraversal

Element = ColumnElement[Any]

NUMBER = sa.Numeric(asdecimal=False)
TEXT = sa.Text()
BOOLEAN = sa.Boolean()
_ATOM = re.compile(r"[\w.\"]+")


class Dialects(FunctionElement[Any]):
    """An SQL text per database with arguments put in; see `dialects`."""

    inherit_cache = True
    _traverse_internals = [
        *FunctionElement._traverse_internals,
        ("sqlite", InternalTraversal.dp_string),
        ("postgresql", InternalTraversal.dp_string),
        ("type", InternalTraversal.dp_type),
    ]

    def __init__(self, sqlite: str, postgresql: str, arguments: Sequence[Element], type_: Any) -> None:
        super().__init__(*arguments)
        self.sqlite = sqlite
        self.postgresql = postgresql
        self.type = type_

    def self_group(self, against: Any = None) -> Any:
        """Itself, since its text stands as an operand; a truth compared with 1 would be hidden from indexes."""
        return self


def dialects(sqlite: str, postgresql: str, *arguments: Element, type_: Any = TEXT) -> Element:
    """The element whose SQL is one text or the other. Each text must stand as an operand by itself."""
    return Dialects(sqlite, postgresql, arguments, type_)


def alike(text: str, *arguments: Element, type_: Any = TEXT) -> Element:
    """An element written the same way for both."""
    return Dialects(text, text, arguments, type_)


@compiles(Dialects, "sqlite")
def _on_sqlite(element: Dialects, compiler: Any, **options: Any) -> str:
    return _filled(element.sqlite, element, compiler, options)


@compiles(Dialects, "postgresql")
def _on_postgresql(element: Dialects, compiler: Any, **options: Any) -> str:
    text = element.postgresql
    if "UNICODE" in text:
        # Full Unicode case mapping: built in since 18, before that ICU's.
        newest = (compiler.dialect.server_version_info or (18,)) >= (18,)
        text = text.replace("UNICODE", '"pg_unicode_fast"' if newest else '"und-x-icu"')
    if compiler.preparer._double_percents:
        text = text.replace("%", "%%")
    return _filled(text, element, compiler, options)


def _filled(text: str, element: Dialects, compiler: Any, options: dict[str, Any]) -> str:
    return text.format(*(operand(one, compiler, options) for one in element.clauses))


def operand(element: Any, compiler: Any, options: dict[str, Any]) -> str:
    """The SQL of an argument, in parentheses where it needs them."""
    text: str = compiler.process(element, **options)
    whole = isinstance(element, (Dialects, sa.Column, sa.BindParameter, sa.Case, sa.Cast, sa.ScalarSelect))
    return text if whole or _ATOM.fullmatch(text) else f"({text})"
