"""What the functions of lists mean."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.formulas.typed import Constant
from engine.formulas.types import TEXT
from tests.engine.formulas.plain.meaning import Call, converted, holds, means, text_of, value_of


@means("ARRAYJOIN")
def _join(call: Call) -> str | None:
    items, *separator = call.filled
    kind = call.given[0].type.item or TEXT
    shown = [text_of(one, kind, call.world) for one in items]
    return (separator[0] if separator else ", ").join(one for one in shown if one) or None


@means("ARRAYUNIQUE")
def _unique(call: Call) -> list[Any]:
    found: list[Any] = []
    for one in call.filled[0]:
        found += [] if one in found else [one]
    return found


means("ARRAYCOMPACT")(lambda call: [one for one in call.filled[0] if one not in (None, "")])
means("ARRAYSORT")(lambda call: sorted(filter(_is_there, call.filled[0])) + [None] * call.filled[0].count(None))
means("ARRAYFLATTEN")(lambda call: [one for items in call.filled for one in items])
means("FIRST")(lambda call: call.filled[0][0] if call.filled[0] else None)
means("LAST")(lambda call: call.filled[0][-1] if call.filled[0] else None)


def _is_there(item: Any) -> bool:
    return item is not None


@means("ARRAYSLICE")
def _slice(call: Call) -> list[Any]:
    items, *places = call.filled
    count = len(items)
    first, last = (count + 1 + int(at) if int(at) < 0 else int(at) for at in [*places, Decimal(count)][:2])
    return [one for place, one in enumerate(items, 1) if first <= place <= last]


def _held(call: Call) -> list[tuple[Any, bool]]:
    """Each item, and whether the condition holds for it; where that is an error, it does not."""
    condition = call.within(1).condition
    items = value_of(call.given[0], call.world) or []
    return [(one, holds(condition, call.world.with_item("item", one))) for one in items]


means("FILTER")(lambda call: [one for one, kept in _held(call) if kept])


def _quantified(whether: Callable[[list[bool]], bool]) -> Callable[[Call], bool]:
    def compute(call: Call) -> bool:
        if len(call.given) == 2:
            return whether([kept for _one, kept in _held(call)])
        value = call.filled[0]
        return whether([bool(one) for one in value] if isinstance(value, list) else [bool(value)])

    return compute


means("ANY")(_quantified(any))
means("EVERY")(_quantified(all))


def _has(call: Call, items_at: int) -> bool:
    items, item = call.given[items_at], call.given[1 - items_at]
    wanted, held = value_of(item, call.world), items.type.item
    whole = value_of(items, call.world)
    if held is None:
        return (text_of(wanted, item.type, call.world) or "") in (text_of(whole, items.type, call.world) or "")
    if held.name == "number" and item.type.name == "number":
        return (wanted or Decimal(0)) in (whole or [])
    if isinstance(item, Constant):
        wanted = {label: key for key, label in held.choices}.get(wanted, wanted)
    if not item.type.is_key:
        wanted = converted(wanted, item.type, TEXT, call.world) or ""
    shown = [one if isinstance(one, str) else text_of(one, held, call.world) for one in whole or []]
    return (wanted or "") in shown


means("CONTAINS")(lambda call: _has(call, 0))
means("IN")(lambda call: _has(call, 1))
