"""What the functions of the record itself, of who asks, of the clock and of other tables mean."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from engine.formulas.types import DATE_TIME
from tests.engine.formulas.plain.meaning import (
    Call,
    World,
    converted,
    holds,
    means,
    settled,
    value_of,
    wall_of,
)

means("ME")(lambda call: "usrMe")
means("MY_DEPARTMENTS")(lambda call: ["dep1", "dep2"])
means("MY_ROLES")(lambda call: ["lead", "rep"])
means("RECORD_ID")(lambda call: call.world.record["id"])
means("CREATED_TIME")(lambda call: datetime.datetime.fromisoformat(call.world.record["created_at"]))
means("LAST_MODIFIED_TIME")(lambda call: call.world.now)
means("NOW")(lambda call: call.world.now)
means("TODAY")(lambda call: wall_of(call.world.now, call.world.zone).date())


@means("FROMNOW", "TONOW")
def _span(call: Call) -> str | None:
    date = call.values[0]
    if date is None:
        return None
    if not isinstance(date, datetime.datetime):
        date = converted(date, call.given[0].type, DATE_TIME, call.world)
    seconds = abs((date - call.world.now).total_seconds())
    hours, days = seconds / 3600, seconds / 86400
    if seconds < 45:
        return "a few seconds"
    if seconds < 45 * 60:
        return "a minute" if seconds < 90 else f"{_nearest(seconds, 60)} minutes"
    if hours < 22:
        return "an hour" if hours < 1.5 else f"{_nearest(seconds, 3600)} hours"
    if days < 26:
        return "a day" if hours < 36 else f"{_nearest(seconds, 86400)} days"
    if days < 320:
        return "a month" if days < 45 else f"{_nearest(seconds, 2_629_746)} months"
    return "a year" if days < 548 else f"{_nearest(seconds, 31_556_952)} years"


def _nearest(seconds: float, unit: int) -> int:
    return int(Decimal(str(seconds)) / unit + Decimal("0.5"))


def _found(call: Call) -> Iterator[Any]:
    """The field of each record for which the condition holds, as it is asked for; an error there does not hold."""
    within = call.within(0)
    for world in (_beside(call.world, price) for price in call.world.prices):
        if holds(within.condition, world):
            yield None if within.value is None else value_of(within.value, world)


def _beside(world: World, price: Any) -> World:
    for key, value in price.items():
        world = world.with_item(f"prices.{key}", value)
    return world


means("LOOKUP")(lambda call: next(_found(call), None))
means("LOOKUP_ALL")(lambda call: [one for one in _found(call) if one is not None])
means("COUNT_IF")(lambda call: Decimal(sum(1 for _one in _found(call))))
means("SUM_IF")(lambda call: settled(sum((one or Decimal(0) for one in _found(call)), Decimal(0))))
