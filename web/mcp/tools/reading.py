"""Records: pages of them, one of them, and what they add up to."""

from __future__ import annotations

from typing import Any

from engine.definitions.conditions import MAX_NESTING
from engine.formulas.aggregates import AGGREGATES
from engine.totals import MAX_GROUPED
from web.api import groups, records
from web.api.callers import Caller
from web.api.listing import PAGE_SIZE
from web.mcp.tools import APP, RECORD, TABLE, Arguments, Facts, Tool

FEW = 25  # records of a page unless more are asked for: whoever reads them pays by the word
MOST_GROUPS = 200

_FIELDS = {"type": "array", "items": {"type": "string"}}
_FILTER = {
    "type": "string",
    "description": "A formula that holds for the records wanted, with fields in braces, also of linked records: "
    "AND({Status} = 'Open', {Amount} > 100, {Customer.Country} = 'DE'). Choices are compared by their names.",
}
_WHICH: dict[str, dict[str, Any]] = {
    "app": APP,
    "table": TABLE,
    "filterByFormula": _FILTER,
    "view": {"type": "string", "description": "Id or name of a view: its filter holds, too, and its order counts."},
    "search": {"type": "string", "description": "Words to find in any text."},
}


def _query(caller: Caller, given: Arguments) -> Facts:
    asked = {"pageSize": FEW, **given}
    found: Facts = records.page_of(caller, given["app"], given["table"], {}, asked)
    return found


def _get(caller: Caller, given: Arguments) -> Facts:
    found: Facts = records.one_of(caller, given["app"], given["table"], given["record"], [])
    return found


def _group(caller: Caller, given: Arguments) -> Facts:
    pairs = [(name, given[name]) for name in ("filterByFormula", "view", "search") if name in given]
    pairs += [("by", name) for name in given.get("by", ())]
    pairs += [(one["function"], one["field"]) for one in given.get("totals", ())]
    found = groups.groups_of(caller, given["app"], given["table"], pairs)["groups"]
    left_off = len(found) - MOST_GROUPS
    return {"groups": found[:MOST_GROUPS]} | ({"leftOff": left_off} if left_off > 0 else {})


TOOLS = (
    Tool(
        "query_records",
        f"Find records, {FEW} at a time unless pageSize says otherwise. The answer has an offset while more follow: "
        "ask again with it. To count or add up, use group_records instead.",
        _query,
        {
            **_WHICH,
            "fields": {**_FIELDS, "description": "Names of the fields wanted; without: all."},
            "sort": {
                "type": "array",
                "maxItems": MAX_NESTING,
                "items": {
                    "type": "object",
                    "properties": {"field": {"type": "string"}, "direction": {"enum": ["asc", "desc"]}},
                    "required": ["field"],
                    "additionalProperties": False,
                },
            },
            "pageSize": {"type": "integer", "minimum": 1, "maximum": PAGE_SIZE},
            "offset": {"type": "string", "description": "What the page before gave as its offset."},
        },
        ("app", "table"),
    ),
    Tool(
        "get_record",
        "Read one record with all its fields.",
        _get,
        {"app": APP, "table": TABLE, "record": RECORD},
        ("app", "table", "record"),
    ),
    Tool(
        "group_records",
        "Count records and add up their fields, exactly and in the database: by the values of fields, or as a whole "
        "without `by`. The largest group comes first.",
        _group,
        {
            **_WHICH,
            "by": {**_FIELDS, "maxItems": MAX_GROUPED, "description": "Fields whose values make the groups."},
            "totals": {
                "type": "array",
                "maxItems": 20,
                "items": {
                    "type": "object",
                    "properties": {"function": {"enum": list(AGGREGATES)}, "field": {"type": "string"}},
                    "required": ["function", "field"],
                    "additionalProperties": False,
                },
            },
        },
        ("app", "table"),
    ),
)
