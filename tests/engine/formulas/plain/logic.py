"""What choosing, deciding and comparing mean."""

from __future__ import annotations

import datetime
import operator
from collections.abc import Callable
from typing import Any

from engine.formulas.typed import Typed
from engine.formulas.types import DATE_TIME
from tests.engine.formulas.plain.meaning import Call, Failed, World, converted, fill, means, truth, value_of


@means("IF")
def _if(call: Call) -> Any:
    condition, then, otherwise = call.node.arguments
    chosen = then if condition is not None and value_of(condition, call.world) else otherwise
    return None if chosen is None else value_of(chosen, call.world)


@means("IFS")
def _ifs(call: Call) -> Any:
    tests = [value_of(one, call.world) for one in call.given[::2]]
    chosen = [then for test, then in zip(tests, call.given[1::2], strict=True) if test]
    return value_of(chosen[0], call.world) if chosen else None


@means("SWITCH")
def _switch(call: Call) -> Any:
    value, *rest = call.given
    cases, otherwise = rest[: len(rest) // 2 * 2], rest[-1] if len(rest) % 2 else None
    meant = [are_same(value, case, call.world) for case in cases[::2]]
    chosen = next((then for same, then in zip(meant, cases[1::2], strict=True) if same), otherwise)
    return None if chosen is None else value_of(chosen, call.world)


def _truths(call: Call) -> list[bool]:
    """Whether each holds; of a list each item for itself."""
    found: list[bool] = []
    for value in call.filled:
        found += map(bool, value) if isinstance(value, list) else [bool(value)]
    return found


means("AND")(lambda call: all(_truths(call)))
means("OR")(lambda call: any(_truths(call)))
means("NOT")(lambda call: not any(_truths(call)))


@means("XOR")
def _xor(call: Call) -> bool:
    return sum(_truths(call)) % 2 == 1


means("TRUE")(lambda call: True)
means("FALSE")(lambda call: False)
means("BLANK")(lambda call: None)


@means("ERROR")
def _error(call: Call) -> Any:
    raise Failed


@means("ISERROR")
def _iserror(call: Call) -> bool:
    try:
        return call.values is None
    except Failed:
        return True


@means("IFERROR")
def _iferror(call: Call) -> Any:
    try:
        return value_of(call.given[0], call.world)
    except Failed:
        return value_of(call.given[1], call.world)


def is_blank(value: Any) -> bool:
    """Whether there is nothing: 0 is something, a tick that is not set is not."""
    return not truth(value) if isinstance(value, bool | list | str) else value is None


means("ISBLANK")(lambda call: is_blank(call.values[0]))


def _both(one: Typed, other: Typed, world: World) -> tuple[Any, Any]:
    """Two values that can be held against each other; a day is the moment at which it begins."""
    left, right = (fill(value_of(each, world), each.type) for each in (one, other))
    if type(left) is not type(right) and isinstance(left, datetime.date) and isinstance(right, datetime.date):
        left, right = (
            value if isinstance(value, datetime.datetime) else converted(value, each.type, DATE_TIME, world)
            for value, each in ((left, one), (right, other))
        )
    return left, right


def are_same(one: Typed, other: Typed, world: World) -> bool:
    """Whether two values are the same."""
    for blank, against in ((one, other), (other, one)):
        if blank.type.name == "blank":
            return is_blank(value_of(against, world))
    left, right = _both(one, other, world)
    return bool(left == right)


means("=")(lambda call: are_same(call.given[0], call.given[1], call.world))
means("!=")(lambda call: not are_same(call.given[0], call.given[1], call.world))


def in_order(one: Typed, other: Typed, world: World, holds: Callable[[Any, Any], bool]) -> bool:
    """Whether two values stand so to each other; nothing is before or after a date that is not there."""
    left, right = _both(one, other, world)
    return left is not None and right is not None and bool(holds(left, right))


def _ordering(holds: Callable[[Any, Any], bool]) -> Callable[[Call], bool]:
    return lambda call: in_order(call.given[0], call.given[1], call.world, holds)


for _sign, _holds in {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}.items():
    means(_sign)(_ordering(_holds))
