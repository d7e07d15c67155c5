"""What the field types have in common whose values the engine works out."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.field_types import FieldType, Holds, InvalidValue, Options, Value
from engine.text import _


class Computed(FieldType):
    holds: ClassVar[Holds] = "computed"
    computed = True

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"readOnly": True}

    def accept(self, value: Value, options: Options) -> Value:
        raise InvalidValue(_("is worked out by itself and cannot be set"))


class OverLink(Computed):
    """Worked out over the records that a link of the table leads to; only over those that satisfy `where`."""

    over_link = True


THROUGH = {
    "$ref": "#/$defs/way",
    "description": "The link of this table whose records count; `about.leads` where `about` leads to several tables.",
}
WHERE = {"$ref": "#/$defs/condition", "description": "Only linked records that satisfy this count."}
SORT = {
    "$ref": "#/$defs/sort",
    "description": "The order of the linked records, by their fields: `-day` is the latest first.",
}
