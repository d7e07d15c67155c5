"""Records as lines, fields side by side, with totals below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.text import _
from engine.view_types import ViewType

TOTALS = ("sum", "average", "min", "max", "count", "empty", "filled", "unique")


class Grid(ViewType):
    label = _("Grid")
    icon = "table"
    options = {
        "fields": {"$ref": "#/$defs/keys"},
        "group": {"$ref": "#/$defs/key"},
        "totals": {"type": "object", "additionalProperties": {"enum": list(TOTALS)}},
        "height": {"enum": ["short", "medium", "tall"]},
    }
    grouped_by = "group"

    def asks(self, options: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        by, sort = options.get("group"), list(options.get("sort", ()))
        if by is None:
            return [], sort
        own = [one for one in sort if one.removeprefix("-") == by]
        return [], [*(own or [by]), *(one for one in sort if one not in own)]
