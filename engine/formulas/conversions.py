"""Turning a value into another type: which turnings there are, and their SQL."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

import sqlalchemy as sa

from engine.formulas import dates, departments, lists, numerals, people, sql, texts
from engine.formulas.functions import Takes
from engine.formulas.part import Part
from engine.formulas.syntax import MAX_DIGITS, FormulaError
from engine.formulas.typed import Constant, Convert, Read, Typed
from engine.formulas.types import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    DEPARTMENT,
    NAMED_ELSEWHERE,
    NUMBER,
    TEXT,
    USER,
    Type,
    list_of,
)
from engine.text import _

if TYPE_CHECKING:
    from engine.formulas.compile import Compiling

_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(Z|[+-]\d\d:?\d\d)?)?")


class _Scope(Protocol):
    def type_of(self, path: tuple[str, ...]) -> Type | None: ...


def converted(argument: Typed, takes: Takes, scope: _Scope) -> Typed:
    """The argument as what a parameter takes. Raises `FormulaError` where that makes no sense."""
    held = argument.type
    if takes in {"any", "same", "comparable", "ordered"}:
        return argument
    if takes == "text":
        return as_text(argument, scope)
    if takes in {"texts", "titles"}:
        named = _titled(argument, scope)
        if takes == "texts" and not named.type.is_list:
            return as_text(named, scope)
        return converted(named, "list", scope) if takes == "titles" else named
    if takes == "date":
        return as_date(argument)
    if takes == "sizes":
        return argument if held.is_date or (held.item and held.item.is_date) else converted(argument, "numbers", scope)
    if takes == "list":
        return argument if held.is_list else Convert(argument, list_of(held), argument.start, argument.end)
    if held.is_list and takes in {"numbers", "booleans"}:
        item = NUMBER if takes == "numbers" else BOOLEAN
        if item == NUMBER and held.item and held.item.is_date:
            says = _("Numbers are needed here, and these are dates. MAX and MIN find the latest and the earliest.")
            raise FormulaError(says, argument.start, argument.end)
        return argument if held.item == item else Convert(argument, list_of(item), argument.start, argument.end)
    return as_number(argument) if takes in {"number", "numbers"} else _as_boolean(argument)


def as_type(argument: Typed, kind: Type, scope: _Scope) -> Typed:
    """The argument as a value of a type that `common` has found for it."""
    if argument.type == kind or kind.is_list:
        return argument
    if isinstance(argument, Constant) and argument.value is None:
        return Constant(None, kind, argument.start, argument.end)
    if kind == TEXT:
        return as_text(argument, scope)
    return Convert(argument, kind, argument.start, argument.end)


def as_text(argument: Typed, scope: _Scope) -> Typed:
    """The argument as a text: a record by its title, a choice by its label, a list joined with ", "."""
    argument = _titled(argument, scope)
    if argument.type == TEXT:
        return argument
    if isinstance(argument, Constant) and argument.value is None:
        return Constant("", TEXT, argument.start, argument.end)
    return Convert(argument, TEXT, argument.start, argument.end)


def _titled(argument: Typed, scope: _Scope) -> Typed:
    """A linked record, a department or a person, or a list of such, as what names them."""
    held = argument.type
    if NAMED_ELSEWHERE & {held, held.item}:
        return Convert(argument, list_of(TEXT) if held.is_list else TEXT, argument.start, argument.end)
    title = held.title or (held.item.title if held.item else "")
    if not isinstance(argument, Read) or not title:
        return argument
    path = (*argument.path, title)
    named = scope.type_of(path)
    return argument if named is None else _titled(Read(path, named, argument.start, argument.end), scope)


def as_number(argument: Typed) -> Typed:
    """The argument as a number. Raises `FormulaError` for a list, a date, a record."""
    held = argument.type
    if held == NUMBER:
        return argument
    if isinstance(argument, Constant):
        if argument.value is None or argument.value == "":
            return Constant(None, NUMBER, argument.start, argument.end)
        number = read_number(argument.value) if isinstance(argument.value, str) else None
        if number is not None and len(number.normalize().as_tuple().digits) <= MAX_DIGITS:
            return Constant(number, NUMBER, argument.start, argument.end)
    if held.name in {"text", "boolean", "blank"}:
        return Convert(argument, NUMBER, argument.start, argument.end)
    if held.is_list:
        says = _("This is a list. Say what to do with it, such as SUM(...), MAX(...) or FIRST(...).")
    elif held.is_date:
        says = _("A number is needed here, and this is a date. DATETIME_DIFF or YEAR make a number of it.")
    else:
        says = _("A number is needed here, and this is {type}.", type=held.label)
    raise FormulaError(says, argument.start, argument.end)


def _as_boolean(argument: Typed) -> Typed:
    if argument.type == BOOLEAN:
        return argument
    if isinstance(argument, Constant):
        return Constant(bool(argument.value), BOOLEAN, argument.start, argument.end)
    return Convert(argument, BOOLEAN, argument.start, argument.end)


def as_date(argument: Typed) -> Typed:
    """The argument as a date or date-time, whichever it is. Raises `FormulaError`."""
    if argument.type.is_date:
        return argument
    if isinstance(argument, Constant):
        if argument.value is None or argument.value == "":
            return Constant(None, DATE, argument.start, argument.end)
        found = read_date(argument.value) if isinstance(argument.value, str) else None
        if found is not None:
            return Constant(found, DATE if len(found) == 10 else DATE_TIME, argument.start, argument.end)
        if argument.type == TEXT and not is_local_time(str(argument.value)):
            says = _('"{text}" is no date. Write it as "2026-12-31", or use DATETIME_PARSE.', text=argument.value)
            raise FormulaError(says, argument.start, argument.end)
    if argument.type.name in {"text", "blank"}:
        kind = DATE_TIME if argument.type == TEXT else DATE
        return Convert(argument, kind, argument.start, argument.end)
    says = _("A date is needed here, and this is {type}.", type=argument.type.label)
    raise FormulaError(says, argument.start, argument.end)


def read_number(text: str) -> Decimal | None:
    """The number that a text says, or None."""
    bare = text.strip(texts.SPACES)
    if not re.match(numerals.NUMBER_TEXT, bare):
        return None
    number = Decimal(re.sub(r"[^0-9.eE+-]", "", bare))
    return number / 100 if bare.endswith("%") else number


def read_date(text: str, time_zone: datetime.tzinfo | None = None) -> str | None:
    """An ISO date, or the UTC instant of an ISO date-time; None if it is neither.

    A time without an offset is a time in `time_zone`; without one it is not known which instant that is: None.
    """
    match = _ISO.fullmatch(text.strip(texts.SPACES))
    if match is None:
        return None
    try:
        if match[2] is None:
            return datetime.date.fromisoformat(match[1]).isoformat()
        moment = datetime.datetime.fromisoformat(f"{match[1]}T{match[2]}{match[3] or ''}")
        if match[3] is None:
            if time_zone is None:
                return None
            return instant_at(moment, time_zone)
        return instant_text(moment.astimezone(datetime.UTC))
    except (ValueError, OverflowError):
        return None


def instant_at(wall: datetime.datetime, time_zone: datetime.tzinfo) -> str:
    """The instant at which clocks in the zone show `wall`, as PostgreSQL decides it.

    In the gap of spring the offset before it counts, of the two hours in autumn the second. Raises `OverflowError`.
    """
    offsets = [wall.replace(tzinfo=time_zone, fold=fold).utcoffset() for fold in (0, 1)]
    return instant_text(wall - min(one or datetime.timedelta() for one in offsets))


def instant_text(utc: datetime.datetime) -> str:
    """An instant as it is stored."""
    return f"{utc.year:04d}-{utc:%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def is_local_time(text: str) -> bool:
    """Whether a text is an ISO date-time without an offset."""
    return read_date(text, datetime.UTC) is not None


def convert(c: Compiling, part: Part, to: Type) -> Part:
    """The SQL of a `Convert`."""
    held = part.type
    if to.is_list:
        if held.item in NAMED_ELSEWHERE and to.item == TEXT:
            return part.with_value(_NAMES[held.item](part.value), to)
        if held.is_list:
            return part.with_value(_items_of(part.value, to.item or TEXT), to)
        return part.with_value(c.list_of_one(part), to)
    if to == TEXT:
        return part.with_value(_text(c, part), TEXT, nullable=part.nullable or held.is_list)
    if held.name == "blank":
        return part.with_value(sql.typed_null(to), to, nullable=True)
    if to == BOOLEAN:
        return part.with_value(c.truth(part), BOOLEAN, nullable=False)
    if to == DATE_TIME and held == DATE:
        return part.with_value(c.midnight(part.value), DATE_TIME)
    if to == DATE_TIME:
        return _parsed_instant(c, part)
    return _number(c, part)


def _number(c: Compiling, part: Part) -> Part:
    if part.type == BOOLEAN:
        return part.with_value(sa.case((part.value, sql.number(1)), else_=sql.number(0)), NUMBER, nullable=False)
    text = c.once(part.value)
    number = c.once(c.settled(numerals.text_number(c.once(texts.trimmed(text)))))
    wrong = sa.and_(number.is_(None), sql.is_filled(text))
    return part.with_value(number, NUMBER, nullable=True).failing_when(wrong, "not_a_number")


def _parsed_instant(c: Compiling, part: Part) -> Part:
    text = c.once(part.value)
    instant = c.once(dates.iso_instant(c.once(texts.trimmed(text)), c.time_zone))
    wrong = sa.and_(instant.is_(None), sql.is_filled(text))
    return part.with_value(instant, DATE_TIME, nullable=True).failing_when(wrong, "not_a_date")


def _text(c: Compiling, part: Part) -> sql.Element:
    held = part.type
    if held.is_list:
        return lists.join_items(part.value, held.item, sql.text_constant(", "), c.time_zone)
    if held.choices:
        value = c.once(part.value)
        labels: list[tuple[sql.Element, sql.Element]] = [
            (value == sql.text_constant(key), sql.text_constant(label)) for key, label in held.choices if key != label
        ]
        return sa.case(*labels, else_=value) if labels else value
    return _TEXTS[held.name](c, part.value)


_NAMES: Mapping[Type, Callable[[sql.Element], sql.Element]] = {
    DEPARTMENT: departments.names_of,
    USER: people.names_of,
}
_TEXTS: Mapping[str, Callable[[Compiling, sql.Element], sql.Element]] = {
    "blank": lambda c, value: sql.text_constant(""),
    "text": lambda c, value: value,
    "number": lambda c, value: numerals.number_text(c.once(value)),
    "boolean": lambda c, value: sa.case(
        (value, sql.text_constant("1")), (sql.is_known(value), sql.text_constant("0")), else_=sa.null()
    ),
    "date": lambda c, value: dates.date_text(value),
    "date_time": lambda c, value: dates.local_text(value, c.time_zone),
    "select": lambda c, value: value,
    "record": lambda c, value: value,
    "user": lambda c, value: people.name_of(c.once(value)),
    "department": lambda c, value: departments.name_of(value),
    "file": lambda c, value: value,
}


def _items_of(value: sql.Element, item: Type) -> sql.Element:
    return lists.numbers_in(value) if item == NUMBER else lists.truths_in(value)
