"""Records as lines, fields side by side, with totals below."""

from __future__ import annotations

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
