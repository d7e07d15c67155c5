"""Files of records: one is added by sending what is in it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import files, records
from engine.access import door
from engine.definitions.language import Table
from engine.errors import NotFound
from engine.field_types import TakesFiles
from engine.storage import record_rows
from engine.storage.session import Session
from engine.text import _
from web.api.answering import Body, Endpoints, answered_with_body
from web.api.callers import Caller
from web.api.cells import Cells
from web.api.file_links import FileLinks
from web.api.files import CONTENT, content_in
from web.api.naming import names_of
from web.api.paths import name_in
from web.api.shapes import ANYTHING, MOMENT, ref, shape
from web.api.writing import check_id

router = Endpoints()

_ADDED = shape(id=ref("RecordId"), createdTime=MOMENT, fields=ANYTHING)


@router.on("POST", "/{app}/{record}/{field}/uploadAttachment", _ADDED, body=CONTENT)
async def upload(request: Request, app: str, record: str, field: str) -> Response:
    """Add a file to a record: `{"filename", "file"}`, the content in base64. The type that it says is not believed."""
    return await answered_with_body(request, _upload, app, record, name_in(field))


def _upload(caller: Caller, app: str, record: str, field: str, body: Body) -> Any:
    name, content = content_in(body)
    with caller.read() as session:
        table, key = _found(session, app, check_id(record), field)
        door.enter(caller.principal, "update", table, {key})  # before a file is kept for nothing
    brought = files.bring(caller.store, caller.principal, content, name, caller.site.file_limits)
    with caller.write() as session:
        before = records.get(session, table.address, record).values.get(key) or []
        records.update(session, table.address, {record: {key: [*before, brought.id]}})
        names = names_of(session.layout, table, session.workspace.language)
        found = records.get(session, table.address, record)
        return Cells(session, names, [key], by_key=True, links=FileLinks(caller)).record(found)


def _found(session: Session, app: str, record: str, field: str) -> tuple[Table, str]:
    """The table that has the record, and the key of its field. Raises `NotFound`."""
    for table in session.layout.apps.tables.values():
        if table.app != app:
            continue
        named = names_of(session.layout, table, session.workspace.language).fields.get(field)
        if named is not None and isinstance(named.kind, TakesFiles) and record_rows.existing(session, table, [record]):
            return table, named.key
    raise NotFound(_("There is no record {id} (any more).", id=record))
