"""Records as lines, fields side by side, with totals below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.text import _
from engine.view_types import EACH, ViewType, keys_in

MAX_GROUPED = 3  # groups in groups
_BY = {"type": "string", "pattern": f"^({EACH})?[a-z][a-z0-9_]*$"}


class Grid(ViewType):
    label = _("Grid")
    icon = "table"
    options = {
        "fields": {"$ref": "#/$defs/keys"},
        "group": {
            "anyOf": [
                _BY,
                {"type": "array", "items": _BY, "uniqueItems": True, "maxItems": MAX_GROUPED},
            ],
            "description": (
                "The field whose values make groups; or a list of fields, for groups in groups. By `each:tags` a"
                " record stands in a group for each of its tags; by `tags` records with the same tags stand together."
            ),
        },
        "totals": {
            "type": "object",
            "additionalProperties": {"type": "string", "pattern": "^[a-z0-9_]+$"},
            "description": "By field what stands below it and beside each group: sum, median, percent_filled ...",
        },
        "height": {"enum": ["short", "medium", "tall"]},
    }
    grouped_by = "group"

    def asks(self, options: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        sort = list(options.get("sort", ()))
        by = [one for one in keys_in(options.get("group")) if not one.startswith(EACH)]
        own = {one.removeprefix("-"): one for one in sort}
        return [], [*(own.get(key, key) for key in by), *(one for one in sort if one.removeprefix("-") not in by)]
