"""How many records are linked."""

from __future__ import annotations

from engine.field_types._computed import THROUGH, WHERE, OverLink
from engine.text import _


class Count(OverLink):
    label = _("Count")
    icon = "tallymarks"
    options = {"through": THROUGH, "where": WHERE}
    required_options = ("through",)
