"""Lists: linked records, lookups, multi-selects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.formulas import lists, sql
from engine.formulas.conversions import convert
from engine.formulas.functions import Arguments, Family, Parameter
from engine.formulas.part import Part
from engine.formulas.types import BLANK, BOOLEAN, NUMBER, TEXT, Type, common, list_of
from engine.text import _

if TYPE_CHECKING:
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
    choices = items.type.item.choices if items.type.item else ()
    if choices:
        return lists.join_labels(items.value, choices, between)
    return lists.join_list(items.value, between)


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


@family.function(
    "ANY",
    Parameter("list", "booleans"),
    gives=BOOLEAN,
    about=_("Whether at least one item holds."),
    example="ANY({lines.done})",
)
def any_(c: Compiling, items: Part) -> sql.Element:
    return lists.truth(items.value, "any") if items.type.is_list else c.boolean(items)


@family.function(
    "EVERY",
    Parameter("list", "booleans"),
    gives=BOOLEAN,
    about=_("Whether every item holds."),
    example="EVERY({lines.done})",
)
def every(c: Compiling, items: Part) -> sql.Element:
    return lists.truth(items.value, "every") if items.type.is_list else c.boolean(items)


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
    return lists.contains(items.value, c.text(wanted), numbers=False)
