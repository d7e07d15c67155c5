"""Holding two values against each other: how each is turned into what the other can be compared with."""

from __future__ import annotations

from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Protocol

import sqlalchemy as sa

from engine.formulas import dates, sql
from engine.formulas.conversions import as_date, as_number, as_text, read_number
from engine.formulas.part import Part
from engine.formulas.syntax import FormulaError
from engine.formulas.typed import Constant, Typed
from engine.formulas.types import BOOLEAN, DATE, DEPARTMENT, NAMED_ELSEWHERE, NUMBER, TEXT, USER, Type
from engine.text import _

if TYPE_CHECKING:
    from engine.formulas.compile import Compiling

Pair = tuple[Typed, Typed]


class _Scope(Protocol):
    def type_of(self, path: tuple[str, ...]) -> Type | None: ...


def comparable(one: Typed, other: Typed, scope: _Scope, ordering: bool = False) -> Pair:
    """Both as values that can be compared, for equality or for their order. Raises `FormulaError` if they cannot."""
    kinds = (one.type, other.type)
    if any(kind.name == "blank" for kind in kinds):
        return one, other
    if any(kind.is_date for kind in kinds):
        return as_date(one), as_date(other)
    if kinds[0].name == "select" and other.type == TEXT and isinstance(other, Constant):
        return one, choice(other, one.type)
    if kinds[1].name == "select" and one.type == TEXT and isinstance(one, Constant):
        return choice(one, other.type), other
    if all(kind.name == "select" for kind in kinds) and kinds[0].choices == kinds[1].choices:
        return one, other
    if any(_is_title(part, against) for part, against in ((one, other), (other, one))):
        return as_text(one, scope), as_text(other, scope)
    if all(kind.name in {"record", "user", "department", "text"} for kind in kinds):
        return one, other
    names = {kind.name for kind in kinds}
    if names == {"number", "text"}:
        _refuse_words(one, other, ordering)
        _refuse_words(other, one, ordering)
    if names == {"number", "text"} and (ordering or not any(_is_words(part) for part in (one, other))):
        return as_number(one), as_number(other)
    if names <= {"number", "boolean"}:
        return (one, other) if len(names) == 1 else (as_number(one), as_number(other))
    return as_text(one, scope), as_text(other, scope)


def _is_title(part: Typed, record: Typed) -> bool:
    """A text in the formula that is held against a linked record, a department or a person, and is not its id."""
    if not isinstance(part, Constant) or not isinstance(part.value, str) or not part.value:
        return False
    if record.type in NAMED_ELSEWHERE:
        return not part.value.startswith("dep" if record.type == DEPARTMENT else "usr")
    return record.type.title != "" and not part.value.startswith("rec")


def _refuse_words(part: Typed, against: Typed, ordering: bool) -> None:
    """Refuse a text written in the formula that no number can equal or follow; "" is no such text but a blank."""
    if not isinstance(part, Constant) or not part.value or not _is_words(part):
        return
    if ordering or not isinstance(against, Constant):
        says = _('"{text}" is no number, and it is compared with one. Write a number, such as 12.5.', text=part.value)
        raise FormulaError(says, part.start, part.end)


def _is_words(part: Typed) -> bool:
    """A text that is no number, or whose value we do not know yet."""
    if part.type != TEXT:
        return False
    return not (isinstance(part, Constant) and isinstance(part.value, str) and read_number(part.value) is not None)


def choice(given: Constant, kind: Type) -> Constant:
    """The key of the choice that a text names by its key or its label. Raises `FormulaError` if it names none."""
    words = {label: key for key, label in kind.choices} | {key: key for key, _label in kind.choices}
    text = str(given.value)
    if not text or not words:
        return given
    if text not in words:
        lowered = {word.casefold(): word for word in words}
        close = get_close_matches(text.casefold(), lowered, n=1, cutoff=0.5)
        shown = ", ".join(f'"{label}"' for _key, label in kind.choices[:8])
        says = (
            _('There is no choice "{choice}". Did you mean "{suggestion}"?', choice=text, suggestion=lowered[close[0]])
            if close
            else _('There is no choice "{choice}". There are {choices}.', choice=text, choices=shown)
        )
        raise FormulaError(says, given.start, given.end)
    return Constant(words[text], TEXT, given.start, given.end)


def equal(c: Compiling, one: Part, other: Part) -> sql.Element:
    """Whether two compared values are the same; never NULL."""
    for part, against in ((one, other), (other, one)):
        if part.type.name == "blank":
            return is_blank(c, against)
    if one.type.is_date:
        return dates.same(*_instants(c, one, other))
    if one.type == NUMBER:
        left, right = c.number(one), c.number(other)
    elif one.type == BOOLEAN:
        return sql.same_truth(c.boolean(one), c.boolean(other))
    else:
        left, right = c.text(one), c.text(other)
    for part, against in ((one, other), (other, one)):
        # Who asks may be nobody, who is the owner of nothing: not of what has no owner either.
        if part.nullable and (against.constant or (against.fixed and against.type == USER)):
            # So written, an index on the field serves it; and it is never NULL.
            value = c.once(part.value)
            known = against.value if against.constant else c.text(against)
            return sa.and_(value == known, value.is_not(None)).self_group()
    return left == right


def ordered(c: Compiling, one: Part, operator: str, other: Part) -> sql.Element:
    """Whether `one < other` or the like; never NULL."""
    if one.type.is_date or other.type.is_date:
        first, second = _instants(c, one, other)
        return dates.compared(c.once(first), operator, c.once(second))
    if one.type == NUMBER and one.nullable and other.known_number is not None:
        return _against_constant(c.once(one.value), operator, other.known_number)
    if NUMBER in {one.type, other.type} or BOOLEAN in {one.type, other.type}:
        return sql.compared(_counted(c, one), operator, _counted(c, other))
    return sql.compared(sql.by_code_point(c.text(one)), operator, sql.by_code_point(c.text(other)))


def _against_constant(number: sql.Element, operator: str, constant: Decimal) -> sql.Element:
    """A number field that may be blank against a constant; an index serves it, which a `coalesce` would prevent."""
    blank_holds = {"<": constant > 0, "<=": constant >= 0, ">": constant < 0, ">=": constant <= 0}[operator]
    test = sql.compared(number, operator, sql.number(constant))
    if blank_holds:
        return sa.or_(test, number.is_(None)).self_group()
    return sa.and_(test, number.is_not(None)).self_group()


def is_blank(c: Compiling, part: Part) -> sql.Element:
    """Whether the value is blank: empty, unticked, a list without items; 0 is not."""
    kind = part.type
    if kind.name == "blank":
        return sa.true()
    if kind == BOOLEAN or kind.is_list:
        return sa.not_(c.truth(part))
    if kind == NUMBER or kind.is_date:
        return part.value.is_(None) if part.nullable else sa.false()
    return sa.not_(sql.is_filled(c.once(part.value)))


def _counted(c: Compiling, part: Part) -> sql.Element:
    if part.type == BOOLEAN:
        return sa.case((c.boolean(part), sql.number(1)), else_=sql.number(0))
    return c.number(part)


def _instants(c: Compiling, one: Part, other: Part) -> tuple[sql.Element, sql.Element]:
    if one.type.name == other.type.name:
        return one.value, other.value
    first, second = (c.midnight(part.value) if part.type == DATE else part.value for part in (one, other))
    return first, second
