"""How a table's fields are shown: which cell draws each, by its type or, where it is computed, by what it gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.definitions.language import Field, Table
from engine.field_types import Input
from engine.storage.layout import Layout
from engine.text import Label

NUMBERS = frozenset({"number", "currency", "percent", "count"})
_CELL_OF_TYPE = {"number": "number", "boolean": "checkbox", "date": "date", "date_time": "date_time", "user": "user"}


@dataclass(frozen=True)
class Shown:
    """A field as pages draw it: `kind` is the file in `html/cells/`, `options` are what that cell reads."""

    key: str
    label: Label
    icon: str
    kind: str
    options: Mapping[str, Any]
    many: bool = False
    editable: bool = False
    required: bool = False
    help: Label | None = None
    input: Input | None = None

    @property
    def is_number(self) -> bool:
        """Whether it stands on the right, in figures of one width."""
        return self.kind in NUMBERS and not self.many


def shown_fields(layout: Layout, table: Table, keys: Iterable[str] | None = None) -> list[Shown]:
    """The fields of `keys` (all declared ones when None) in order; a key that is no field is left out."""
    wanted = [table.fields[key] for key in keys if key in table.fields] if keys is not None else table.declared
    return [shown_field(layout, field) for field in wanted]


def shown_field(layout: Layout, field: Field) -> Shown:
    """One field, remembered as long as no definition changes."""
    shown: Shown = layout.remember(("web.shown", field.table, field.key), lambda: _shown(layout, field))
    return shown


def _shown(layout: Layout, field: Field) -> Shown:
    kind, options = _kind_and_options(layout, field)
    many = field.many or (field.kind.computed and layout.held_type(field).is_list)
    shown = Shown(field.key, field.label, field.kind.icon, kind, options, many)
    if not field.writable:
        return shown
    spec = field.kind.input(field.options)
    return replace(shown, editable=True, required=field.required, help=field.help, input=spec)


def _kind_and_options(layout: Layout, field: Field) -> tuple[str, Mapping[str, Any]]:
    if not field.kind.computed:
        return field.type, field.options
    given = field.options.get("format")
    if given:
        return str(given["type"]), given
    source = _source(layout, field)
    if source is not None:
        return _kind_and_options(layout, source)
    held = layout.held_type(field)
    # A formula's number shows the decimals that it has; a number field the ones it was given.
    return _CELL_OF_TYPE.get(held.name, "text"), {"decimals": None} if held.name == "number" else {}


def _source(layout: Layout, field: Field) -> Field | None:
    """The linked field whose values this one repeats as they are: looked up, or the largest, the sum ... of them."""
    repeats = field.type == "lookup" or field.options.get("function") in {
        "sum",
        "average",
        "min",
        "max",
        "first",
        "last",
    }
    through = layout.table(field.table).fields.get(str(field.options.get("through")))
    if not repeats or through is None or through.target is None:
        return None
    return layout.table(through.target).fields.get(str(field.options.get("field")))
