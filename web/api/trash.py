"""The trash: list, bring back, delete for good."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import trash
from engine.json_text import read_token
from engine.storage.trash_rows import Kind
from engine.trash import Trashed
from web.api.answering import Body, Endpoints, answered, answered_with_body, whole_number
from web.api.callers import Caller
from web.api.errors import ApiRefusal, wrong_request
from web.api.naming import said
from web.api.persons import Persons
from web.api.shapes import (
    DELETED,
    MOMENT,
    PAGE,
    TEXT,
    WHO,
    WHOLE,
    array,
    asked,
    one_of,
    or_null,
    page_of,
    shape,
    some,
)

router = Endpoints("/meta/trash")

PAGE_SIZE = 100
MOST = 1_000
_KINDS: tuple[Kind, ...] = ("record", "field", "table", "app")
_THING = shape(
    id=TEXT, kind=one_of(*_KINDS), name=TEXT, appId=TEXT, tableId=or_null(TEXT), key=or_null(TEXT), count=WHOLE,
    deletedTime=MOMENT, deletedBy=or_null(WHO), transactionId=TEXT, together=WHOLE,
)  # fmt: skip
_IDS = some(TEXT, MOST)


@router.on("GET", "", page_of("things", _THING), query=PAGE)
async def list_trash(request: Request) -> Response:
    """What was deleted and can come back, the newest first: records, fields, tables, apps."""
    return await answered(request, _list, dict(request.query_params))


@router.on("POST", "/restore", shape(things=array(shape(id=TEXT, restored={"const": True}))), body=shape(ids=_IDS))
async def restore_things(request: Request) -> Response:
    """Bring things back under the keys and ids that they had, with what was linked to them."""
    return await answered_with_body(request, _restore)


@router.on("DELETE", "", shape(things=array(DELETED)), query=[asked("ids[]", _IDS, required=True)])
async def purge_things(request: Request) -> Response:
    """Delete things for good, with their history: `?ids[]=...&ids[]=...`."""
    query = request.query_params
    return await answered(request, _purge, query.getlist("ids[]") + query.getlist("ids"))


def _list(caller: Caller, query: Mapping[str, str]) -> Any:
    size = whole_number(query, "pageSize", least=1, most=PAGE_SIZE) or PAGE_SIZE
    after = _last_seen(query.get("offset", ""))
    with caller.read() as session:
        found, persons = trash.entries(session, size + 1, after=after), Persons(session)
        language = session.workspace.language
        answer: dict[str, Any] = {"things": [_told(one, persons, language) for one in found[:size]]}
    if len(found) > size:
        last = found[size - 1]
        answer["offset"] = base64.urlsafe_b64encode(json.dumps([last.at, last.id]).encode()).decode()
    return answer


def _restore(caller: Caller, body: Body) -> Any:
    ids = _ids(body.get("ids"))
    with caller.write() as session:
        found = trash.restore(session, ids)
    return {"things": [{"id": one.id, "restored": True} for one in found]}


def _purge(caller: Caller, given: Sequence[str]) -> Any:
    ids = _ids(list(given))
    with caller.write() as session:
        trash.purge(session, ids)
    return {"things": [{"id": one, "deleted": True} for one in ids]}


def _ids(given: Any) -> list[str]:
    if not isinstance(given, list) or not 1 <= len(given) <= MOST or not all(isinstance(one, str) for one in given):
        raise wrong_request(f"ids names 1 to {MOST} things that are in the trash")
    return list(dict.fromkeys(given))


def _last_seen(offset: str) -> tuple[str, str] | None:
    if not offset:
        return None
    said = read_token(offset)
    at, thing = said if isinstance(said, list) and len(said) == 2 else (None, None)
    if not isinstance(at, str) or not isinstance(thing, str):
        raise ApiRefusal(422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE", "The offset is not one of ours; begin anew")
    return at, thing


def _told(one: Trashed, persons: Persons, language: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "name": said(one.name, language),
        "appId": one.app,
        "tableId": one.table.partition(".")[2] if one.table else None,
        "key": one.key,
        "count": one.count,
        "deletedTime": one.at,
        "deletedBy": persons.named(one.by),
        "transactionId": one.transaction_id,
        "together": one.together,
    }
