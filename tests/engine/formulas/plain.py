"""A small evaluator in plain Python and exact decimals: an independent opinion on what an expression gives."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, ROUND_UP, Decimal, localcontext
from typing import Any

from engine.formulas.typed import Apply, Constant, Convert, Read, Typed, Within
from engine.formulas.types import BOOLEAN, NUMBER, TEXT

Values = Mapping[str, Any]


class Failed(Exception):
    """The expression is an error."""


def value_of(node: Typed, record: Values) -> Any:
    """The value for a record: None, bool, Decimal or str. Raises `Failed`; `KeyError` for what it does not know."""
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Read):
        found = record[node.path[0]]
        if isinstance(found, list):
            return [Decimal(str(one)) for one in found]
        number = isinstance(found, int | float) and not isinstance(found, bool)
        return Decimal(str(found)) if number else found
    if isinstance(node, Convert):
        return _converted(value_of(node.operand, record), node)
    if isinstance(node, Within):
        raise KeyError(node.name)
    return _APPLIED[node.function.name](node.arguments, record)


def _converted(value: Any, node: Convert) -> Any:
    if node.type == TEXT:
        return _text(value)
    if node.type == BOOLEAN:
        return bool(value)
    if node.type == NUMBER and (value is None or isinstance(value, bool)):
        return Decimal(bool(value))
    raise KeyError(node.type.name)


def _each(arguments: Sequence[Typed | None], record: Values) -> list[Any]:
    """Every argument, also those behind one that decides: an error in any of them is an error."""
    return [value_of(one, record) for one in arguments if one is not None]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal):
        shown = format(value, "f")
        return (shown.rstrip("0").rstrip(".") if "." in shown else shown) if value else "0"
    return str(value)


def settled(value: Decimal, magnitude: Decimal | None = None) -> Decimal:
    """15 digits counted from the magnitude, at most 10 decimals, halves away from zero."""
    size = abs(value) if magnitude is None else magnitude
    whole = max(size.adjusted() + 1, 5) if size else 5
    if size >= 10**15:
        with localcontext(prec=15, rounding=ROUND_HALF_UP):
            return +value
    return value.quantize(Decimal(1).scaleb(-min(10, 15 - whole)), ROUND_HALF_UP)


def _numbers(arguments: Sequence[Typed | None], record: Values) -> list[Decimal]:
    return [value_of(one, record) or Decimal(0) for one in arguments if one is not None]


def _operands(arguments: Sequence[Typed | None], record: Values) -> list[Decimal]:
    """Numbers to count on with: a quotient is not rounded yet."""
    return [_unsettled(one, record) for one in arguments if one is not None]


def _unsettled(node: Typed, record: Values) -> Decimal:
    if isinstance(node, Apply) and node.function.name == "-x":
        return -_operands(node.arguments, record)[0]
    if isinstance(node, Apply) and node.function.name == "/":
        dividend, divisor = node.arguments
        return _quotient(_operands([dividend], record)[0], _numbers([divisor], record)[0])
    return _numbers([node], record)[0]


def _quotient(one: Decimal, other: Decimal) -> Decimal:
    if other == 0:
        raise Failed
    return one / other


def _add(arguments: Sequence[Typed | None], record: Values) -> Decimal:
    terms = _operands(arguments, record)
    return settled(sum(terms, Decimal(0)), sum((abs(one) for one in terms), Decimal(0)))


def _multiply(arguments: Sequence[Typed | None], record: Values) -> Decimal:
    one, other = _operands(arguments, record)
    return settled(one * other)


def _divide(arguments: Sequence[Typed | None], record: Values) -> Decimal:
    dividend, divisor = arguments
    return settled(_quotient(_operands([dividend], record)[0], _numbers([divisor], record)[0]))


def _rounding(way: str) -> Callable[[Sequence[Typed | None], Values], Decimal]:
    def compute(arguments: Sequence[Typed | None], record: Values) -> Decimal:
        number, *places = _numbers(arguments, record)
        return number.quantize(Decimal(1).scaleb(-int(places[0]) if places else 0), way)

    return compute


def _comparing(
    holds: Callable[[Any, Any], bool], *, ordering: bool = False
) -> Callable[[Sequence[Typed | None], Values], bool]:
    def compute(arguments: Sequence[Typed | None], record: Values) -> bool:
        one, other = (value_of(each, record) for each in arguments if each is not None)
        kinds = {each.type.name for each in arguments if each is not None}
        if not kinds <= {"number", "text", "boolean", "date"} or len(kinds) > 1:
            raise KeyError(kinds)
        if kinds == {"date"}:
            blank = one is None or other is None
            return not (ordering and blank) and holds(one, other)
        empty: Any = {"number": Decimal(0), "text": "", "boolean": False}[kinds.pop()]
        return holds(empty if one is None else one, empty if other is None else other)

    return compute


def _in(arguments: Sequence[Typed | None], record: Values) -> bool:
    item, items = (one for one in arguments if one is not None)
    if item.type != NUMBER or items.type.item != NUMBER:
        raise KeyError("IN")
    return (value_of(item, record) or Decimal(0)) in (value_of(items, record) or [])


def _if(arguments: Sequence[Typed | None], record: Values) -> Any:
    condition, then, otherwise = arguments
    chosen = then if condition is not None and value_of(condition, record) else otherwise
    return None if chosen is None else value_of(chosen, record)


def _iferror(arguments: Sequence[Typed | None], record: Values) -> Any:
    value, otherwise = (one for one in arguments if one is not None)
    try:
        return value_of(value, record)
    except Failed:
        return value_of(otherwise, record)


def _texts(compute: Callable[..., Any]) -> Callable[[Sequence[Typed | None], Values], Any]:
    def of_texts(arguments: Sequence[Typed | None], record: Values) -> Any:
        return compute(*(value_of(one, record) or "" for one in arguments if one is not None))

    return of_texts


def _left(text: str, count: Any) -> str:
    if count == "":
        count = Decimal(0)
    if count < 0:
        raise Failed
    return text[: int(count)]


def _on_day(compute: Callable[..., Any]) -> Callable[[Sequence[Typed | None], Values], Any]:
    """A function of a date (blank stays blank) and of what follows it."""

    def of_day(arguments: Sequence[Typed | None], record: Values) -> Any:
        first, *rest = (value_of(one, record) for one in arguments if one is not None)
        return None if first is None else compute(datetime.date.fromisoformat(first), *rest)

    return of_day


def _moved(day: datetime.date, count: Decimal | None, unit: str) -> str:
    steps = int(count or 0)
    if unit in {"days", "weeks"}:
        return (day + datetime.timedelta(days=steps * {"days": 1, "weeks": 7}[unit])).isoformat()
    months = day.year * 12 + day.month - 1 + steps * {"months": 1, "years": 12}[unit]
    last = calendar.monthrange(months // 12, months % 12 + 1)[1]
    return datetime.date(months // 12, months % 12 + 1, min(day.day, last)).isoformat()


def _days_apart(day: datetime.date, other: str | None, unit: str) -> Decimal | None:
    if other is None:
        return None
    days = (day - datetime.date.fromisoformat(other)).days
    return Decimal(int(days / {"days": 1, "weeks": 7}[unit]))


def _listed(arguments: Sequence[Typed | None], record: Values) -> list[Decimal]:
    """The numbers of all arguments, also of those that are lists; blanks do not count."""
    values = [value_of(one, record) for one in arguments if one is not None]
    numbers = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return [one for one in numbers if one is not None]


def _average(arguments: Sequence[Typed | None], record: Values) -> Decimal:
    numbers = _listed(arguments, record)
    if not numbers:
        raise Failed
    return settled(sum(numbers, Decimal(0)) / len(numbers))


def _filter(arguments: Sequence[Typed | None], record: Values) -> list[Decimal]:
    items, condition = arguments
    if items is None or not isinstance(condition, Within):
        raise KeyError("FILTER")
    return [one for one in value_of(items, record) or [] if _holds(condition.condition, {**record, "item": float(one)})]


def _holds(condition: Typed, record: Values) -> bool:
    try:
        return bool(value_of(condition, record))
    except Failed:
        return False


_APPLIED: Mapping[str, Callable[[Sequence[Typed | None], Values], Any]] = {
    "+": _add,
    "*": _multiply,
    "/": _divide,
    "-x": lambda arguments, record: -_numbers(arguments, record)[0],
    "ABS": lambda arguments, record: abs(_numbers(arguments, record)[0]),
    "INT": lambda arguments, record: _numbers(arguments, record)[0].to_integral_value(ROUND_FLOOR),
    "CEILING": lambda arguments, record: _numbers(arguments, record)[0].to_integral_value(ROUND_CEILING),
    "ROUND": _rounding(ROUND_HALF_UP),
    "ROUNDUP": _rounding(ROUND_UP),
    "ROUNDDOWN": _rounding(ROUND_DOWN),
    "=": _comparing(lambda one, other: one == other),
    "!=": _comparing(lambda one, other: one != other),
    "<": _comparing(lambda one, other: one < other, ordering=True),
    ">=": _comparing(lambda one, other: one >= other, ordering=True),
    ">": _comparing(lambda one, other: one > other, ordering=True),
    "IN": _in,
    "IF": _if,
    "IFERROR": _iferror,
    "AND": lambda arguments, record: all(_each(arguments, record)),
    "OR": lambda arguments, record: any(_each(arguments, record)),
    "NOT": lambda arguments, record: not any(_each(arguments, record)),
    "TRUE": lambda arguments, record: True,
    "FALSE": lambda arguments, record: False,
    "&": _texts(lambda *texts: "".join(texts)),
    "YEAR": _on_day(lambda day: Decimal(day.year)),
    "MONTH": _on_day(lambda day: Decimal(day.month)),
    "DAY": _on_day(lambda day: Decimal(day.day)),
    "WEEKDAY": _on_day(lambda day: Decimal(day.isoweekday() % 7)),
    "DATESTR": _on_day(lambda day: day.isoformat()),
    "DATEADD": _on_day(_moved),
    "DATETIME_DIFF": _on_day(_days_apart),
    "SUM": lambda arguments, record: settled(sum(_listed(arguments, record), Decimal(0))),
    "MAX": lambda arguments, record: max(_listed(arguments, record), default=Decimal(0)),
    "MIN": lambda arguments, record: min(_listed(arguments, record), default=Decimal(0)),
    "AVERAGE": _average,
    "COUNTALL": lambda arguments, record: Decimal(len(value_of(arguments[0], record) or []) if arguments[0] else 0),
    "FILTER": _filter,
    "LEN": _texts(lambda text: Decimal(len(text))),
    "UPPER": _texts(str.upper),
    "LOWER": _texts(str.lower),
    "TRIM": _texts(str.strip),
    "LEFT": _texts(_left),
    "SUBSTITUTE": _texts(lambda text, old, new: text.replace(old, new) if old else text),
    "FIND": _texts(lambda part, text: Decimal(text.find(part) + 1)),
}
