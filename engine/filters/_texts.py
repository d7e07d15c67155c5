"""Texts looked into, upper and lower case alike, on both databases by the same rules."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from engine import patterns
from engine.formulas import texts
from engine.formulas.sql import by_code_point, dialects, lower

Test = ColumnElement[bool]
# What stands between words: all signs of ASCII, and the punctuation of Chinese and of typographers.
_BETWEEN = r"[\s!-/:-@\[-`{-~" + "\u00a0\u00ab\u00bb\u2010-\u2027\u3000-\u3003\u3008-\u3011\uff01-\uff0f\uff1a-\uff20]"


def contains_text(column: ColumnElement[Any], text: str) -> Test:
    """`column` contains `text`; `%` and `_` are ordinary characters."""
    return _like(column, f"%{_escaped(text)}%")


def starts_with(column: ColumnElement[Any], text: str) -> Test:
    """`column` begins with `text`."""
    return _like(column, f"{_escaped(text)}%")


def ends_with(column: ColumnElement[Any], text: str) -> Test:
    """`column` ends with `text`."""
    return _like(column, f"%{_escaped(text)}")


def contains_word(column: ColumnElement[Any], text: str) -> Test:
    """`text` stands in `column` with no letter or figure beside it."""
    word = re.sub(r"([^\w\s])", r"\\\1", text.lower())
    pattern = sa.literal(f"(^|{_BETWEEN}){word}({_BETWEEN}|$)", sa.Text())
    fits = dialects("regex_match({0}, {1})", "({0} ~ {1})", by_code_point(lower(column)), pattern, type_=sa.Boolean())
    # `contains` first: it passes over most records at a fraction of the cost.
    return sa.case((contains_text(column, text), fits), else_=sa.false())


def matches_pattern(column: ColumnElement[Any], text: str) -> Test:
    """`column` has a part that fits a pattern of `engine/patterns.py`; longer texts than it can take do not fit."""
    pattern = patterns.read(text)
    short = texts.length(column) <= pattern.longest
    return sa.case((short, texts.matches(column, pattern.python, pattern.postgresql)), else_=sa.false())


def text_length(column: ColumnElement[Any]) -> ColumnElement[int]:
    """How many characters the text has; 0 when it is empty."""
    return sa.func.coalesce(sa.func.length(column), 0)


def _like(column: ColumnElement[Any], pattern: str) -> Test:
    if pattern.isascii() or pattern.lower() == pattern.upper():
        # SQLite's LIKE takes upper and lower case of ASCII as one, like ILIKE under the collation "C".
        return dialects(
            "({0} LIKE {1} ESCAPE '\\')",
            "({0} ILIKE {1} ESCAPE '\\')",
            by_code_point(column),
            sa.literal(pattern, sa.Text()),
            type_=sa.Boolean(),
        )
    return lower(column).like(pattern.lower(), escape="\\")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
