"""A link to one record, or to many, of any of several tables: what an activity is about, whom a message goes to.

A value is the record's id, as of every link: ids are unique in a workspace, so the id tells the table, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, ClassVar

from engine.field_types import FieldType, Holds, Input, Options, Value
from engine.field_types.link import Link, linked, linked_schema, split_ids
from engine.text import Text, _

MAX_TABLES = 20


class AnyLink(FieldType):
    label = _("Link to any of several tables")
    icon = "arrows-split"
    holds: ClassVar[Holds] = "any_record"
    holds_many: ClassVar[Holds] = "any_records"
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
        "many": Link.options["many"],
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

    def leads_to_many(self, options: Options) -> bool:
        return bool(options.get("many"))

    def value_schema(self, options: Options) -> dict[str, Any]:
        return linked_schema(options)

    def accept(self, value: Value, options: Options) -> Value:
        return linked(value, options)

    def read(self, text: str, options: Options) -> Value:
        return self.accept(split_ids(text), options)

    def input(self, options: Options) -> Input:
        return Input("link", attributes={"many": bool(options.get("many"))}, in_lines=False)
