"""How a table's fields are shown: which cell draws each, by its type or, where it is computed, by what it gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.definitions.language import Field, Table
from engine.field_types import Input, field_types
from engine.named import KINDS
from engine.shown import shown_as
from engine.storage.layout import Layout
from engine.text import Label
from web.formats import local_input

NUMBERS = frozenset({"number", "currency", "percent", "count", "duration", "autonumber"})
DRAWN_KEPT = 2_000  # cells of one field that are kept drawn


@dataclass(frozen=True)
class Shown:
    """A field as pages draw it: `kind` is the file in `html/cells/`, `options` are what that cell reads."""

    key: str
    label: Label
    icon: str
    kind: str
    options: Mapping[str, Any]
    many: bool = False
    named: bool = False  # drawn from names, which may change: of people, departments, linked records
    whole: bool = False  # its cell draws a list or an object by itself
    editable: bool = False
    required: bool = False
    masked: bool = False  # seen in some records only
    help: Label | None = None
    input: Input | None = None
    ways: Mapping[str, list[str]] | None = None  # for each choice ("" for none) those that may follow; None: all may
    drawn: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)  # cells drawn before, by value

    def raw(self, value: Any) -> str:
        """What the cell's editor starts with, where it is not the text that the cell shows; else empty."""
        if not self.editable or value is None or self.kind in ("text", "long_text", "barcode"):
            return ""
        if self.kind == "date_time":
            return local_input(value, self.options.get("time_zone"))
        return field_types[self.kind].typed(value, self.options)

    @property
    def look(self) -> str:
        """The classes of its cells."""
        return " is-number" if self.is_number else " is-center" if self.kind == "checkbox" else ""

    @property
    def is_number(self) -> bool:
        """Whether it stands on the right, in figures of one width."""
        return self.kind in NUMBERS and not self.many


def shown_fields(layout: Layout, table: Table, keys: Iterable[str] | None = None) -> list[Shown]:
    """The fields of `keys` (all declared ones when None) in order; a key that is no field is left out."""
    wanted = [table.fields[key] for key in keys if key in table.fields] if keys is not None else table.declared
    return [shown_field(layout, one) for one in wanted]


def shown_field(layout: Layout, one: Field) -> Shown:
    """One field, remembered as long as no definition changes."""
    shown: Shown = layout.remember(("web.shown", one.table, one.key), lambda: _shown(layout, one))
    return shown


def _shown(layout: Layout, one: Field) -> Shown:
    kind, options = shown_as(layout, one)
    many = one.many or (one.kind.computed and layout.held_type(one).is_list)
    drawn_as = field_types[kind]
    links = drawn_as.holds in {"record", "parent", "any_record"}
    named, whole = (
        links or drawn_as.names in KINDS,
        drawn_as.holds == "records" or links or drawn_as.listed or drawn_as.holds == "json",
    )
    shown = Shown(one.key, one.label, one.kind.icon, kind, options, many, named, whole, masked=one.masked)
    if not one.writable:
        return shown
    entered = one.kind.input(one.options)
    return replace(
        shown,
        editable=True,
        required=one.required,
        help=one.help,
        input=entered,
        ways=_ways(one, entered.choices or {}),
    )


def _ways(one: Field, choices: Iterable[str]) -> Mapping[str, list[str]] | None:
    """For each choice (and for none, "") those that may follow it; None where all may."""
    ways = {value or "": one.kind.offered(value, one.options) for value in (None, *choices)}
    return {value: list(offered or ()) for value, offered in ways.items()} if ways[""] is not None else None
