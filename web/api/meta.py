"""What there is: the asker, the bases (our apps), their tables with fields and views."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import accounts, apps, workspaces
from engine.definitions.language import Field, Table, View
from engine.storage.layout import Layout
from engine.storage.session import Session
from web.api.answering import Endpoints, answered
from web.api.callers import Caller
from web.api.errors import NoSuchThing
from web.api.field_configs import field_config
from web.api.levels import LEVELS
from web.api.naming import app_named, names_of, said, view_id
from web.api.shapes import ANYTHING, MOMENT, TEXT, TEXTS, array, asked, one_of, shape

router = Endpoints("/meta")

FIELD = shape({"description": TEXT, "options": ANYTHING}, id=TEXT, name=TEXT, type=TEXT)
_VIEW = shape({"visibleFieldIds": TEXTS}, id=TEXT, name=TEXT, type=TEXT)
TABLE = shape({"description": TEXT}, id=TEXT, name=TEXT, primaryFieldId=TEXT, fields=array(FIELD), views=array(_VIEW))
_BASE = shape(id=TEXT, name=TEXT, permissionLevel=TEXT)
_WITH_PEOPLE = shape(**_BASE["properties"], createdTime=MOMENT, workspaceId=TEXT, interfaces=ANYTHING)


@router.on("GET", "/whoami", shape(id=TEXT, email=TEXT, scopes=TEXTS))
async def whoami(request: Request) -> Response:
    """For whom the token acts."""
    return await answered(request, _whoami)


@router.on("GET", "/bases", shape(bases=array(_BASE)))
async def list_bases(request: Request) -> Response:
    """The installed apps."""
    return await answered(request, _bases)


@router.on(
    "GET", "/bases/{app}/tables", shape(tables=array(TABLE)), query=[asked("include", one_of("visibleFieldIds"))]
)
async def list_tables(request: Request, app: str) -> Response:
    """The tables of an app; `?include=visibleFieldIds` also says which fields each view shows."""
    return await answered(request, _tables, app, "visibleFieldIds" in request.query_params.getlist("include"))


@router.on("GET", "/bases/{app}/views", shape(views=array(_VIEW)))
async def list_views(request: Request, app: str) -> Response:
    """The views of all tables of an app."""
    return await answered(request, _views, app)


@router.on("GET", "/bases/{app}", _WITH_PEOPLE)
async def base_with_people(request: Request, app: str) -> Response:
    """An app with the people who may use it; only owners are told who they are."""
    return await answered(request, _base, app)


@router.on("GET", "/workspaces/{workspace}", shape(id=TEXT, name=TEXT, createdTime=MOMENT, baseIds=TEXTS))
async def workspace_with_people(request: Request, workspace: str) -> Response:
    """The workspace that the token opens, with its apps and its people; only owners are told who they are."""
    return await answered(request, _workspace, workspace)


def _whoami(caller: Caller) -> Any:
    person = accounts.person(caller.site.stores, caller.holder.user_id)
    scopes = ["data.records:read", "data.recordComments:read", "schema.bases:read"]
    held = caller.holder.scope
    scopes += ["data.records:write", "data.recordComments:write"] if held.writes else []
    scopes += ["schema.bases:write", "webhook:manage"] if held.builds else []
    scopes += ["workspacesAndBases:manage"] if held.people else []
    return {"id": person.id, "email": person.email, "scopes": scopes}


def _bases(caller: Caller) -> Any:
    with caller.read() as session:
        language, level = session.workspace.language, LEVELS[caller.holder.role]
        found = apps.installed(session)
        return {
            "bases": [{"id": one.key, "name": said(one.label, language), "permissionLevel": level} for one in found]
        }


def _tables(caller: Caller, app: str, with_fields: bool) -> Any:
    with caller.read() as session:
        tables = app_named(session.layout, app).tables.values()
        return {"tables": [described_table(session, one, with_fields=with_fields) for one in tables]}


def _views(caller: Caller, app: str) -> Any:
    with caller.read() as session:
        language = session.workspace.language
        tables = app_named(session.layout, app).tables.values()
        return {"views": [_view(table, one, language, False) for table in tables for one in table.views.values()]}


def _base(caller: Caller, app: str) -> Any:
    with caller.read() as session:
        found = app_named(session.layout, app)
        made: dict[str, Any] = {
            "id": found.key,
            "name": said(found.label, session.workspace.language),
            "createdTime": apps.installed_at(session, found.key),
            "permissionLevel": LEVELS[caller.holder.role],
            "workspaceId": caller.holder.workspace_id,
            "interfaces": {},
        }
    return made | _people(caller, made["createdTime"])


def _workspace(caller: Caller, workspace: str) -> Any:
    if workspace != caller.holder.workspace_id:
        raise NoSuchThing
    membership = workspaces.membership(caller.site.stores, workspace, caller.holder.user_id)
    with caller.read() as session:
        ids = [one.key for one in apps.installed(session)]
    since = workspaces.created_at(caller.site.stores, workspace)
    made: dict[str, Any] = {
        "id": workspace,
        "name": membership.name,
        "createdTime": since,
        "baseIds": ids,
        "workspaceRestrictions": {
            "inviteCreationRestriction": "onlyOwners",
            "shareCreationRestriction": "unrestricted",
        },
    }
    return made | _people(caller, since)


def _people(caller: Caller, since: str) -> dict[str, Any]:
    """Who belongs to the workspace, as everybody who does belongs to each of its apps."""
    shown = caller.principal.role == "owner" and caller.holder.scope.people
    found = workspaces.people(caller.site.stores, caller.holder.workspace_id) if shown else []
    listed = [
        {
            "userId": one.id,
            "email": one.email,
            "permissionLevel": "owner" if one.role == "owner" else LEVELS[one.role],
            "createdTime": since,
            "grantedByUserId": caller.holder.user_id,
        }
        for one in found
    ]
    return {
        "individualCollaborators": {"baseCollaborators": [], "workspaceCollaborators": listed},
        "groupCollaborators": {"baseCollaborators": [], "workspaceCollaborators": []},
        "inviteLinks": {"baseInviteLinks": [], "workspaceInviteLinks": []},
    }


def described_table(session: Session, table: Table, *, with_fields: bool = False) -> dict[str, Any]:
    """A table with its fields and views; `with_fields`: also which fields each view shows."""
    layout, language = session.layout, session.workspace.language
    names = names_of(layout, table, language)
    made: dict[str, Any] = {
        "id": table.key,
        "name": said(table.label, language, table.key),
        "primaryFieldId": table.title,
        "fields": [described_field(layout, table.fields[key], names.labels[key], language) for key in names.shown],
        "views": [_view(table, one, language, with_fields) for one in table.views.values()],
    }
    if table.description:
        made["description"] = said(table.description, language)
    return made


def described_field(layout: Layout, field: Field, label: str, language: str) -> dict[str, Any]:
    """A field with its type and options, called `label`."""
    made: dict[str, Any] = {"id": field.key, "name": label, **field_config(layout, field, language)}
    if field.help:
        made["description"] = said(field.help, language)
    return made


def _view(table: Table, view: View, language: str, with_fields: bool) -> dict[str, Any]:
    made: dict[str, Any] = {"id": view_id(table, view), "name": said(view.label, language, view.key), "type": view.type}
    if with_fields:
        made["visibleFieldIds"] = [one.key for one in table.shown_in(view)]
    return made
