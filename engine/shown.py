"""As what a field's values are shown: by its type or, where it is computed, by what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.definitions.language import Field
from engine.definitions.types import Unknown
from engine.storage.layout import Layout

_TYPE_OF_RESULT = {
    "number": "number",
    "boolean": "checkbox",
    "date": "date",
    "date_time": "date_time",
    "user": "user",
    "department": "department",
    "file": "attachment",
}


def shown_as(layout: Layout, field: Field) -> tuple[str, Mapping[str, Any]]:
    """The name of the field type that shows the values, and its options.

    A formula's number without a format has the option `decimals` None: as many as it has.
    """
    if field.kind.holds != "computed":
        return field.type, field.options
    given = field.options.get("format")
    if given:
        return str(given["type"]), given
    source = repeated_field(layout, field)
    if source is not None:
        return shown_as(layout, source)
    held = layout.held_type(field)
    item = held.item.name if held.item else held.name
    return _TYPE_OF_RESULT.get("file" if item == "file" else held.name, "text"), {
        "decimals": None
    } if held.name == "number" else {}


def repeated_field(layout: Layout, field: Field) -> Field | None:
    """The linked field whose values this one repeats as they are: looked up, or the largest, the sum ... of them."""
    if not field.kind.repeats(field.options) or "through" not in field.options:
        return None
    try:
        behind = layout.types.behind(field)
    except Unknown:  # the asker does not see the link
        return None
    return behind.fields.get(field.options["field"])
