"""What happened to a record, or to all records of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import history, records
from engine.history import Entry
from engine.storage.session import Session
from web.api.answering import Endpoints, answered, is_true, whole_number
from web.api.callers import Caller
from web.api.naming import table_named
from web.api.past_cells import PastCells
from web.api.paths import name_in
from web.api.persons import Persons
from web.api.shapes import ANYTHING, FLAG, MOMENT, PAGE, TEXT, WHO, asked, one_of, or_null, page_of, ref, shape
from web.api.writing import check_id

router = Endpoints("/{app}/{table}")

PAGE_SIZE = 100
_ENTRY = shape(
    id=TEXT, transactionId=TEXT, createdTime=MOMENT, kind=one_of("created", "updated", "deleted"),
    recordId=ref("RecordId"), message=TEXT, by=shape(kind=TEXT, id=TEXT, user=or_null(WHO)), cause=or_null(TEXT),
    before=ANYTHING, after=ANYTHING,
)  # fmt: skip
_QUERY = [*PAGE, asked("returnFieldsByFieldId", FLAG)]


@router.on("GET", "/history", page_of("history", _ENTRY), query=_QUERY)
async def history_of_table(request: Request, app: str, table: str) -> Response:
    """What happened to the records of a table, the newest first."""
    return await answered(request, _of_table, app, name_in(table), dict(request.query_params))


@router.on("GET", "/{record}/history", page_of("history", _ENTRY), query=_QUERY)
async def history_of_record(request: Request, app: str, table: str, record: str) -> Response:
    """What happened to a record, the newest first: who changed which values, and why."""
    return await answered(request, _of_record, app, name_in(table), record, dict(request.query_params))


def _of_table(caller: Caller, app: str, table: str, query: Mapping[str, str]) -> Any:
    size, before = _page_of(query)
    with caller.read() as session:
        address = table_named(session.layout, app, table).address
        found = history.of_table(session, address, size + 1, before=before)
        return _told(session, address, found, size, query)


def _of_record(caller: Caller, app: str, table: str, record: str, query: Mapping[str, str]) -> Any:
    size, before = _page_of(query)
    with caller.read() as session:
        address = table_named(session.layout, app, table).address
        found = history.of_record(session, address, check_id(record), size + 1, before=before)
        if not found:
            records.get(session, address, record)  # of what never was there is no history
        return _told(session, address, found, size, query)


def _page_of(query: Mapping[str, str]) -> tuple[int, int | None]:
    size = whole_number(query, "pageSize", least=1, most=PAGE_SIZE) or PAGE_SIZE
    return size, whole_number(query, "offset", least=1)


def _told(session: Session, address: str, found: list[Entry], size: int, query: Mapping[str, str]) -> Any:
    by_key = is_true(query.get("returnFieldsByFieldId"))
    cells, persons = PastCells(session, session.layout.table(address), by_key=by_key), Persons(session)
    answer: dict[str, Any] = {"history": [_entry(one, cells, persons) for one in found[:size]]}
    if len(found) > size:
        answer["offset"] = str(found[size - 1].id)
    return answer


def _entry(one: Entry, cells: PastCells, persons: Persons) -> dict[str, Any]:
    change = one.change
    return {
        "id": str(one.id),
        "transactionId": one.transaction_id,
        "createdTime": one.at,
        "kind": change.kind,
        "recordId": change.record_id,
        "message": str(one.says),
        "by": {"kind": one.by_kind, "id": one.by_id, "user": persons.named(one.user_id)},
        "cause": one.cause,
        "before": cells.values(change.record_id, change.before),
        "after": cells.values(change.record_id, change.after),
    }
