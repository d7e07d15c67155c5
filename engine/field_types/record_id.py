"""The record's id, to be shown, copied and sent."""

from __future__ import annotations

from typing import Any

from engine.field_types import Options
from engine.field_types._computed import Computed
from engine.text import _


class RecordId(Computed):
    label = _("Record id")
    icon = "id"
    holds = "text"

    def expression(self, options: Options) -> str:
        return "RECORD_ID()"

    def value_schema(self, options: Options) -> dict[str, Any]:
        return {"type": "string", "readOnly": True}
