"""Making and renaming what there is: bases (our apps), tables, fields; taking views and bases away.

Each is one change of the app's definition, kept as a revision, by those who may build.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import apps, building, views
from engine.building import NewTable
from engine.storage.session import Session
from web.api.answering import Body, Endpoints, answered, answered_with_body
from web.api.callers import Caller
from web.api.errors import ApiRefusal, NoSuchThing
from web.api.meta import FIELD, TABLE, described_field, described_table
from web.api.naming import app_named, field_named, names_of, table_named, view_with_id
from web.api.new_fields import MAKEABLE, field_in, name_and_description
from web.api.paths import name_in
from web.api.shapes import ANYTHING, DELETED, NAME, TEXT, array, one_of, shape

router = Endpoints("/meta/bases")

_CALLED = shape({"name": NAME, "description": TEXT})
_FIELD = shape({"description": TEXT, "options": ANYTHING}, name=NAME, type=one_of(*MAKEABLE))
_TABLE = shape({"description": TEXT}, name=NAME, fields=array(_FIELD))


@router.on(
    "POST", "", shape(id=TEXT, tables=array(TABLE)), body=shape(workspaceId=TEXT, name=NAME, tables=array(_TABLE))
)
async def create_base(request: Request) -> Response:
    """Make an app: `{"workspaceId", "name", "tables": [{"name", "description"?, "fields": [...]}]}`."""
    return await answered_with_body(request, _create_base)


@router.on("DELETE", "/{app}", DELETED)
async def delete_base(request: Request, app: str) -> Response:
    """Take an app out of the workspace; what it held lies in the trash."""
    return await answered(request, _delete_base, app)


@router.on("POST", "/{app}/tables", TABLE, body=_TABLE)
async def create_table(request: Request, app: str) -> Response:
    """Add a table: `{"name", "description"?, "fields": [{"name", "type", "options"?, "description"?}]}`."""
    return await answered_with_body(request, _create_table, app)


@router.on("PATCH", "/{app}/tables/{table}", TABLE, body=_CALLED)
async def change_table(request: Request, app: str, table: str) -> Response:
    """Call a table by another name, or describe it: `{"name"?, "description"?}`."""
    return await answered_with_body(request, _change_table, app, name_in(table))


@router.on("POST", "/{app}/tables/{table}/fields", FIELD, body=_FIELD)
async def create_field(request: Request, app: str, table: str) -> Response:
    """Add a field: `{"name", "type", "options"?, "description"?}`."""
    return await answered_with_body(request, _create_field, app, name_in(table))


@router.on("PATCH", "/{app}/tables/{table}/fields/{field}", FIELD, body=_CALLED)
async def change_field(request: Request, app: str, table: str, field: str) -> Response:
    """Call a field by another name, or describe it: `{"name"?, "description"?}`."""
    return await answered_with_body(request, _change_field, app, name_in(table), name_in(field))


@router.on("DELETE", "/{app}/views/{view}", DELETED)
async def delete_view(request: Request, app: str, view: str) -> Response:
    """Take a view away."""
    return await answered(request, _delete_view, app, view)


def _create_base(caller: Caller, body: Body) -> Any:
    if body.get("workspaceId") != caller.holder.workspace_id:
        raise NoSuchThing
    listed = body.get("tables")
    if not isinstance(listed, list):
        raise _missing("tables")
    tables = [_table_in(one) for one in listed]
    with caller.write() as session:
        key = building.create_app(session, _name_in(body), tables)
        made = session.layout.apps[key].tables.values()
        return {"id": key, "tables": [described_table(session, one) for one in made]}


def _delete_base(caller: Caller, app: str) -> Any:
    with caller.write() as session:
        apps.remove(session, app_named(session.layout, app).key)
    return {"id": app, "deleted": True}


def _create_table(caller: Caller, app: str, body: Body) -> Any:
    with caller.write() as session:
        address = building.create_table(session, app_named(session.layout, app).key, _table_in(body))
        return described_table(session, session.layout.table(address))


def _change_table(caller: Caller, app: str, table: str, body: Body) -> Any:
    name, description = name_and_description(body)
    with caller.write() as session:
        address = table_named(session.layout, app, table).address
        building.describe_table(session, address, label=name, description=description)
        return described_table(session, session.layout.table(address))


def _create_field(caller: Caller, app: str, table: str, body: Body) -> Any:
    with caller.write() as session:
        address = table_named(session.layout, app, table).address
        key = building.create_field(session, address, field_in(body))
        return _field(session, address, key)


def _change_field(caller: Caller, app: str, table: str, field: str, body: Body) -> Any:
    name, description = name_and_description(body)
    with caller.write() as session:
        of = table_named(session.layout, app, table)
        key = field_named(names_of(session.layout, of, session.workspace.language), field).key
        building.describe_field(session, of.address, key, label=name, help=description)
        return _field(session, of.address, key)


def _delete_view(caller: Caller, app: str, view: str) -> Any:
    with caller.write() as session:
        table, found = view_with_id(app_named(session.layout, app), view)
        views.delete(session, table.address, found.key)
    return {"id": view, "deleted": True}


def _field(session: Session, address: str, key: str) -> dict[str, Any]:
    language = session.workspace.language
    names = names_of(session.layout, session.layout.table(address), language)
    return described_field(session.layout, names.table.fields[key], names.labels[key], language)


def _table_in(given: Any) -> NewTable:
    if not isinstance(given, dict):
        raise ApiRefusal(422, "INVALID_REQUEST_UNKNOWN", "Invalid request: a table is an object")
    fields = given.get("fields")
    if not isinstance(fields, list):
        raise _missing("fields")
    description = name_and_description(given)[1] or ""
    return NewTable(_name_in(given), [field_in(one) for one in fields], description)


def _name_in(given: Body) -> str:
    name = name_and_description(given)[0]
    if name is None:
        raise _missing("name")
    return name


def _missing(name: str) -> ApiRefusal:
    return ApiRefusal(422, "INVALID_REQUEST_MISSING_FIELDS", f'Could not find field "{name}" in the request body')
