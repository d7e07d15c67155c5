"""Counting: rounding, remainders, powers, and what is worked out over many numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.formulas import rounding, sql
from engine.formulas.functions import Family, Parameter
from engine.formulas.part import Part
from engine.formulas.types import NUMBER
from engine.text import _

if TYPE_CHECKING:
    from engine.formulas.compile import Compiling

family = Family(_("Numbers"))

_X = Parameter("number", "number")
_DECIMALS = Parameter("decimals", "number", optional=True)
_STEP = Parameter("step", "number", optional=True)
MOST_DECIMALS = 10


@family.function("ABS", _X, gives=NUMBER, about=_("The number without its sign."), example="ABS(-5) is 5")
def absolute(c: Compiling, number: Part) -> sql.Element:
    return sql.absolute(c.number(number))


@family.function("SIGN", _X, gives=NUMBER, about=_("1, 0 or -1: the sign of the number."), example="SIGN(-5) is -1")
def sign(c: Compiling, number: Part) -> sql.Element:
    value = c.once(c.number(number))
    return sa.case((value > sql.number(0), sql.number(1)), (value < sql.number(0), sql.number(-1)), else_=sql.number(0))


@family.function("INT", _X, gives=NUMBER, about=_("The next whole number down."), example="INT(1.99) is 1")
def integer(c: Compiling, number: Part) -> sql.Element:
    return sql.floor(c.number(number))


@family.function(
    "ROUND",
    _X,
    _DECIMALS,
    gives=NUMBER,
    about=_("Rounded to so many decimals, halves away from zero."),
    example="ROUND(2.345, 2) is 2.35",
)
def round_(c: Compiling, number: Part, decimals: Part | None) -> sql.Element:
    return _rounded(c, number, decimals, rounding.round_half_away)


@family.function(
    "ROUNDUP",
    _X,
    _DECIMALS,
    gives=NUMBER,
    about=_("Rounded away from zero to so many decimals."),
    example="ROUNDUP(1.1, 0) is 2",
)
def roundup(c: Compiling, number: Part, decimals: Part | None) -> sql.Element:
    return _rounded(c, number, decimals, rounding.round_up)


@family.function(
    "ROUNDDOWN",
    _X,
    _DECIMALS,
    gives=NUMBER,
    about=_("Cut off after so many decimals."),
    example="ROUNDDOWN(1.9, 0) is 1",
)
def rounddown(c: Compiling, number: Part, decimals: Part | None) -> sql.Element:
    return _rounded(c, number, decimals, rounding.round_down)


def _rounded(c: Compiling, number: Part, decimals: Part | None, way: rounding.Rounding) -> sql.Element:
    value = c.once(c.number(number))
    if decimals is None:
        return way(value, sql.integer(0))
    if decimals.known_number is not None:
        return way(value, sql.integer(max(min(int(decimals.known_number), MOST_DECIMALS), -15)))
    return way(value, c.whole(c.number(decimals), -15, MOST_DECIMALS))


@family.function(
    "CEILING",
    _X,
    _STEP,
    gives=NUMBER,
    about=_("The next multiple of the step (of 1) up."),
    example="CEILING(5, 2) is 6",
    risky=True,
)
def ceiling(c: Compiling, number: Part, step: Part | None) -> sql.Element:
    return _stepped(c, number, step, rounding.ceiling)


@family.function(
    "FLOOR",
    _X,
    _STEP,
    gives=NUMBER,
    about=_("The next multiple of the step (of 1) down."),
    example="FLOOR(-1.5) is -2",
    risky=True,
)
def floor(c: Compiling, number: Part, step: Part | None) -> sql.Element:
    return _stepped(c, number, step, sql.floor)


def _stepped(c: Compiling, number: Part, step: Part | None, way: rounding.Stepping) -> sql.Element:
    if step is None:
        return way(c.number(number))
    divisor = c.once(sql.absolute(c.divisor(step)))
    steps = way(c.once(c.settled(sql.over(c.number(number), divisor))))
    return c.settled(sql.times(steps, divisor))


@family.function("EVEN", _X, gives=NUMBER, about=_("The next even number away from zero."), example="EVEN(-0.1) is -2")
def even(c: Compiling, number: Part) -> sql.Element:
    value = c.once(c.number(number))
    pairs = rounding.ceiling(sql.alike("(abs({0}) / 2.0)", value, type_=sql.NUMBER))
    return rounding.with_sign_of(value, sql.alike("({0} * 2)", pairs, type_=sql.NUMBER))


@family.function("ODD", _X, gives=NUMBER, about=_("The next odd number away from zero."), example="ODD(2) is 3")
def odd(c: Compiling, number: Part) -> sql.Element:
    value = c.once(c.number(number))
    pairs = rounding.ceiling(sql.alike("((abs({0}) - 1) / 2.0)", value, type_=sql.NUMBER))
    up = c.once(sql.alike("({0} * 2 + 1)", pairs, type_=sql.NUMBER))
    return rounding.with_sign_of(value, sa.case((up < sql.number(1), sql.number(1)), else_=up))


@family.function(
    "MOD",
    _X,
    Parameter("divisor", "number"),
    gives=NUMBER,
    about=_("The remainder, with the sign of the divisor."),
    example="MOD(7, 3) is 1",
    risky=True,
)
def mod(c: Compiling, number: Part, divisor: Part) -> sql.Element:
    value, by = c.once(c.number(number)), c.once(c.divisor(divisor))
    whole = c.once(sql.floor(c.once(c.settled(sql.over(value, by)))))
    multiple = c.once(c.settled(sql.times(whole, by)))
    return c.settled(sql.alike("({0} - {1})", value, multiple, type_=sql.NUMBER), value, multiple)


@family.function(
    "POWER",
    Parameter("base", "number"),
    Parameter("exponent", "number"),
    gives=NUMBER,
    about=_("The base to the power of the exponent."),
    example="POWER(2, 10) is 1024",
    risky=True,
)
def power(c: Compiling, base: Part, exponent: Part) -> sql.Element:
    b, e = c.once(c.number(base)), c.once(c.number(exponent))
    zero = sql.number(0)
    logarithm = sql.double_function("ln", sql.above_zero(sql.absolute(b)))
    size = c.once(sa.case((b == zero, zero), else_=sql.times(e, logarithm)))
    c.fail_when(sa.and_(b == zero, e < zero), "division_by_zero")
    c.fail_when(sa.and_(b < zero, e != sql.floor(e)), "not_a_number")
    c.fail_when(size > sql.number(690), "out_of_range")
    good = sa.and_(
        size <= sql.number(690),
        size >= sql.number(-690),
        sa.or_(b > zero, sa.and_(b == zero, e >= zero), sa.and_(b < zero, e == sql.floor(e))),
    )
    inside = c.once(sa.case((good, b), else_=sa.null()))
    result = c.settled(sql.double_function("power", inside, e))
    return sa.case((size < sql.number(-690), zero), else_=result)


@family.function("SQRT", _X, gives=NUMBER, about=_("The square root."), example="SQRT(9) is 3", risky=True)
def sqrt(c: Compiling, number: Part) -> sql.Element:
    value = c.once(c.number(number))
    c.fail_when(value < sql.number(0), "not_a_number")
    return c.settled(sql.double_function("sqrt", sql.at_least_zero(value)))


@family.function("EXP", _X, gives=NUMBER, about=_("e to the power of the number."), example="EXP(0) is 1", risky=True)
def exp(c: Compiling, number: Part) -> sql.Element:
    value = c.once(c.number(number))
    c.fail_when(value > sql.number(690), "out_of_range")
    return c.settled(sql.double_function("exp", sql.within(value, -690, 690)))


@family.function("LN", _X, gives=NUMBER, about=_("The natural logarithm."), example="LN(1) is 0", risky=True)
def ln(c: Compiling, number: Part) -> sql.Element:
    return c.settled(_logarithm(c, number))


@family.function(
    "LOG",
    _X,
    Parameter("base", "number", optional=True),
    gives=NUMBER,
    about=_("The logarithm to a base (to 10)."),
    example="LOG(1024, 2) is 10",
    risky=True,
)
def log(c: Compiling, number: Part, base: Part | None) -> sql.Element:
    value = _logarithm(c, number)
    if base is None:
        return c.settled(sql.over(value, sql.double_function("ln", sql.number(10))))
    below = c.once(_logarithm(c, base))
    c.fail_when(below == sql.number(0), "division_by_zero")
    return c.settled(sql.over(value, sa.func.nullif(below, sql.number(0), type_=sql.NUMBER)))


def _logarithm(c: Compiling, number: Part) -> sql.Element:
    value = c.once(c.number(number))
    c.fail_when(value <= sql.number(0), "not_a_number")
    return sql.double_function("ln", sql.above_zero(value))
