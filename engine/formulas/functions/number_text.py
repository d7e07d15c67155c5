"""Numbers as texts: with a format, and in Chinese capitals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.formulas import numerals, rounding, sql
from engine.formulas.functions import Arguments, Family, Parameter
from engine.formulas.part import Part
from engine.formulas.syntax import FormulaError
from engine.formulas.typed import Constant
from engine.formulas.types import TEXT, Type
from engine.text import _

if TYPE_CHECKING:
    from engine.formulas.compile import Compiling

family = Family(_("Numbers as texts"))

_FORMAT = re.compile(r"(?P<before>[^#0,.]*)(?P<whole>[#0,]+)(?P<decimals>\.[#0]*)?(?P<behind>[^#0,.]*)")
_NUMBER = Parameter("number", "number")


@dataclass(frozen=True)
class _Format:
    """`#,##0.00 €` taken apart."""

    before: str
    behind: str
    digits: int  # before the point, at least
    grouped: bool
    least: int  # decimals
    most: int
    percent: bool


def _format(text: str) -> _Format | None:
    match = _FORMAT.fullmatch(text)
    if match is None:
        return None
    decimals = (match["decimals"] or ".")[1:]
    before, behind = (re.sub(r"[\"\\]", "", match[part]) for part in ("before", "behind"))
    found = _Format(
        before,
        behind,
        match["whole"].count("0"),
        "," in match["whole"],
        decimals.count("0"),
        len(decimals),
        "%" in text,
    )
    return found if found.digits <= 15 and found.most <= 10 else None


def _formatted(arguments: Arguments) -> Type:
    pattern = arguments[1]
    if isinstance(pattern, Constant) and _format(str(pattern.value)) is None:
        says = _('"{format}" is no number format. Write one like "0.00", "#,##0" or "0%".', format=pattern.value)
        raise FormulaError(says, pattern.start, pattern.end)
    return TEXT


@family.function(
    "TEXT",
    _NUMBER,
    Parameter("format", "text", constant=True),
    gives=_formatted,
    about=_(
        "The number written in a format: 0 a digit, # a digit if there is one, a comma for thousands, % for percent."
    ),
    example='TEXT(1234.5, "#,##0.00") is "1,234.50"',
)
def text(c: Compiling, number: Part, pattern: Part) -> sql.Element:
    found = _format(str(pattern.constant))
    if found is None:
        raise ValueError(pattern.constant)
    value = c.number(number)
    if found.percent:
        value = c.settled(sql.times(value, sql.number(100)))
    value = c.once(rounding.round_half_away(c.once(value), sql.integer(found.most)))
    size = c.once(sql.absolute(value))
    signed = sa.case((value < sql.number(0), sql.text_constant("-")), else_=sql.EMPTY)
    digits = sa.case(
        (size < sql.number(10**15), numerals.digits_text(size, found.digits, found.grouped, found.least, found.most)),
        else_=numerals.number_text(size),
    )
    return sql.joined([signed, sql.text_constant(found.before), digits, sql.text_constant(found.behind)])


@family.function(
    "CNY_UPPER",
    _NUMBER,
    gives=TEXT,
    about=_("An amount of yuan in Chinese capitals, as on contracts and invoices."),
    example='CNY_UPPER(1234.5) is "壹仟贰佰叁拾肆元伍角整"',
    risky=True,
)
def cny_upper(c: Compiling, number: Part) -> sql.Element:
    value = c.once(rounding.round_half_away(c.once(c.number(number)), sql.integer(2)))
    c.fail_when(sql.absolute(value) >= sql.number(10**13), "out_of_range")
    return numerals.cny_capitals(value)
