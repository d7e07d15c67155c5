"""Several people of the workspace."""

from __future__ import annotations

from typing import Any

from engine.field_types import InvalidValue, Options, Value, join_list, split_list
from engine.field_types.user import User
from engine.text import _

MAX_PEOPLE = 100  # of one field of one record


class Users(User):
    label = _("People")
    icon = "users"
    holds = "users"
    listed = True
    groups = False
    can_be_unique = False

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "array", "items": super().value_schema(options), "uniqueItems": True, "maxItems": MAX_PEOPLE}

    def accept(self, value: Value, options: Options) -> Value:
        ids = [value] if isinstance(value, str) else value
        if not isinstance(ids, list):
            raise InvalidValue(_("must be a list of people of this workspace"))
        if len(ids) > MAX_PEOPLE:
            raise InvalidValue(_("may have at most {most} people", most=MAX_PEOPLE))
        return list(dict.fromkeys(super(Users, self).accept(one, options) for one in ids))

    def read(self, text: str, options: Options) -> Value:
        return self.accept(split_list(text), options)

    def typed(self, value: Value, options: Options) -> str:
        return ",".join(value)

    def display(self, value: Value, options: Options, language: str) -> str:
        return join_list(value)
