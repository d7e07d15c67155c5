"""Groups and totals, which the API that clients know does not have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import queries, totals
from engine.formulas.aggregates import AGGREGATES
from engine.queries import Query
from engine.storage.session import Session
from web.api import listing
from web.api.answering import Endpoints, answered
from web.api.callers import Caller
from web.api.cells import Cells
from web.api.naming import Names, names_of, table_named
from web.api.paths import name_in

router = Endpoints()

Wanted = list[tuple[str, str, str]]  # (function, key and name of the field)


@router.on("GET", "/{app}/{table}/groups")
async def group_records(request: Request, app: str, table: str) -> Response:
    """`?by=Stage&by=Owner&sum=Amount&sum=Total&median=Amount`, with the filter, view and search of a list.

    Answers `{"groups": [{"value", "count", "sum": {"Amount": 10}, ...}]}`, the largest group first; grouped by several
    fields each group has `values`, too. Without `by` there is one group: everything. `distribution=Stage` gives a list
    of `{"value", "count", "share"}`, what is there most often first.
    """
    return await answered(request, groups_of, app, name_in(table), request.query_params.multi_items())


def groups_of(caller: Caller, app: str, table: str, pairs: Sequence[tuple[str, str]]) -> Any:
    """The answer to a query. Raises `ApiRefusal`, `Refused`."""
    options = listing.options_in_query([pair for pair in pairs if pair[0] not in ("by", "by[]")])
    with caller.read() as session:
        names = names_of(session.layout, table_named(session.layout, app, table), session.workspace.language)
        query = listing.question(session, names, options)
        by = [names.key(value, "/by") for name, value in pairs if name in ("by", "by[]")]
        functions = [(name.removesuffix("[]"), value) for name, value in pairs if name.removesuffix("[]") in AGGREGATES]
        wanted = [(function, names.key(name, f"/{function}"), name) for function, name in functions]
        return {"groups": _found(session, names, query, by, wanted)}


def _found(session: Session, names: Names, query: Query, by: list[str], wanted: Wanted) -> list[dict[str, Any]]:
    asked = [(function, key) for function, key, _name in wanted]
    spread = [key for function, key in asked if AGGREGATES[function].gives == "portions"]
    shape = Cells(session, names, list(dict.fromkeys([*by, *spread])))
    if not by:
        return [{"count": queries.count(session, query)} | _named(shape, wanted, totals.totals(session, query, asked))]
    found = []
    for one in totals.groups(session, query, by, asked):
        values = [shape.value(key, value) for key, value in zip(by, one.values, strict=True)]
        several = {"values": values} if len(by) > 1 else {}
        found.append({"value": values[0], **several, "count": one.count} | _named(shape, wanted, one.totals))
    return found


def _named(shape: Cells, wanted: Wanted, found: Sequence[Any]) -> dict[str, dict[str, Any]]:
    named: dict[str, dict[str, Any]] = {}
    for (function, key, name), total in zip(wanted, found, strict=True):
        if AGGREGATES[function].gives == "portions":
            total = [{**one, "value": shape.value(key, one["value"])} for one in total]
        named.setdefault(function, {})[name] = total
    return named
