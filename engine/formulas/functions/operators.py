"""What is written with signs: arithmetic, joining texts, comparing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.formulas import sql
from engine.formulas.comparing import choice, equal, ordered
from engine.formulas.functions import Arguments, Family, Parameter
from engine.formulas.functions.list import contains
from engine.formulas.part import Part
from engine.formulas.syntax import FormulaError
from engine.formulas.typed import Constant
from engine.formulas.types import BOOLEAN, NUMBER, TEXT, Type
from engine.text import _

if TYPE_CHECKING:
    from engine.formulas.compile import Compiling

family = Family(_("Operators"))

_NUMBER = Parameter("number", "number")
_NUMBERS = Parameter("number", "number", repeated=True)


@family.function("-x", _NUMBER, gives=NUMBER, about=_("The number with the other sign."), example="-(2 + 3) is -5")
def minus(c: Compiling, number: Part) -> Part:
    value = sql.alike("(-{0})", c.number(number), type_=sql.NUMBER)
    unsettled = None if number.unsettled is None else sql.alike("(-{0})", number.unsettled, type_=sql.NUMBER)
    return Part(value, NUMBER, nullable=False, unsettled=unsettled)


@family.function("+", _NUMBERS, gives=NUMBER, about=_("The sum (with -, the difference)."), example="1 + 2 - 4 is -1")
def add(c: Compiling, *terms: Part) -> sql.Element:
    values = [c.once(c.operand(one)) for one in terms]
    return c.settled(sql.plus(values), *values)


@family.function("*", _NUMBER, _NUMBER, gives=NUMBER, about=_("The product."), example="2 * 3 is 6")
def multiply(c: Compiling, one: Part, other: Part) -> sql.Element:
    return c.settled(sql.times(c.operand(one), c.operand(other)))


@family.function(
    "/",
    _NUMBER,
    _NUMBER,
    gives=NUMBER,
    about=_("The quotient; by 0 it is an error."),
    example="7 / 2 is 3.5",
    risky=True,
)
def divide(c: Compiling, one: Part, other: Part) -> Part:
    divisor = c.divisor(other)
    quotient = c.once(sql.over(c.operand(one), divisor))
    return Part(c.settled(quotient), NUMBER, nullable=False, unsettled=sql.bounded(quotient))


@family.function(
    "&",
    Parameter("text", "text", repeated=True),
    gives=TEXT,
    about=_("Texts one after the other."),
    example='"a" & 1 is "a1"',
)
def join(c: Compiling, *texts: Part) -> sql.Element:
    return sql.joined([c.text(one) for one in texts])


_ORDERED = (Parameter("value", "ordered"), Parameter("value", "ordered"))
_COMPARED = (Parameter("value", "comparable"), Parameter("value", "comparable"))


@family.function("=", *_COMPARED, gives=BOOLEAN, about=_("Whether both are the same."), example="1 + 1 = 2 is true")
def is_equal(c: Compiling, one: Part, other: Part) -> sql.Element:
    return equal(c, one, other)


@family.function("!=", *_COMPARED, gives=BOOLEAN, about=_("Whether they differ."), example='"a" != "b" is true')
def is_not_equal(c: Compiling, one: Part, other: Part) -> sql.Element:
    return sa.not_(equal(c, one, other))


def _ordering(sign: str) -> Callable[[Compiling, Part, Part], sql.Element]:
    return lambda c, one, other: ordered(c, one, sign, other)


for _sign, _about in {
    "<": _("Whether the first is less, or before."),
    "<=": _("Whether the first is at most the second."),
    ">": _("Whether the first is greater, or after."),
    ">=": _("Whether the first is at least the second."),
}.items():
    family.function(_sign, *_ORDERED, gives=BOOLEAN, about=_about, example=f"1 {_sign} 2")(_ordering(_sign))


def _whether_in(arguments: Arguments) -> Type:
    """Yes or no. Raises `FormulaError` where nothing can be in what stands on the right, or never this."""
    item, items = arguments
    if item is None or items is None or items.type.name == "blank":
        return BOOLEAN
    held = items.type.item
    if held is None:
        says = _("A list is needed behind IN, and this is {type}. CONTAINS looks into texts.", type=items.type.label)
        raise FormulaError(says, items.start, items.end)
    if held.choices and isinstance(item, Constant) and isinstance(item.value, str) and item.value:
        choice(item, held)
    if item.type.is_list:
        says = _(
            "One value is needed before IN, and this is a list. Write {example}.", example="ANY({a}, {item} IN {b})"
        )
        raise FormulaError(says, item.start, item.end)
    if item.type.is_key and held.is_key and item.type != held:
        says = _("This is {type}, and the list is one of something else.", type=item.type.label)
        raise FormulaError(says, item.start, item.end)
    return BOOLEAN


@family.function(
    "IN",
    Parameter("item", "any"),
    Parameter("list", "any"),
    gives=_whether_in,
    about=_("Whether the list has the item."),
    example='"red" IN {tags} is true',
    between=True,
)
def is_in(c: Compiling, item: Part, items: Part) -> Part | sql.Element:
    return contains(c, items, item)
