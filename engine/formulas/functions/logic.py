"""Choosing and deciding: IF, SWITCH, AND, errors, blank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.formulas import lists, reasons, sql, texts
from engine.formulas.comparing import equal, is_blank
from engine.formulas.functions import Arguments, Family, Parameter
from engine.formulas.part import Part, first_error
from engine.formulas.types import BLANK, BOOLEAN, Type, common
from engine.text import _

if TYPE_CHECKING:
    from engine.formulas.compile import Compiling

family = Family(_("Logic"))

_CONDITION = Parameter("condition", "boolean")
_THEN = Parameter("then", "same")
_OTHERWISE = Parameter("otherwise", "same", optional=True)
_CONDITIONS = Parameter("condition", "booleans", repeated=True)
Way = tuple[sql.Element, Part]


def _branches(arguments: Arguments, at: slice) -> Type:
    return common(one.type for one in arguments[at] if one is not None)


def choose(c: Compiling, ways: Sequence[Way], otherwise: Part | None, errors: Sequence[sql.Element | None]) -> Part:
    """The value of the first way whose test holds; `errors` are those of the tests."""
    failing = any(part.error is not None for _test, part in ways) or (otherwise and otherwise.error is not None)
    tests = [c.once(test) if failing else test for test, _part in ways]
    parts = [part for _test, part in ways]
    last = otherwise.value if otherwise is not None else sa.null()
    nullable = otherwise is None or otherwise.nullable or any(part.nullable for part in parts)
    value = cases(list(zip(tests, [part.value for part in parts], strict=True)), last)
    error = None
    if failing:
        reasons = [sa.null() if part.error is None else part.error for part in parts]
        left = sa.null() if otherwise is None or otherwise.error is None else otherwise.error
        error = cases(list(zip(tests, reasons, strict=True)), left)
    kind = parts[0].type
    return Part(value, kind, first_error([*errors, error]), nullable)


def cases(whens: list[tuple[sql.Element, sql.Element]], otherwise: sql.Element) -> sql.Element:
    """A CASE; one that stands in the ELSE of another is written into it, so that long IF ... IF are not deep."""
    if isinstance(otherwise, sa.Case) and otherwise.value is None:
        whens = [*whens, *((when, then) for when, then in otherwise.whens)]
        otherwise = sa.null() if otherwise.else_ is None else otherwise.else_
    return sa.case(*whens, else_=otherwise)


@family.function(
    "IF",
    _CONDITION,
    _THEN,
    _OTHERWISE,
    gives=lambda arguments: _branches(arguments, slice(1, None)),
    about=_("One value if the condition holds, else the other (blank if there is none)."),
    example='IF({amount} > 1000, "big", "small") is "big"',
    lazy=True,
)
def if_(c: Compiling, condition: Part, then: Part, otherwise: Part | None) -> Part:
    return choose(c, [(c.boolean(condition), then)], otherwise, [condition.error])


@family.function(
    "IFS",
    Parameter("condition", "boolean", repeated=True),
    Parameter("then", "same", repeated=True),
    gives=lambda arguments: _branches(arguments, slice(1, None, 2)),
    about=_("The value after the first condition that holds, else blank."),
    example='IFS({n} > 9, "many", {n} > 0, "some") is "some"',
    lazy=True,
)
def ifs(c: Compiling, *parts: Part) -> Part:
    tests, values = parts[::2], parts[1::2]
    ways = [(c.boolean(test), value) for test, value in zip(tests, values, strict=True)]
    return choose(c, ways, None, [one.error for one in tests])


def _switch(count: int) -> list[Parameter]:
    value, result = Parameter("value", "comparable"), Parameter("result", "same")
    pairs = [value, result] * ((count - 1) // 2)
    return [value, *pairs, *([result] if count % 2 == 0 else [])]


def _switched(arguments: Arguments) -> Type:
    results = [*arguments[2::2], *(arguments[-1:] if len(arguments) % 2 == 0 else [])]
    return common(one.type for one in results if one is not None)


@family.function(
    "SWITCH",
    Parameter("value", "comparable"),
    Parameter("case", "comparable"),
    Parameter("result", "same"),
    Parameter("case or otherwise", "same", optional=True, repeated=True),
    gives=_switched,
    about=_("The result beside the case that the value is; the last one alone is for all others."),
    example='SWITCH({stage}, "won", 1, "lost", 0, 0.5) is 0.5',
    lazy=True,
    arrange=_switch,
)
def switch(c: Compiling, value: Part, *rest: Part) -> Part:
    otherwise = rest[-1] if len(rest) % 2 == 1 else None
    pairs = list(zip(rest[::2], rest[1::2], strict=False))
    held = Part(c.once(value.value), value.type, None, value.nullable, value.constant)
    ways = [(equal(c, held, case), result) for case, result in pairs]
    return choose(c, ways, otherwise, [value.error, *(case.error for case, _result in pairs)])


def _each(c: Compiling, parts: Sequence[Part], whole_list: str) -> list[sql.Element]:
    return [lists.truth(one.value, whole_list) if one.type.is_list else c.boolean(one) for one in parts]


@family.function("AND", _CONDITIONS, gives=BOOLEAN, about=_("Whether all hold."), example="AND(1 < 2, TRUE()) is true")
def and_(c: Compiling, *conditions: Part) -> sql.Element:
    return sql.every(_each(c, conditions, "every"))


@family.function(
    "OR", _CONDITIONS, gives=BOOLEAN, about=_("Whether at least one holds."), example="OR(1 > 2, TRUE()) is true"
)
def or_(c: Compiling, *conditions: Part) -> sql.Element:
    return sql.any_of(_each(c, conditions, "any"))


@family.function(
    "XOR",
    _CONDITIONS,
    gives=BOOLEAN,
    about=_("Whether an odd number of them holds."),
    example="XOR(TRUE(), TRUE()) is false",
)
def xor(c: Compiling, *conditions: Part) -> sql.Element:
    return sql.odd(_each(c, conditions, "odd"))


@family.function("NOT", _CONDITION, gives=BOOLEAN, about=_("Whether it does not hold."), example="NOT(1 > 2) is true")
def not_(c: Compiling, condition: Part) -> sql.Element:
    return sa.not_(c.boolean(condition))


@family.function("TRUE", gives=BOOLEAN, about=_("Yes."), example="TRUE() is true")
def true(c: Compiling) -> sql.Element:
    return sa.true()


@family.function("FALSE", gives=BOOLEAN, about=_("No."), example="FALSE() is false")
def false(c: Compiling) -> sql.Element:
    return sa.false()


@family.function("BLANK", gives=BLANK, about=_("Nothing."), example="{name} = BLANK() is true", blank=True)
def blank(c: Compiling) -> sql.Element:
    return sa.null()


@family.function(
    "ISBLANK",
    Parameter("value", "any"),
    gives=BOOLEAN,
    about=_("Whether there is nothing."),
    example='ISBLANK("") is true',
)
def isblank(c: Compiling, value: Part) -> sql.Element:
    return is_blank(c, value)


@family.function(
    "ERROR",
    Parameter("message", "text", optional=True),
    gives=BLANK,
    about=_("An error, with the message that says why."),
    example='IF({n} < 0, ERROR("Less than 0"), {n})',
    risky=True,
)
def error(c: Compiling, message: Part | None) -> Part:
    reason: sql.Element = sa.literal_column(f"'{reasons.ERROR}'", sql.TEXT)
    if message is not None:
        said = texts.trimmed(texts.left(c.text(message), sql.integer(reasons.LONGEST)))
        reason = sa.func.coalesce(sa.func.nullif(said, sql.EMPTY), reason, type_=sql.TEXT)
    return Part(sa.null(), BLANK, reason)


@family.function(
    "ISERROR",
    Parameter("value", "any"),
    gives=BOOLEAN,
    about=_("Whether the value is an error."),
    example="ISERROR(1 / 0) is true",
    lazy=True,
)
def iserror(c: Compiling, value: Part) -> Part:
    held = sa.false() if value.error is None else sa.not_(value.error.is_(None))
    return Part(held, BOOLEAN, None, nullable=False)


@family.function(
    "IFERROR",
    Parameter("value", "same"),
    Parameter("otherwise", "same"),
    gives=lambda arguments: _branches(arguments, slice(None)),
    about=_("The value, or the other one where the value is an error."),
    example="IFERROR({won} / {all}, 0) is 0",
    lazy=True,
)
def iferror(c: Compiling, value: Part, otherwise: Part) -> Part:
    if value.error is None:
        return value
    return choose(c, [(value.error.is_(None), Part(value.value, value.type, None, value.nullable))], otherwise, [])
