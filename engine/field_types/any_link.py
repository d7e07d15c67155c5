"""A link to one record of any of several tables: what an activity is about, where a stock movement comes from.

The value is the record's id, as of every link: ids are unique in a workspace, so the id tells the table, too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, ClassVar

from engine.field_types import FieldType, Holds, Input, InvalidValue, Options, Value
from engine.field_types.link import Link
from engine.text import Text, _

MAX_TABLES = 20
_ID = "^rec[0-9A-Za-z]{14}$"


class AnyLink(FieldType):
    label = _("Link to any of several tables")
    icon = "arrows-split"
    holds: ClassVar[Holds] = "any_record"
    of_any_table = True
    groups = True
    options = {
        "to": {
            "type": "array",
            "items": {"$ref": "#/$defs/table_name"},
            "minItems": 1,
            "maxItems": MAX_TABLES,
            "description": "The tables, at least two. Filters and formulas tell them by these names.",
        },
        "inverse": {
            **Link.options["inverse"],
            "description": "The key of the field that each of those tables gets: the records that link to it.",
        },
        "on_delete": Link.options["on_delete"],
    }
    required_options: ClassVar[tuple[str, ...]] = ("to",)

    def leads_to(self, options: Options, table: str) -> Sequence[str]:
        return tuple(options["to"])

    def problems(self, options: Options, fields: Collection[str]) -> Iterator[tuple[str, Text]]:
        if len(options["to"]) < 2:
            yield "to", _("Name at least two tables; one alone is a `link`.")

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "string", "pattern": _ID}

    def accept(self, value: Value, options: Options) -> Value:
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not isinstance(value, str) or not re.fullmatch(_ID, value):
            raise InvalidValue(_("must be one record"))
        return value

    def read(self, text: str, options: Options) -> Value:
        return self.accept(text.strip(), options)

    def input(self, options: Options) -> Input:
        return Input("link", attributes={"many": False}, in_lines=False)
