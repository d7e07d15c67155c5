"""Records created and updated, as the API does it: all of a call, or nothing."""

from __future__ import annotations

from typing import Any

from web.api import records
from web.api.callers import Caller
from web.mcp.tools import APP, RECORD, TABLE, Arguments, Facts, Tool

MOST = 100  # records of one call

_VALUES = {
    "type": "object",
    "description": "Values by field name. A link takes a list of record ids, a choice its name, a date 2026-03-31, "
    "an instant 2026-03-31T14:30:00Z; null empties.",
}
_TYPECAST = {
    "type": "boolean",
    "description": "Read texts as people type them: linked records by name, numbers and dates from texts.",
}


def _records(one: dict[str, Any], *needs: str) -> dict[str, Any]:
    listed = {"type": "object", "properties": one, "required": list(needs), "additionalProperties": False}
    return {"type": "array", "minItems": 1, "maxItems": MOST, "items": listed}


def _create(caller: Caller, given: Arguments) -> Facts:
    made: Facts = records.create(caller, given["app"], given["table"], dict(given))
    return made


def _update(caller: Caller, given: Arguments) -> Facts:
    changed: Facts = records.update(caller, given["app"], given["table"], False, dict(given))
    return changed


TOOLS = (
    Tool(
        "create_records",
        f"Create up to {MOST} records of a table. The answer has them as they are stored, with their ids.",
        _create,
        {"app": APP, "table": TABLE, "records": _records({"fields": _VALUES}, "fields"), "typecast": _TYPECAST},
        ("app", "table", "records"),
        writes=True,
    ),
    Tool(
        "update_records",
        f"Change fields of up to {MOST} records; fields that are not named stay as they are. People can undo it.",
        _update,
        {
            "app": APP,
            "table": TABLE,
            "records": _records({"id": RECORD, "fields": _VALUES}, "id", "fields"),
            "typecast": _TYPECAST,
        },
        ("app", "table", "records"),
        writes=True,
        overwrites=True,
    ),
)
