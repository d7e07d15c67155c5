"""A link to one record, or to many, of the same or another table; the other table sees it as its inverse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from engine.field_types import FieldType, Holds, Input, InvalidValue, Options, Value
from engine.text import _

ID = "^rec[0-9A-Za-z]{14}$"
MAX_LINKS = 1_000  # linked records of one field of one record, set by hand


class Link(FieldType):
    label = _("Link")
    icon = "arrow-up-right"
    holds: ClassVar[Holds] = "record"
    groups = True
    options = {
        "to": {"$ref": "#/$defs/table_name"},
        "many": {"type": "boolean"},
        "inverse": {
            "anyOf": [
                {"$ref": "#/$defs/key"},
                {
                    "type": "object",
                    "properties": {
                        "key": {"$ref": "#/$defs/key"},
                        "label": {"$ref": "#/$defs/label"},
                    },
                    "required": ["key"],
                    "additionalProperties": False,
                },
            ]
        },
        "where": {
            "$ref": "#/$defs/condition",
            "description": (
                "Only records of that table that satisfy this may be chosen; `{record.account}` is a field of the"
                ' record that has the link: {"field": "account", "op": "is", "value": "={record.account}"}.'
            ),
        },
        "on_delete": {"enum": ["unlink", "refuse", "cascade"]},
    }
    required_options: ClassVar[tuple[str, ...]] = ("to",)

    def value_schema(self, options: Options) -> dict[str, Any]:
        return linked_schema(options)

    def leads_to(self, options: Options, table: str) -> Sequence[str]:
        return (str(options["to"]),)

    def leads_to_many(self, options: Options) -> bool:
        return bool(options.get("many"))

    def accept(self, value: Value, options: Options) -> Value:
        return linked(value, options)

    def read(self, text: str, options: Options) -> Value:
        return self.accept(split_ids(text), options)

    def input(self, options: Options) -> Input:
        return Input("link", attributes={"many": bool(options.get("many")), "to": options["to"]}, in_lines=False)


def linked_schema(options: Options) -> dict[str, Any]:
    """The JSON Schema of what a link holds: an id, or with the option `many` a list of ids."""
    record = {"type": "string", "pattern": ID}
    return {"type": "array", "items": record, "maxItems": MAX_LINKS} if options.get("many") else record


def linked(value: Value, options: Options) -> Value:
    """What a link holds for a value that is given for it; raises `InvalidValue`."""
    if not options.get("many"):
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not is_id(value):
            raise InvalidValue(_("must be one record"))
        return value
    ids = [value] if isinstance(value, str) else value
    if not isinstance(ids, list) or not all(map(is_id, ids)):
        raise InvalidValue(_("must be a list of records"))
    if len(ids) > MAX_LINKS:
        raise InvalidValue(_("may have at most {most} records", most=MAX_LINKS))
    return list(dict.fromkeys(ids))


def is_id(value: Value) -> bool:
    """Whether the value could be the id of a record."""
    return isinstance(value, str) and re.fullmatch(ID, value) is not None


def split_ids(text: str) -> list[str]:
    """The ids that a text lists, with commas between them."""
    return [part.strip() for part in text.split(",") if part.strip()]
