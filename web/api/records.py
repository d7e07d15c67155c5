"""Records: list, get, create, update, delete, one or up to 1,000 at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import records
from engine.storage import record_rows
from engine.storage.session import Session
from engine.upserts import upsert
from engine.values import Values
from web.api import edges, listing
from web.api.answering import Body, Endpoints, answered, answered_with_body
from web.api.callers import Caller
from web.api.cell_format import CellFormat
from web.api.cells import Cells
from web.api.errors import ApiRefusal
from web.api.fetched_files import with_fetched_files
from web.api.file_links import FileLinks
from web.api.listing import Options
from web.api.naming import Names, names_of, table_named
from web.api.paths import name_in
from web.api.responses import as_json
from web.api.shapes import DELETED, FLAG, TEXTS, array, asked, ref, shape, some
from web.api.writing import MOST, Given, check_id, given_in, make_choices, values_in

router = Endpoints()

_HOW = {"typecast": FLAG, "returnFieldsByFieldId": FLAG}
_ONE_NEW = shape(fields=ref("{table}.written"))
_NEW = shape(_HOW, fields=ref("{table}.written"))
_EITHER = {"anyOf": [ref("{table}.record"), ref("{table}.records")]}
_MERGE = shape({"fieldsToMergeOn": {**TEXTS, "minItems": 1, "maxItems": 3}})
_SEVERAL = shape(
    {"performUpsert": _MERGE, **_HOW}, records=some(shape(id=ref("RecordId"), fields=ref("{table}.written")), MOST)
)
_RECORDS = array(ref("{table}.record"))
_WRITTEN = shape({"createdRecords": TEXTS, "updatedRecords": TEXTS}, records=_RECORDS)


@router.on("GET", "/{app}/{table}", ref("{table}.page"), query=listing.QUERY)
async def list_records(request: Request, app: str, table: str) -> Response:
    """A page of records."""
    return await answered(request, _list, app, name_in(table), request.query_params.multi_items(), short=True)


@router.on("POST", "/{app}/{table}/listRecords", ref("{table}.page"), body=listing.BODY)
async def list_records_by_post(request: Request, app: str, table: str) -> Response:
    """The same with the options in the body, for those that are too long for an address."""
    query = dict(request.query_params)  # time zone and language may stand there
    return await answered_with_body(request, page_of, app, name_in(table), query)


@router.on("GET", "/{app}/{table}/{record}", ref("{table}.record"), query=listing.OF_CELLS)
async def get_record(request: Request, app: str, table: str, record: str) -> Response:
    """One record."""
    return await answered(request, one_of, app, name_in(table), record, request.query_params.multi_items(), short=True)


@router.on("POST", "/{app}/{table}", _EITHER, body={"anyOf": [_NEW, shape(_HOW, records=some(_ONE_NEW, MOST))]})
async def create_records(request: Request, app: str, table: str) -> Response:
    """Create one record, or several."""
    return await answered_with_body(request, create, app, name_in(table), proves=True)


@router.on("PATCH", "/{app}/{table}/{record}", ref("{table}.record"), body=_NEW)
async def update_record(request: Request, app: str, table: str, record: str) -> Response:
    """Set the fields that are given; with `If-Match` only if nobody changed the record meanwhile."""
    return await answered_with_body(
        request, _update_one, app, name_in(table), record, False, _tag_in(request), proves=True
    )


@router.on("PUT", "/{app}/{table}/{record}", ref("{table}.record"), body=_NEW)
async def replace_record(request: Request, app: str, table: str, record: str) -> Response:
    """Set the fields that are given and clear the others."""
    return await answered_with_body(
        request, _update_one, app, name_in(table), record, True, _tag_in(request), proves=True
    )


@router.on("PATCH", "/{app}/{table}", _WRITTEN, body=_SEVERAL)
async def update_records(request: Request, app: str, table: str) -> Response:
    """The same for several; with `performUpsert` those that are missing are created."""
    return await answered_with_body(request, update, app, name_in(table), False, proves=True)


@router.on("PUT", "/{app}/{table}", _WRITTEN, body=_SEVERAL)
async def replace_records(request: Request, app: str, table: str) -> Response:
    """The same, clearing the fields that are not given."""
    return await answered_with_body(request, update, app, name_in(table), True, proves=True)


@router.on("DELETE", "/{app}/{table}/{record}", DELETED)
async def delete_record(request: Request, app: str, table: str, record: str) -> Response:
    """Delete one record."""
    return await answered(request, _delete_one, app, name_in(table), record, _tag_in(request), proves=True)


@router.on(
    "DELETE", "/{app}/{table}", shape(records=array(DELETED)),
    query=[asked("records[]", some(ref("RecordId"), MOST), required=True)],
)  # fmt: skip
async def delete_records(request: Request, app: str, table: str) -> Response:
    """Delete several: `?records[]=rec...&records[]=rec...`."""
    query = request.query_params
    ids = query.getlist("records[]") + query.getlist("records")
    return await answered(request, _delete, app, name_in(table), ids, proves=True)


def _list(caller: Caller, app: str, table: str, pairs: Sequence[tuple[str, str]]) -> Any:
    with caller.read() as session:
        return _page(caller, session, app, table, listing.options_in_query(pairs))


def page_of(caller: Caller, app: str, table: str, query: Mapping[str, str], body: Body) -> Any:
    """A page of records; the options stand in a query, a body or both. Raises `ApiRefusal`, `Refused`."""
    with caller.read() as session:
        return _page(caller, session, app, table, listing.options_in({**query, **body}))


def _page(caller: Caller, session: Session, app: str, table: str, options: Options) -> Any:
    return listing.page(
        session, table_named(session.layout, app, table), options, FileLinks(caller), caller.site.signer
    )


def one_of(caller: Caller, app: str, table: str, record: str, pairs: Sequence[tuple[str, str]]) -> Any:
    """One record. Raises `ApiRefusal`, `NotFound`."""
    with caller.read() as session:
        cells = listing.options_in_query(pairs).cells
        names = _names(session, app, table)
        found = records.get(session, names.table.address, check_id(record))
        return cells.answers(session, names, None, [found], FileLinks(caller))[0]


def create(caller: Caller, app: str, table: str, body: Body) -> Any:
    """Create the records of a body. Raises `ApiRefusal`, `Refused` with every problem, `Forbidden`."""
    given = with_fetched_files(caller, app, table, given_in(body), "create")
    make_choices(caller, app, table, given)
    with caller.write() as session:
        names = _names(session, app, table)
        with values_in(session, names, given) as values:
            ids = records.create(session, names.table.address, values, reading=given.reading)
        return _answer(caller, session, names, ids, given)


def _update_one(caller: Caller, app: str, table: str, record: str, clear: bool, tag: str, body: Body) -> Any:
    listed = {**body, "records": [{"id": check_id(record), "fields": body.get("fields")}]}
    return _write(caller, app, table, given_in(listed, ids=True), clear, tag)["records"][0]


def update(caller: Caller, app: str, table: str, clear: bool, body: Body) -> Any:
    """Change the records of a body; `clear`: also empty what it does not name. Raises as `create` does."""
    merge = body.get("performUpsert")
    if merge is not None:
        return _upsert(caller, app, table, clear, body, merge)
    return _write(caller, app, table, given_in(_listed(body), ids=True), clear)


def _write(caller: Caller, app: str, table: str, given: Given, clear: bool, tag: str = "") -> dict[str, Any]:
    given = with_fetched_files(caller, app, table, given, "update")
    make_choices(caller, app, table, given)
    with caller.write() as session:
        names = _names(session, app, table)
        ids = [str(record_id) for record_id, _fields in given.records]
        _check_tag(caller, session, names, ids, tag)
        with values_in(session, names, given) as values:
            by_id = dict(zip(ids, _cleared(names, values, clear), strict=True))
            records.update(session, names.table.address, by_id, reading=given.reading)
        return {"records": _answers(caller, session, names, ids, given)}


def _upsert(caller: Caller, app: str, table: str, clear: bool, body: Body, merge: Any) -> Any:
    given = given_in(_listed(body), ids=None)
    merge_on = merge.get("fieldsToMergeOn") if isinstance(merge, Mapping) else None
    if (
        not isinstance(merge_on, list)
        or not 1 <= len(merge_on) <= 3
        or not all(isinstance(one, str) for one in merge_on)
    ):
        raise ApiRefusal(422, "INVALID_REQUEST_UNKNOWN", "Invalid request: fieldsToMergeOn takes one to three fields")
    given = with_fetched_files(caller, app, table, given, "update")
    make_choices(caller, app, table, given)
    with caller.write() as session:
        names = _names(session, app, table)
        keys = names.keys(merge_on, "/fieldsToMergeOn")
        with values_in(session, names, given) as values:
            ids = [record_id for record_id, _fields in given.records]
            pairs = list(zip(ids, _cleared(names, values, clear), strict=True))
            done = upsert(session, names.table.address, pairs, keys, reading=given.reading)
        answers = _answers(caller, session, names, done.ids, given)
        return {"records": answers, "createdRecords": done.created, "updatedRecords": done.updated}


def _delete_one(caller: Caller, app: str, table: str, record: str, tag: str) -> Any:
    return _delete(caller, app, table, [check_id(record)], tag)["records"][0]


def _delete(caller: Caller, app: str, table: str, ids: Sequence[str], tag: str = "") -> Any:
    if not 1 <= len(ids) <= MOST:
        raise ApiRefusal(422, "INVALID_RECORDS", f"Invalid request: name 1 to {MOST} records[] to delete")
    with caller.write() as session:
        names = _names(session, app, table)
        _check_tag(caller, session, names, ids, tag)
        records.delete(session, names.table.address, list(dict.fromkeys(map(check_id, ids))))
    return {"records": [{"id": one, "deleted": True} for one in ids]}


def _tag_in(request: Request) -> str:
    return request.headers.get("if-match", "")


def _check_tag(caller: Caller, session: Session, names: Names, ids: Sequence[str], tag: str) -> None:
    """Raises `ApiRefusal` unless the tag is that of the record as the caller reads it now."""
    if not tag:
        return
    record_rows.hold(session, names.table, ids)
    found = records.get_many(session, names.table.address, ids)
    forms = (CellFormat(by_key).answers(session, names, None, found, FileLinks(caller)) for by_key in (False, True))
    if not any(edges.names(edges.tag_of(bytes(as_json(one[0]).body)), tag) for one in forms if one):
        raise ApiRefusal(412, "PRECONDITION_FAILED", "The record is not as it was when it was read. Read it again")


def _listed(body: Body) -> Body:
    if "records" not in body:
        raise ApiRefusal(422, "INVALID_RECORDS", 'Could not find field "records" in the request body')
    return body


def _cleared(names: Names, values: list[Values], clear: bool) -> list[Values]:
    """With `clear`, every field that people may set and that is not given is emptied."""
    if not clear:
        return values
    empty = {key: None for key, field in names.table.fields.items() if field.writable and not field.is_side}
    return [{**empty, **one} for one in values]


def _names(session: Session, app: str, table: str) -> Names:
    return names_of(session.layout, table_named(session.layout, app, table), session.workspace.language)


def _answer(caller: Caller, session: Session, names: Names, ids: list[str], given: Given) -> Any:
    answers = _answers(caller, session, names, ids, given)
    return answers[0] if given.single else {"records": answers}


def _answers(caller: Caller, session: Session, names: Names, ids: list[str], given: Given) -> list[dict[str, Any]]:
    cells = Cells(session, names, by_key=given.by_key, links=FileLinks(caller))
    held = records.get_many(session, names.table.address, list(dict.fromkeys(ids)))
    found = {one["id"]: one for one in cells.records(held)}
    return [found[one] for one in ids]
