"""A value worked out from other fields of the record."""

from __future__ import annotations

from engine.field_types._computed import Computed
from engine.text import _


class Formula(Computed):
    label = _("Formula")
    icon = "math-function"
    expressed_in = "formula"
    options = {
        "formula": {"type": "string", "minLength": 1, "maxLength": 32_768},
        "format": {"$ref": "#/$defs/format"},
    }
    required_options = ("formula",)
