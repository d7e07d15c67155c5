"""One of several choices."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.field_types import FieldType, Holds, Input, InvalidValue, Options, Value
from engine.text import _, label_in

COLORS = (
    "blue",
    "azure",
    "indigo",
    "purple",
    "pink",
    "red",
    "orange",
    "yellow",
    "green",
    "teal",
    "gray",
)


class Select(FieldType):
    label = _("Select")
    icon = "circle-chevron-down"
    holds: ClassVar[Holds] = "select"
    groups = True
    names = "choices"
    options = {
        "choices": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 500,
            "propertyNames": {"pattern": "^[a-z0-9][a-z0-9_]{0,39}$"},
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "label": {"$ref": "#/$defs/label"},
                    "color": {"enum": list(COLORS)},
                },
                "required": ["label"],
                "additionalProperties": False,
            },
        }
    }
    required_options = ("choices",)

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "string", "enum": list(options["choices"])}

    def accept(self, value: Value, options: Options) -> Value:
        if not isinstance(value, str) or value not in options["choices"]:
            raise InvalidValue(_("must be one of {choices}", choices=_names(options)))
        return value

    def read(self, text: str, options: Options) -> Value:
        wanted = text.strip()
        if wanted in options["choices"]:
            return wanted
        for key, choice in options["choices"].items():
            label = choice["label"]
            labels = [label] if isinstance(label, str) else list(label.values())
            if wanted.casefold() in {one.casefold() for one in labels}:
                return key
        raise InvalidValue(_("must be one of {choices}", choices=_names(options)))

    def display(self, value: Value, options: Options, language: str) -> str:
        choice = options["choices"].get(value)
        return label_in(choice["label"], language) if choice else str(value)

    def in_words(self, value: Value, options: Options, language: str) -> str:
        return self.display(value, options, language)

    def input(self, options: Options) -> Input:
        return Input("select", choices=options["choices"])


def _names(options: Options) -> str:
    names = [label_in(choice["label"], "en") for choice in options["choices"].values()]
    return ", ".join(names[:10]) + (" ..." if len(names) > 10 else "")
