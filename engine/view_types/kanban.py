"""Records as cards in stacks, one stack per value of a field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.text import _
from engine.view_types import ViewType


class Kanban(ViewType):
    label = _("Kanban")
    icon = "layout-kanban"
    options = {
        "by": {"$ref": "#/$defs/key"},
        "sum": {"$ref": "#/$defs/key"},
        "fields": {"$ref": "#/$defs/keys"},
    }
    required_options = ("by",)
    grouped_by = "by"
    one_place = True

    def asks(self, options: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        return [options["by"]], list(options.get("sort", ()))
