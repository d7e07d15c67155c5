"""Lists: linked records, lookups, multi-selects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from engine.formulas import lists, sql
from engine.formulas.compile import Compiled, Inside
from engine.formulas.conversions import convert
from engine.formulas.functions import Arguments, Family, Function, Parameter
from engine.formulas.part import Part
from engine.formulas.scopes import about_items
from engine.formulas.syntax import Call
from engine.formulas.typed import Apply, Typed, Within
from engine.formulas.types import BLANK, BOOLEAN, NUMBER, TEXT, Type, common, list_of
from engine.text import _

if TYPE_CHECKING:
    from engine.formulas.check import Checker
    from engine.formulas.compile import Compiling

family = Family(_("Lists"))

_LIST = Parameter("list", "list")
_MOST = 10**9


def _same_list(arguments: Arguments) -> Type:
    return arguments[0].type if arguments[0] is not None else list_of(BLANK)


def _item(arguments: Arguments) -> Type:
    return _same_list(arguments).item or BLANK


@family.function(
    "ARRAYJOIN",
    Parameter("list", "titles"),
    Parameter("separator", "text", optional=True),
    gives=TEXT,
    about=_("The items as one text."),
    example='ARRAYJOIN({tags}, " / ") is "red / blue"',
    blank=True,
)
def arrayjoin(c: Compiling, items: Part, separator: Part | None) -> sql.Element:
    between = sql.text_constant(", ") if separator is None else c.text(separator)
    return lists.join_items(items.value, items.type.item, between, c.time_zone)


@family.function("ARRAYUNIQUE", _LIST, gives=_same_list, about=_("Each item once."), example="ARRAYUNIQUE({tags})")
def arrayunique(c: Compiling, items: Part) -> sql.Element:
    return lists.unique(items.value)


@family.function(
    "ARRAYCOMPACT", _LIST, gives=_same_list, about=_("The items that are not blank."), example="ARRAYCOMPACT({notes})"
)
def arraycompact(c: Compiling, items: Part) -> sql.Element:
    return lists.compact(items.value)


@family.function(
    "ARRAYSORT", _LIST, gives=_same_list, about=_("The items in their order."), example="ARRAYSORT({tags})"
)
def arraysort(c: Compiling, items: Part) -> sql.Element:
    return lists.in_order(items.value)


@family.function(
    "ARRAYFLATTEN",
    Parameter("list", "list", repeated=True),
    gives=lambda arguments: list_of(common(one.type.item or BLANK for one in arguments if one is not None)),
    about=_("All items of several lists as one list."),
    example="ARRAYFLATTEN({tags}, {labels})",
)
def arrayflatten(c: Compiling, *items: Part) -> sql.Element:
    return lists.flattened([one.value for one in items])


@family.function(
    "ARRAYSLICE",
    _LIST,
    Parameter("first", "number"),
    Parameter("last", "number", optional=True),
    gives=_same_list,
    about=_("The items from one place to another, counted from 1; places below 0 count from the end."),
    example="ARRAYSLICE({tags}, 1, 3)",
)
def arrayslice(c: Compiling, items: Part, first: Part, last: Part | None) -> sql.Element:
    value = c.once(items.value)
    length = c.once(lists.length(value))
    end = length if last is None else lists.place(c.whole(c.number(last), -_MOST, _MOST), length)
    return lists.sliced(value, lists.place(c.whole(c.number(first), -_MOST, _MOST), length), end)


@family.function("FIRST", _LIST, gives=_item, about=_("The first item."), example="FIRST({tags})", blank=True)
def first(c: Compiling, items: Part) -> sql.Element:
    return lists.item(items.value, 0, items.type.item or BLANK)


@family.function("LAST", _LIST, gives=_item, about=_("The last item."), example="LAST({tags})", blank=True)
def last(c: Compiling, items: Part) -> sql.Element:
    return lists.item(items.value, -1, items.type.item or BLANK)


def _kept(checker: Checker, function: Function, call: Call) -> Typed | None:
    if len(call.arguments) == 1:
        truths = checker.within(call.arguments[0], checker.scope, "booleans")
        return None if truths is None else Apply(function, (truths, None), BOOLEAN, call.start, call.end)
    found = about_items(checker, *call.arguments)
    if found is None:
        return None
    gives = found[0].type if function.gives is _same_list else BOOLEAN
    return Apply(function, found, gives, call.start, call.end)


def _among(c: Compiling, items: Part, condition: Within) -> tuple[str, sql.Element]:
    """The alias of the items in a subquery, and whether the condition holds there."""
    alias = f"_i{c.depth + 1}"
    item = lists.each(alias, items.type.item or BLANK)

    def of_item(path: tuple[str, ...]) -> Compiled:
        if not path:
            return Compiled(item, None, items.type.item or BLANK)
        linked = c.environment.each(condition.table)
        found = linked.value(path)

        def one(element: sql.Element) -> sql.Element:
            chosen = sa.select(element).select_from(linked.rows).where(linked.rows.c.id == item)
            return chosen.correlate_except(linked.rows).scalar_subquery()

        return Compiled(one(found.value), None if found.error is None else one(found.error), found.type)

    return alias, c.holds(condition.condition, Inside(c.environment, condition.name, of_item))


_CONDITION = Parameter("condition", "boolean")
_CONDITION_MAYBE = replace(_CONDITION, optional=True)


@family.function(
    "FILTER",
    _LIST,
    _CONDITION,
    gives=_same_list,
    about=_("The items for which the condition holds, which calls each of them {item}."),
    example="FILTER({amounts}, {item} > 150)",
    types=_kept,
)
def filter_(c: Compiling, items: Typed, condition: Within) -> Part:
    part = c.part(items)
    alias, holds = _among(c, part, condition)
    return part.with_value(lists.kept(part.value, alias, holds), part.type, nullable=False)


@family.function(
    "ANY",
    Parameter("list", "booleans"),
    _CONDITION_MAYBE,
    gives=BOOLEAN,
    about=_("Whether at least one item holds, or satisfies the condition, which calls each of them {item}."),
    example="ANY({amounts}, {item} > 1000) is true",
    types=_kept,
)
def any_(c: Compiling, items: Typed, condition: Within | None) -> Part:
    part = c.part(items)
    if condition is not None:
        found = lists.has(part.value, *_among(c, part, condition))
    else:
        found = lists.truth(part.value, "any") if part.type.is_list else c.boolean(part)
    return part.with_value(found, BOOLEAN, nullable=False)


@family.function(
    "EVERY",
    Parameter("list", "booleans"),
    _CONDITION_MAYBE,
    gives=BOOLEAN,
    about=_("Whether every item holds, or satisfies the condition, which calls each of them {item}."),
    example="EVERY({amounts}, {item} > 1000) is false",
    types=_kept,
)
def every(c: Compiling, items: Typed, condition: Within | None) -> Part:
    part = c.part(items)
    if condition is not None:
        alias, holds = _among(c, part, condition)
        found = sa.not_(lists.has(part.value, alias, sa.not_(holds)))
    else:
        found = lists.truth(part.value, "every") if part.type.is_list else c.boolean(part)
    return part.with_value(found, BOOLEAN, nullable=False)


@family.function(
    "CONTAINS",
    Parameter("list or text", "any"),
    Parameter("value", "any"),
    gives=BOOLEAN,
    about=_("Whether the list has the item, or the text the part."),
    example='CONTAINS({tags}, "red")',
)
def contains(c: Compiling, items: Part, value: Part) -> sql.Element:
    item = items.type.item
    if item is None:
        whole, part = (c.text(convert(c, one, TEXT)) for one in (items, value))
        return sql.position(part, whole) > sql.number(0)
    if item == NUMBER and value.type == NUMBER:
        return lists.contains(items.value, c.number(value), numbers=True)
    labels = {label: key for key, label in item.choices}
    if isinstance(value.constant, str) and value.constant in labels:
        return lists.contains(items.value, sql.text_constant(labels[value.constant]), numbers=False)
    wanted = value if value.type.is_key else convert(c, value, TEXT)
    if items.fixed:
        return lists.among(items.value, c.once(wanted.value))
    return lists.contains(items.value, c.text(wanted), numbers=False)
