"""Patterns in texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine import patterns
from engine.formulas import sql, texts
from engine.formulas.functions import Arguments, Family, Parameter
from engine.formulas.part import Part
from engine.formulas.syntax import FormulaError
from engine.formulas.typed import Constant
from engine.formulas.types import BOOLEAN, TEXT, Type
from engine.text import _

if TYPE_CHECKING:
    from engine.formulas.compile import Compiling

family = Family(_("Patterns"))

_TEXT = Parameter("text", "text")
_PATTERN = Parameter("pattern", "text", constant=True)
_GROUP = re.compile(r"\$(\d)")


def _checked(arguments: Arguments, groups: bool) -> patterns.Pattern | None:
    pattern = arguments[1]
    if not isinstance(pattern, Constant):
        return None
    try:
        return patterns.read(str(pattern.value), groups)
    except patterns.BadPattern as error:
        raise FormulaError(error.says, pattern.start, pattern.end) from error


def _matching(arguments: Arguments) -> Type:
    _checked(arguments, groups=False)
    return BOOLEAN


def _extracting(arguments: Arguments) -> Type:
    _checked(arguments, groups=False)
    return TEXT


def _replacing(arguments: Arguments) -> Type:
    found, pattern, new = _checked(arguments, groups=True), arguments[1], arguments[2]
    if found is not None and found.may_be_empty and pattern is not None:
        says = _("This pattern also fits where there is nothing. Use + instead of *.")
        raise FormulaError(says, pattern.start, pattern.end)
    if found is not None and isinstance(new, Constant):
        for group in _GROUP.findall(str(new.value)):
            if int(group) > found.groups:
                says = _("The pattern has no group {number}.", number=group)
                raise FormulaError(says, new.start, new.end)
    return TEXT


def _text_for(c: Compiling, text: Part, pattern: patterns.Pattern) -> sql.Element:
    """The text, an error if it is longer than the pattern can take in good time."""
    value = c.once(c.text(text))
    if text.constant is not None and len(str(text.constant)) <= pattern.longest:
        return value
    too_long = texts.length(value) > sql.number(pattern.longest)
    if pattern.longest < texts.LONGEST:
        too_long = c.once(too_long)
        c.fail_when(too_long, "too_long")
    return sa.case((too_long, sql.EMPTY), else_=value)


def _read(pattern: Part, groups: bool = False) -> patterns.Pattern:
    return patterns.read(str(pattern.constant), groups)


@family.function(
    "REGEX_MATCH",
    _TEXT,
    _PATTERN,
    gives=_matching,
    about=_("Whether the text has a part that fits the pattern."),
    example='REGEX_MATCH("GTX-480", "^[A-Z]+-[0-9]+$") is true',
    risky=True,
)
def regex_match(c: Compiling, text: Part, pattern: Part) -> sql.Element:
    found = _read(pattern)
    return texts.matches(_text_for(c, text, found), found.python, found.postgresql)


@family.function(
    "REGEX_EXTRACT",
    _TEXT,
    _PATTERN,
    gives=_extracting,
    about=_("The first part of the text that fits the pattern; an error if there is none."),
    example='REGEX_EXTRACT("Room 101", "[0-9]+") is "101"',
    blank=True,
    risky=True,
)
def regex_extract(c: Compiling, text: Part, pattern: Part) -> sql.Element:
    found = _read(pattern)
    part = c.once(texts.extracted(_text_for(c, text, found), found.python, found.postgresql))
    c.fail_when(part.is_(None), "no_match")
    return part


@family.function(
    "REGEX_REPLACE",
    _TEXT,
    _PATTERN,
    Parameter("new", "text"),
    gives=_replacing,
    about=_("The text with every part that fits the pattern replaced; $1 is the first group in ( ), $0 the part."),
    example='REGEX_REPLACE("2026-11-21", "(\\d+)-(\\d+)-(\\d+)", "$3.$2.$1") is "21.11.2026"',
    risky=True,
)
def regex_replace(c: Compiling, text: Part, pattern: Part, new: Part) -> sql.Element:
    found = _read(pattern, groups=True)
    if isinstance(new.constant, str):
        plain = new.constant.replace("\\", "\\\\")
        template = sql.text_constant(_GROUP.sub(lambda group: "\\" + group[1].replace("0", "&"), plain))
    else:
        template = texts.replaced(c.text(new), sql.text_constant("\\"), sql.text_constant("\\\\"))
    return texts.pattern_replaced(_text_for(c, text, found), found.python, found.postgresql, template)
