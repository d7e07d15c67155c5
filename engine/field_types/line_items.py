"""Records of another table that belong to this one and are edited inside it: the lines of an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.field_types import FieldType, Input, InvalidValue, Options, Value
from engine.text import _

MAX_LINES = 1_000  # of one record, set at once


class LineItems(FieldType):
    label = _("Lines")
    icon = "table-row"
    holds = "records"
    options = {
        "of": {
            "$ref": "#/$defs/table_name",
            "description": "The table of the lines, an ordinary one. A line that is left out of the list is deleted.",
        },
        "by": {
            "$ref": "#/$defs/key",
            "description": "The link in that table that leads back here; with `on_delete` `cascade`.",
        },
        "order": {
            "$ref": "#/$defs/key",
            "description": "A number field of the lines that keeps their order; without it: as they were made.",
        },
        "fields": {"$ref": "#/$defs/keys", "description": "The fields of a line that are shown, in order."},
        "totals": {
            "type": "object",
            "propertyNames": {"$ref": "#/$defs/key"},
            "additionalProperties": {"enum": ["sum", "average", "min", "max", "count"]},
            "description": "What stands beneath the lines: a function for each field.",
        },
    }
    required_options = ("of", "by")
    can_be_unique = False

    def leads_to(self, options: Options, table: str) -> Sequence[str]:
        return (str(options["of"]),)

    def leads_to_many(self, options: Options) -> bool:
        return True

    def leads_back_by(self, options: Options) -> str | None:
        return str(options["by"])

    def ordered_by(self, options: Options) -> str | None:
        order: str | None = options.get("order")
        return order

    def value_schema(self, options: Options) -> dict[str, Any]:
        record = {"type": "string", "pattern": "^rec[0-9A-Za-z]{14}$"}
        line = {"type": "object", "properties": {"id": record}}
        return {"type": "array", "items": {"anyOf": [record, line]}, "maxItems": MAX_LINES}

    def accept(self, value: Value, options: Options) -> Value:
        lines = [value] if isinstance(value, (str, Mapping)) else value
        if not isinstance(lines, list) or not all(isinstance(one, (str, Mapping)) for one in lines):
            raise InvalidValue(_("must be a list of lines"))
        if len(lines) > MAX_LINES:
            raise InvalidValue(_("may have at most {most} lines", most=MAX_LINES))
        made = [{"id": one} if isinstance(one, str) else dict(one) for one in lines]
        ids = [one["id"] for one in made if one.get("id")]
        if not all(isinstance(one, str) and one.startswith("rec") for one in ids) or len(set(ids)) < len(ids):
            raise InvalidValue(_("must be a list of lines, each there once"))
        return made

    def read(self, text: str, options: Options) -> Value:
        return self.accept([part.strip() for part in text.split(",") if part.strip()], options)

    def input(self, options: Options) -> Input:
        return Input("line_items", attributes={"totals": options.get("totals", {})})
