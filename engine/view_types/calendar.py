"""Records on the days of a month or a week, or as a list day by day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.text import Text, _
from engine.view_types import ViewType

SPANS: Mapping[str, Text] = {"month": _("Month"), "week": _("Week"), "list": _("List")}


class Calendar(ViewType):
    label = _("Calendar")
    icon = "calendar"
    options = {
        "date": {"$ref": "#/$defs/key", "description": "The field that says on which day or when a record begins."},
        "end": {"$ref": "#/$defs/key", "description": "The field that says when it ends: a last day, or a moment."},
        "color": {"$ref": "#/$defs/key", "description": "The field whose choice gives a record its colour."},
        "fields": {"$ref": "#/$defs/keys"},
        "span": {"enum": list(SPANS), "description": "What is shown at first; a month if not said."},
    }
    required_options = ("date",)
    dated_by = ("date", "end")
    colored_by = "color"
    also_needs = ("updated_at",)
    ordered = False

    def asks(self, options: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        return [], [options["date"]]
