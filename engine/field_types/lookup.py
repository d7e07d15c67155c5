"""A field of the linked record, shown here."""

from __future__ import annotations

from engine.field_types import Options
from engine.field_types._computed import SORT, THROUGH, WHERE, OverLink
from engine.text import _


class Lookup(OverLink):
    label = _("Lookup")
    icon = "eye-search"
    options = {
        "through": THROUGH,
        "field": {"$ref": "#/$defs/key", "description": "The field of the linked records."},
        "where": WHERE,
        "sort": SORT,
        "format": {"$ref": "#/$defs/format"},
    }
    required_options = ("through", "field")

    def repeats(self, options: Options) -> bool:
        return True
