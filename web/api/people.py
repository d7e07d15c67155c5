"""The people of the workspace: list them, change what they are and where they work, take somebody out."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import departments, people, workspaces
from engine.access import door
from engine.errors import NotFound
from engine.people import Person
from engine.storage.session import Session
from engine.text import _
from engine.workspaces import ROLES
from web.api.answering import Body, Endpoints, answered, answered_with_body
from web.api.callers import Caller
from web.api.errors import wrong_request
from web.api.shapes import DELETED, TEXT, array, one_of, or_null, shape

router = Endpoints("/meta/people")

_PERSON = shape(
    id=TEXT, email=TEXT, name=TEXT, role=one_of(*ROLES), departmentId=or_null(TEXT), managerId=or_null(TEXT)
)
_CHANGE = shape({"role": one_of(*ROLES), "departmentId": or_null(TEXT), "managerId": or_null(TEXT)})


@router.on("GET", "", shape(people=array(_PERSON)))
async def list_people(request: Request) -> Response:
    """Everybody who belongs to the workspace, by name."""
    return await answered(request, _list)


@router.on("PATCH", "/{user}", _PERSON, body=_CHANGE)
async def change_person(request: Request, user: str) -> Response:
    """Change what somebody is in the workspace (owners do), in which department they are, to whom they report."""
    return await answered_with_body(request, _change, user)


@router.on("DELETE", "/{user}", DELETED)
async def remove_person(request: Request, user: str) -> Response:
    """Take somebody out of the workspace; their account stays, their tokens for it end."""
    return await answered(request, _remove, user)


def _list(caller: Caller) -> Any:
    caller.principal.scope.check_people()
    with caller.read() as session:
        return {"people": [_told(one) for one in people.everybody(session)]}


def _change(caller: Caller, user: str, body: Body) -> Any:
    if not body.keys() & _CHANGE["properties"].keys():
        raise wrong_request("give a role, a departmentId or a managerId")
    if not all(body.get(key) is None or isinstance(body[key], str) for key in _CHANGE["properties"]):
        raise wrong_request("role, departmentId and managerId are texts")
    if "role" in body:
        door.enter_owner(caller.principal)
    with caller.write() as session:
        _person(session, user)
        if "departmentId" in body:
            departments.assign(session, [user], body["departmentId"])
        if "managerId" in body:
            departments.set_manager(session, user, body["managerId"])
    if "role" in body:
        workspaces.change_role(
            caller.site.stores, caller.holder.workspace_id, user, str(body["role"]), by=caller.principal
        )
    with caller.read() as session:
        return _told(_person(session, user))


def _remove(caller: Caller, user: str) -> Any:
    door.enter_owner(caller.principal)
    workspaces.remove_person(caller.site.stores, caller.holder.workspace_id, user, by=caller.principal)
    return {"id": user, "deleted": True}


def _person(session: Session, user: str) -> Person:
    for one in people.everybody(session):
        if one.id == user:
            return one
    raise NotFound(_("This person does not belong to the workspace (any more)."))


def _told(one: Person) -> dict[str, Any]:
    return {
        "id": one.id,
        "email": one.email,
        "name": one.name,
        "role": one.role,
        "departmentId": one.department,
        "managerId": one.manager,
    }
