"""What there is: the asker, the bases (our apps), their tables with fields and views."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import accounts, apps
from engine.definitions.language import Field, Table, View
from engine.storage.layout import Layout
from web.api.answering import Caller, Endpoints, answered
from web.api.errors import NoSuchThing
from web.api.field_configs import field_config
from web.api.naming import app_named, names_of, said

router = Endpoints("/meta")

# What a role may do, in the words that clients know.
_LEVELS = {"owner": "create", "builder": "create", "member": "edit", "guest": "read"}


@router.on("GET", "/whoami")
async def whoami(request: Request) -> Response:
    """For whom the token acts."""
    return await answered(request, _whoami)


@router.on("GET", "/bases")
async def list_bases(request: Request) -> Response:
    """The installed apps."""
    return await answered(request, _bases)


@router.on("GET", "/bases/{app}/tables")
async def list_tables(request: Request, app: str) -> Response:
    """The tables of an app; `?include=visibleFieldIds` also says which fields each view shows."""
    return await answered(request, _tables, app, "visibleFieldIds" in request.query_params.getlist("include"))


@router.on("GET", "/{rest:path}")
async def nothing_else(request: Request, rest: str) -> Response:
    """No app is called meta."""
    return await answered(request, _nothing)


def _whoami(caller: Caller) -> Any:
    person = accounts.person(caller.site.stores, caller.holder.user_id)
    scopes = ["data.records:read", *(["data.records:write"] if caller.holder.scope.writes else [])]
    return {"id": person.id, "email": person.email, "scopes": scopes}


def _bases(caller: Caller) -> Any:
    with caller.read() as session:
        language, level = session.workspace.language, _LEVELS[caller.holder.role]
        found = apps.installed(session)
        return {
            "bases": [{"id": one.key, "name": said(one.label, language), "permissionLevel": level} for one in found]
        }


def _tables(caller: Caller, app: str, with_fields: bool) -> Any:
    with caller.read() as session:
        tables = app_named(session.layout, app).tables.values()
        return {"tables": [_table(session.layout, one, session.workspace.language, with_fields) for one in tables]}


def _nothing(_caller: Caller) -> Any:
    raise NoSuchThing


def _table(layout: Layout, table: Table, language: str, with_fields: bool) -> dict[str, Any]:
    names = names_of(layout, table, language)
    made: dict[str, Any] = {
        "id": table.key,
        "name": said(table.label, language, table.key),
        "primaryFieldId": table.title,
        "fields": [_field(layout, table.fields[key], names.labels[key], language) for key in names.shown],
        "views": [_view(table, one, language, with_fields) for one in table.views.values()],
    }
    if table.description:
        made["description"] = said(table.description, language)
    return made


def _field(layout: Layout, field: Field, label: str, language: str) -> dict[str, Any]:
    made: dict[str, Any] = {"id": field.key, "name": label, **field_config(layout, field, language)}
    if field.help:
        made["description"] = said(field.help, language)
    return made


def _view(table: Table, view: View, language: str, with_fields: bool) -> dict[str, Any]:
    made: dict[str, Any] = {"id": view.key, "name": said(view.label, language, view.key), "type": view.type}
    if with_fields:
        made["visibleFieldIds"] = [one.key for one in table.shown_in(view)]
    return made
