"""The types of expressions, and which one two of them share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.text import Text, _, label_in


@dataclass(frozen=True)
class Type:
    """What a value is. `name` is one of the names below; the rest refines it.

    `item` is the type of a list's items; `table` the address of the table whose record's id this is, and
    `title` the key of the field that names such a record; `tables` are the addresses where it may be of any of
    several tables (`table` is empty then); `choices` are a select's (key, English label), or those tables'.
    `zone` and `locale` are how a date is shown, where the expression says so. `can_fail` tells that a value
    may be missing because of an error; types that differ in it alone are equal.
    """

    name: str
    item: Type | None = None
    table: str = ""
    tables: tuple[str, ...] = ()
    title: str = field(default="", compare=False)
    choices: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    zone: str = field(default="", compare=False)
    locale: str = field(default="", compare=False)
    can_fail: bool = field(default=False, compare=False)

    @property
    def is_list(self) -> bool:
        """Whether values are lists."""
        return self.name == "list"

    @property
    def is_date(self) -> bool:
        """Whether values are dates or date-times."""
        return self.name in {"date", "date_time"}

    @property
    def is_key(self) -> bool:
        """Whether values are texts that stand for something: a choice's key, a record's or person's id."""
        return self.name in {"select", "record", "user", "department", "file"}

    @property
    def label(self) -> Text:
        """The type's name for people, such as "a number"."""
        return _LABELS[self.name]


BLANK = Type("blank")
TEXT = Type("text")
NUMBER = Type("number")
BOOLEAN = Type("boolean")
DATE = Type("date")
DATE_TIME = Type("date_time")
USER = Type("user")
DEPARTMENT = Type("department")
FILE = Type("file", title="filename")
ANY = Type("any")
NAMED_ELSEWHERE = frozenset({USER, DEPARTMENT})  # what names them lies beside the records, and changes while none does

_LABELS: Mapping[str, Text] = {
    "blank": _("blank"),
    "text": _("a text"),
    "number": _("a number"),
    "boolean": _("yes or no"),
    "date": _("a date"),
    "date_time": _("a date with time"),
    "user": _("a person"),
    "department": _("a department"),
    "file": _("a file"),
    "record": _("a record"),
    "select": _("a choice"),
    "list": _("a list"),
    "any": _("a value"),
}


def list_of(item: Type) -> Type:
    """The type of lists of `item`."""
    return Type("list", item=item, can_fail=item.can_fail)


def record_of(table: str, title: str = "") -> Type:
    """The type of ids of records of the table at this address; `title` is the key of the field that names one."""
    return Type("record", table=table, title=title)


def any_record_of(tables: Mapping[str, tuple[str, str]], title: str = "") -> Type:
    """The type of ids of records of any of these tables: address -> (its name, its English label).

    `title` is what names a record when it is asked for like a field.
    """
    return Type("record", tables=tuple(tables), choices=tuple(tables.values()), title=title)


def select_of(choices: Mapping[str, Mapping[str, Any]]) -> Type:
    """The type of a select's keys; `choices` as in a definition, key -> {"label", "color"}."""
    return Type("select", choices=tuple((key, label_in(one.get("label"), "en", key)) for key, one in choices.items()))


def failing(held: Type, fails: bool = True) -> Type:
    """The same type, said that its values may be errors (or may not)."""
    return replace(held, can_fail=fails)


def common(types: Iterable[Type]) -> Type:
    """The type that values of all `types` can be turned into; text where nothing else fits."""
    found = BLANK
    for one in types:
        found = _pair(found, one)
    return found


def _pair(one: Type, other: Type) -> Type:
    if one == other or other.name == "blank":
        return one
    if one.name == "blank":
        return other
    names = {one.name, other.name}
    if one.is_list and other.is_list and one.item and other.item:
        return list_of(_pair(one.item, other.item))
    if names == {"number", "boolean"}:
        return NUMBER
    if names == {"date", "date_time"}:
        return DATE_TIME
    return TEXT
