"""The walk over the tree: constants, fields, conversions; what the functions mean is registered with `means`."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.formulas.calendar import Calendar
from engine.formulas.typed import Apply, Constant, Convert, Read, Typed, Within
from engine.formulas.types import Type

PEOPLE = {"usrMe": "Me"}  # others are known by their ids only


class Failed(Exception):
    """The expression is an error."""


class Unknown(Exception):
    """There is no opinion on this: beyond the years 1 to 9999, or told by too much text to be worked out plainly."""


@dataclass(frozen=True)
class World:
    """What an expression may look at."""

    record: Mapping[str, Any]
    zone: ZoneInfo
    calendar: Calendar
    now: datetime.datetime
    prices: tuple[Mapping[str, Any], ...] = ()  # the records of the other table

    def with_item(self, name: str, value: Any) -> World:
        return replace(self, record={**self.record, name: value})


@dataclass(frozen=True)
class Call:
    """A function with its arguments in a world."""

    node: Apply
    world: World

    @property
    def given(self) -> list[Typed]:
        return [one for one in self.node.arguments if one is not None]

    @property
    def values(self) -> list[Any]:
        """What the arguments are, whichever of them decides: an error in one of them is an error."""
        return [value_of(one, self.world) for one in self.given]

    @property
    def filled(self) -> list[Any]:
        """The same, with 0, the empty text, no or the empty list for what is blank."""
        return [fill(value_of(one, self.world), one.type) for one in self.given]

    def within(self, at: int) -> Within:
        found = self.node.arguments[at]
        if not isinstance(found, Within):
            raise TypeError(found)
        return found


MEANINGS: dict[str, Callable[[Call], Any]] = {}


def means(*names: str) -> Callable[[Callable[[Call], Any]], Callable[[Call], Any]]:
    """Register what functions mean."""

    def register(meaning: Callable[[Call], Any]) -> Callable[[Call], Any]:
        MEANINGS.update(dict.fromkeys(names, meaning))
        return meaning

    return register


def value_of(node: Typed, world: World) -> Any:
    """The value in a world. Raises `Failed` where it is an error, `Unknown` where there is no opinion."""
    if isinstance(node, Constant):
        return of_json(node.value, node.type)
    if isinstance(node, Read):
        return of_json(world.record[".".join(node.path)], node.type)
    if isinstance(node, Convert):
        return converted(value_of(node.operand, world), node.operand.type, node.type, world)
    if isinstance(node, Within):
        raise TypeError("the function looks into it")
    try:
        return MEANINGS[node.function.name](Call(node, world))
    except OverflowError:
        raise Unknown from None


def holds(condition: Typed, world: World) -> bool:
    """Whether a condition about an item or another record holds; where it is an error, it does not."""
    try:
        return bool(value_of(condition, world))
    except Failed:
        return False


def of_json(value: Any, kind: Type) -> Any:
    """A stored value as what we count with."""
    if isinstance(value, list):
        return [of_json(one, kind.item or kind) for one in value]
    if isinstance(value, str) and kind.name == "date":
        return datetime.date.fromisoformat(value)
    if isinstance(value, str) and kind.name == "date_time":
        return datetime.datetime.fromisoformat(value)
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


def fill(value: Any, kind: Type) -> Any:
    """The value, or what stands for blank where something is worked out from it."""
    if value is not None or kind.is_date:
        return value
    return {"number": Decimal(0), "boolean": False, "list": [], "blank": None}.get(kind.name, "")


def truth(value: Any) -> bool:
    """Whether there is something."""
    return bool(value) or isinstance(value, datetime.date)


def converted(value: Any, held: Type, to: Type, world: World) -> Any:
    """A value of one type as one of another."""
    if to.is_list:
        if not held.is_list:
            return [] if value is None else [value]
        if to.item is not None and to.item.name == "text" and held.item is not None and held.item.name == "user":
            return [text_of(one, held.item, world) for one in value or []]
        return _items_of(value or [], to.item)
    if to.name == "text":
        return text_of(value, held, world)
    if to.name == "boolean":
        return truth(value)
    if value is None or value == "":
        return Decimal(0) if to.name == "number" and held.name == "boolean" else None
    if to.name == "number":
        return Decimal(value) if isinstance(value, bool) else number_in(value)
    if isinstance(value, datetime.date):
        return instant_at(datetime.datetime.combine(value, datetime.time()), world.zone)
    return moment_in(value, world)


def _items_of(items: list[Any], kind: Type | None) -> list[Any]:
    if kind is not None and kind.name == "number":
        return [Decimal(one) for one in items if isinstance(one, Decimal | bool)]
    return [truth(one) for one in items] if kind is not None and kind.name == "boolean" else items


def text_of(value: Any, kind: Type, world: World) -> str | None:
    """A value as people read it."""
    if isinstance(value, list):
        shown = [text_of(one, kind.item or kind, world) for one in value]
        return ", ".join(one for one in shown if one) or None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal):
        return plainly(value)
    if isinstance(value, datetime.datetime):
        return f"{wall_of(value, world.zone):%Y-%m-%d %H:%M}".rjust(16, "0")
    if isinstance(value, datetime.date):
        return value.isoformat()
    names = PEOPLE if kind.name == "user" else dict(kind.choices)
    return names.get(value, value) if value is not None else None


def plainly(value: Decimal) -> str:
    """A number without zeros at its end and without an exponent."""
    shown = format(value, "f")
    return (shown.rstrip("0").rstrip(".") if "." in shown else shown) if value else "0"


def spaces_off(text: str) -> str:
    """Without white space of any kind at the ends."""
    return text.strip(
        "\t\n\v\f\r\x85 \xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
    )


def number_in(text: str) -> Decimal:
    """The number that a text says. Raises `Failed`."""
    bare = spaces_off(text)
    said = re.fullmatch(r"([-+]?)[$€£¥₫]?([0-9,]*)(\.[0-9]*)?([eE][-+]?[0-9]{1,2})?(%?)", bare)
    if said is None or not re.search("[0-9]", (said[2] or "") + (said[3] or "")):
        raise Failed
    if "," in said[2] and not re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+", said[2]):
        raise Failed
    number = Decimal(f"{said[1]}{said[2].replace(',', '')}{said[3] or ''}{said[4] or ''}")
    return settled(number / 100 if said[5] else number)


def moment_in(text: str, world: World) -> datetime.datetime:
    """The instant that an ISO text says. Raises `Failed`."""
    bare = spaces_off(text)
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]{5,}(Z|[-+][0-9:]+)?)?", bare):
        raise Failed
    try:
        said = datetime.datetime.fromisoformat(bare)
    except ValueError:
        raise Failed from None
    return instant_at(said, world.zone) if said.tzinfo is None else said.astimezone(datetime.UTC)


def settled(value: Decimal, magnitude: Decimal | None = None) -> Decimal:
    """15 digits counted from the magnitude, at most 10 decimals, halves away from zero."""
    size = abs(value) if magnitude is None else magnitude
    if size >= 10**15:
        return Decimal(f"{value:.14e}")
    whole = max(size.adjusted() + 1, 5) if size else 5
    return value.quantize(Decimal(1).scaleb(-min(10, 15 - whole)), "ROUND_HALF_UP")


def wall_of(moment: datetime.datetime | datetime.date, zone: ZoneInfo) -> datetime.datetime:
    """What the clock shows in the zone; of a day its beginning."""
    if isinstance(moment, datetime.datetime):
        return moment.astimezone(zone).replace(tzinfo=None)
    return datetime.datetime.combine(moment, datetime.time())


def instant_at(wall: datetime.datetime, zone: ZoneInfo) -> datetime.datetime:
    """When the clock shows that: the second time in autumn; in spring as if it had not been put forward yet."""
    early, late = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    put_back = (early.utcoffset() or datetime.timedelta()) > (late.utcoffset() or datetime.timedelta())
    return (late if put_back else early).astimezone(datetime.UTC)
