"""What the functions of numbers mean."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, ROUND_UP, Decimal, localcontext
from typing import Any

from engine.formulas.typed import Apply, Typed
from tests.engine.formulas.plain.meaning import Call, Failed, World, fill, means, settled, value_of


def _unsettled(node: Typed, world: World) -> Decimal:
    """A number to count on with: a quotient is not rounded yet."""
    if isinstance(node, Apply) and node.function.name == "-x":
        return -_unsettled(_only(node), world)
    if isinstance(node, Apply) and node.function.name == "/":
        return _quotient(Call(node, world))
    found: Decimal = fill(value_of(node, world), node.type)
    return found


def _only(node: Apply) -> Typed:
    return next(one for one in node.arguments if one is not None)


def _operands(call: Call) -> list[Decimal]:
    return [_unsettled(one, call.world) for one in call.given]


def _quotient(call: Call) -> Decimal:
    dividend, divisor = _unsettled(call.given[0], call.world), call.filled[1]
    if divisor == 0:
        raise Failed
    with localcontext(prec=60):
        return dividend / Decimal(divisor)


@means("+")
def _add(call: Call) -> Decimal:
    terms = _operands(call)
    return settled(sum(terms, Decimal(0)), sum((abs(one) for one in terms), Decimal(0)))


@means("*")
def _multiply(call: Call) -> Decimal:
    one, other = _operands(call)
    with localcontext(prec=60):
        return settled(one * other)


means("/")(lambda call: settled(_quotient(call)))
means("-x")(lambda call: -call.filled[0])
means("ABS")(lambda call: abs(call.filled[0]))
means("SIGN")(lambda call: Decimal((call.filled[0] > 0) - (call.filled[0] < 0)))
means("INT")(lambda call: call.filled[0].to_integral_value(ROUND_FLOOR))


def _rounding(way: str) -> Callable[[Call], Decimal]:
    def compute(call: Call) -> Decimal:
        number, *places = call.filled
        decimals = max(min(int(places[0]), 10), -15) if places else 0
        with localcontext(prec=60):
            return Decimal(number).quantize(Decimal(1).scaleb(-decimals), way)

    return compute


for _name, _way in {"ROUND": ROUND_HALF_UP, "ROUNDUP": ROUND_UP, "ROUNDDOWN": ROUND_DOWN}.items():
    means(_name)(_rounding(_way))


def _stepped(way: str) -> Callable[[Call], Decimal]:
    def compute(call: Call) -> Decimal:
        number, *steps = call.filled
        step = abs(steps[0]) if steps else Decimal(1)
        if step == 0:
            raise Failed
        return settled(settled(number / step).to_integral_value(way) * step)

    return compute


means("CEILING")(_stepped(ROUND_CEILING))
means("FLOOR")(_stepped(ROUND_FLOOR))


@means("EVEN")
def _even(call: Call) -> Decimal:
    up: Decimal = abs(call.filled[0]).to_integral_value(ROUND_UP)
    return (up + up % 2).copy_sign(call.filled[0])


@means("ODD")
def _odd(call: Call) -> Decimal:
    up: Decimal = abs(call.filled[0]).to_integral_value(ROUND_UP)
    return (up + 1 - up % 2).copy_sign(call.filled[0] or Decimal(1))


@means("MOD")
def _mod(call: Call) -> Decimal:
    number, divisor = call.filled
    if divisor == 0:
        raise Failed
    return settled(number - settled(number / divisor).to_integral_value(ROUND_FLOOR) * divisor)


@means("POWER")
def _power(call: Call) -> Decimal:
    base, exponent = call.filled
    whole = exponent == exponent.to_integral_value()
    if (base == 0 and exponent < 0) or (base < 0 and not whole):
        raise Failed
    if base == 0:
        return Decimal(exponent == 0)
    size = exponent * abs(base).ln()
    if size > 690:
        raise Failed
    return Decimal(0) if size < -690 else settled(base**exponent)


def _positive(number: Decimal) -> Decimal:
    if number <= 0:
        raise Failed
    return number


@means("SQRT")
def _sqrt(call: Call) -> Decimal:
    if call.filled[0] < 0:
        raise Failed
    return settled(call.filled[0].sqrt())


@means("EXP")
def _exp(call: Call) -> Decimal:
    if call.filled[0] > 690:
        raise Failed
    return settled(max(call.filled[0], Decimal(-690)).exp())


@means("LN")
def _ln(call: Call) -> Decimal:
    return settled(_positive(call.filled[0]).ln())


@means("LOG")
def _log(call: Call) -> Decimal:
    number, *base = (_positive(one) for one in call.filled)
    below = base[0].ln() if base else Decimal(10).ln()
    if below == 0:
        raise Failed
    return settled(number.ln() / below)


def _listed(values: list[Any]) -> list[Any]:
    """The values, also of those that are lists; blanks do not count."""
    found = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return [one for one in found if one is not None]


def _enough(numbers: list[Any], least: int) -> list[Any]:
    if len(numbers) < least:
        raise Failed
    return numbers


means("SUM")(lambda call: settled(sum(_listed(call.values), Decimal(0))))
means("AVERAGE")(lambda call: settled(statistics.mean(_enough(_listed(call.values), 1))))
means("MEDIAN")(lambda call: settled(statistics.median(found)) if (found := _listed(call.values)) else None)
means("VAR")(lambda call: settled(statistics.variance(_enough(_listed(call.values), 2))))
means("STDEV")(lambda call: settled(statistics.variance(_enough(_listed(call.values), 2)).sqrt()))


@means("PERCENTILE")
def _percentile(call: Call) -> Decimal | None:
    numbers, share = call.values
    share, found = share or Decimal(0), sorted(_listed([numbers]))
    if not 0 <= share <= 1:
        raise Failed
    if not found:
        return None
    place = share * (len(found) - 1)
    below = int(place)
    above = min(below + 1, len(found) - 1)
    return settled(found[below] + (found[above] - found[below]) * (place - below))


def _extreme(of: Callable[..., Any]) -> Callable[[Call], Any]:
    return lambda call: of(_listed(call.values), default=None if call.node.type.is_date else Decimal(0))


means("MAX")(_extreme(max))
means("MIN")(_extreme(min))


@means("RANK")
def _rank(call: Call) -> Decimal:
    number, numbers = call.values
    return Decimal(1 + sum(one > (number or 0) for one in _listed([numbers])))


@means("COUNT")
def _count(call: Call) -> Decimal:
    return Decimal(sum(isinstance(one, Decimal) and not isinstance(one, bool) for one in _listed(call.values)))


@means("COUNTA")
def _counta(call: Call) -> Decimal:
    """Of a single tick the empty one is blank, in a list it is an item."""
    single = [value for value in call.values if not isinstance(value, list)]
    listed = [one for value in call.values if isinstance(value, list) for one in value]
    return Decimal(sum(one not in (None, "") and one is not False for one in single)) + sum(
        one not in (None, "") for one in listed
    )


@means("COUNTALL")
def _countall(call: Call) -> Decimal:
    kinds = [one.type for one in call.given]
    return Decimal(sum(len(value or []) if kind.is_list else 1 for value, kind in zip(call.values, kinds, strict=True)))
