"""Groups and totals, which the API that clients know does not have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from engine import queries
from engine.storage.session import Session
from web.api import listing
from web.api.answering import Caller, Endpoint, answered
from web.api.cells import Cells
from web.api.naming import Names, names_of, table_named
from web.api.paths import name_in

router = APIRouter(route_class=Endpoint)

FUNCTIONS = ("sum", "average", "min", "max", "count", "filled", "empty", "unique")
Wanted = Mapping[str, Sequence[str]]  # function -> names of fields


@router.get("/{app}/{table}/groups")
async def group_records(request: Request, app: str, table: str) -> Response:
    """`?by=Stage&sum=Amount&sum=Total&average=Amount`, with the filter, view and search of a list.

    Answers `{"groups": [{"value", "count", "sum": {"Amount": 10}, ...}]}`, the largest group first. Without `by` there
    is one group: everything.
    """
    return await answered(request, _groups, app, name_in(table), request.query_params.multi_items())


def _groups(caller: Caller, app: str, table: str, pairs: Sequence[tuple[str, str]]) -> Any:
    by = next((value for name, value in pairs if name == "by"), "")
    wanted = {
        function: [value for name, value in pairs if name in (function, f"{function}[]")] for function in FUNCTIONS
    }
    options = listing.options_in_query([pair for pair in pairs if pair[0] != "by"])
    with caller.read() as session:
        names = names_of(session.layout, table_named(session.layout, app, table), session.workspace.language)
        query = listing.question(session, names, options)
        if not by:
            found = _everything(session, names, query, wanted)
        else:
            found = _by_value(session, names, query, names.key(by, "/by"), wanted)
        return {"groups": found}


def _everything(session: Session, names: Names, query: queries.Query, wanted: Wanted) -> list[dict[str, Any]]:
    whole: dict[str, Any] = {"count": queries.count(session, query)}
    for function, fields in wanted.items():
        if fields:
            keys = dict(zip(fields, names.keys(fields, f"/{function}"), strict=True))
            totals = queries.totals(session, query, dict.fromkeys(keys.values(), function))
            whole[function] = {name: totals[key] for name, key in keys.items()}
    return [whole]


def _by_value(session: Session, names: Names, query: queries.Query, by: str, wanted: Wanted) -> list[dict[str, Any]]:
    shape = Cells(session, names, [by])
    asked = {function: fields for function, fields in wanted.items() if fields}
    groups: dict[Any, dict[str, Any]] = {}
    # One question takes one function for a field, so each function is asked for by itself.
    for function, fields in (asked or {"": ()}).items():
        keys = dict(zip(fields, names.keys(fields, f"/{function}"), strict=True))
        for one in queries.groups(session, query, by, dict.fromkeys(keys.values(), function)):
            group = groups.setdefault(one.value, {"value": shape.value(by, one.value), "count": one.count})
            if keys:
                group[function] = {name: one.totals[key] for name, key in keys.items()}
    return list(groups.values())
