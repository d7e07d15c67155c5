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
from engine.view_types import EACH, grouped_field
from web.api import listing
from web.api.answering import Endpoints, answered
from web.api.callers import Caller
from web.api.cells import Cells
from web.api.naming import Names, names_of, table_named
from web.api.paths import name_in
from web.api.shapes import ANYTHING, TEXTS, WHOLE, array, asked, shape

router = Endpoints()

_TOTALS = dict.fromkeys(AGGREGATES, ANYTHING)  # by the names of the fields that they are asked of
_GROUP = shape({"value": {}, "values": array({}), **_TOTALS, "count": {"anyOf": [WHOLE, ANYTHING]}})
_QUERY = [
    asked("by", TEXTS), *(asked(name, TEXTS) for name in AGGREGATES),
    asked("filterByFormula"), asked("view"), asked("search"),
]  # fmt: skip

Wanted = list[tuple[str, str, str]]  # (function, key and name of the field)


@router.on("GET", "/{app}/{table}/groups", shape(groups=array(_GROUP)), query=_QUERY)
async def group_records(request: Request, app: str, table: str) -> Response:
    """`?by=Stage&by=Owner&sum=Amount&sum=Total&median=Amount`, with the filter, view and search of a list.

    Answers `{"groups": [{"value", "count", "sum": {"Amount": 10}, ...}]}`, the largest group first; grouped by several
    fields each group has `values`, too. By `by=each:Tags` a record counts in a group for each of its tags. Without
    `by` there is one group: everything. `distribution=Stage` gives a list of `{"value", "count", "share"}`, what is
    there most often first.
    """
    return await answered(request, groups_of, app, name_in(table), request.query_params.multi_items())


def groups_of(caller: Caller, app: str, table: str, pairs: Sequence[tuple[str, str]]) -> Any:
    """The answer to a query. Raises `ApiRefusal`, `Refused`."""
    options = listing.options_in_query([pair for pair in pairs if pair[0] not in ("by", "by[]")])
    with caller.read() as session:
        names = names_of(session.layout, table_named(session.layout, app, table), session.workspace.language)
        query = listing.question(session, names, options)
        by = [_key_of(names, value) for name, value in pairs if name in ("by", "by[]")]
        functions = [(name.removesuffix("[]"), value) for name, value in pairs if name.removesuffix("[]") in AGGREGATES]
        wanted = [(function, names.key(name, f"/{function}"), name) for function, name in functions]
        return {"groups": _found(session, names, query, by, wanted)}


def _found(session: Session, names: Names, query: Query, by: list[str], wanted: Wanted) -> list[dict[str, Any]]:
    asked = [(function, key) for function, key, _name in wanted]
    spread = [key for function, key in asked if AGGREGATES[function].gives == "portions"]
    shape = Cells(session, names, list(dict.fromkeys([*map(grouped_field, by), *spread])))
    if not by:
        return [{"count": queries.count(session, query)} | _named(shape, wanted, totals.totals(session, query, asked))]
    found = []
    for one in totals.groups(session, query, by, asked):
        values = [_value(shape, key, value) for key, value in zip(by, one.values, strict=True)]
        several = {"values": values} if len(by) > 1 else {}
        found.append({"value": values[0], **several, "count": one.count} | _named(shape, wanted, one.totals))
    return found


def _key_of(names: Names, name: str) -> str:
    key = names.key(grouped_field(name), "/by")
    return f"{EACH}{key}" if name.startswith(EACH) else key


def _value(shape: Cells, name: str, value: Any) -> Any:
    """The value of a group; one item of a list looks as it does among the others."""
    if not name.startswith(EACH) or value is None:
        return shape.value(grouped_field(name), value)
    return next(iter(shape.value(grouped_field(name), [value])), None)


def _named(shape: Cells, wanted: Wanted, found: Sequence[Any]) -> dict[str, dict[str, Any]]:
    named: dict[str, dict[str, Any]] = {}
    for (function, key, name), total in zip(wanted, found, strict=True):
        if AGGREGATES[function].gives == "portions":
            total = [{**one, "value": shape.value(key, one["value"])} for one in total]
        named.setdefault(function, {})[name] = total
    return named
