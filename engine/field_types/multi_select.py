"""Several of some choices."""

from __future__ import annotations

from typing import Any

from engine.field_types import Input, InvalidValue, Options, Value, join_list, split_list
from engine.field_types.select import Select
from engine.text import _


class MultiSelect(Select):
    label = _("Multiple select")
    icon = "list-check"
    holds = "selects"
    listed = True
    can_be_unique = False

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "array", "items": super().value_schema(options), "uniqueItems": True}

    def accept(self, value: Value, options: Options) -> Value:
        keys = [value] if isinstance(value, str) else value
        if not isinstance(keys, list):
            raise InvalidValue(_("must be a list of choices"))
        chosen = {super(MultiSelect, self).accept(one, options) for one in keys}
        # In the order of the choices: one combination is then always one value, which groups and compares.
        return [key for key in options["choices"] if key in chosen]

    def read(self, text: str, options: Options) -> Value:
        try:
            return [super().read(text, options)]
        except InvalidValue:
            return self.accept([super(MultiSelect, self).read(one, options) for one in split_list(text)], options)

    def typed(self, value: Value, options: Options) -> str:
        return ",".join(value)

    def display(self, value: Value, options: Options, language: str) -> str:
        return join_list(super(MultiSelect, self).display(one, options, language) for one in value)

    def input(self, options: Options) -> Input:
        return Input("multi_select", choices=options["choices"])
