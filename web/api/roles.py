"""The roles of an app: list them with who has them, give one to a person or a department, take it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import people, roles
from engine.errors import NotFound
from engine.storage.session import Session
from engine.text import _
from web.api.answering import Body, Endpoints, answered, answered_with_body, is_true
from web.api.callers import Caller
from web.api.errors import wrong_request
from web.api.naming import app_named, said
from web.api.shapes import FLAG, TEXT, WHO, array, shape

router = Endpoints("/bases/{app}/roles")

_ROLE = shape(
    {"description": TEXT},
    id=TEXT, name=TEXT, people=array(WHO), departments=array(shape(id=TEXT, name=TEXT, onlyHead=FLAG)),
)  # fmt: skip
_HOLDER = shape({"userId": TEXT, "email": TEXT, "departmentId": TEXT, "onlyHead": FLAG})


@router.on("GET", "", shape(roles=array(_ROLE)))
async def list_roles(request: Request, app: str) -> Response:
    """The roles of an app, with the people and departments that they are given to."""
    return await answered(request, _list, app)


@router.on("POST", "/{role}/holders", _ROLE, body=_HOLDER)
async def give_role(request: Request, app: str, role: str) -> Response:
    """Give a role to a person (`userId` or `email`) or a department (`departmentId`, `onlyHead`: to who heads it)."""
    return await answered_with_body(request, _give, app, role)


@router.on("DELETE", "/{role}/holders/{holder}", _ROLE)
async def take_role(request: Request, app: str, role: str, holder: str) -> Response:
    """Take a role from a person or a department, by their id."""
    return await answered(request, _take, app, role, holder)


def _list(caller: Caller, app: str) -> Any:
    with caller.read() as session:
        return {"roles": _told(session, app_named(session.layout, app).key)}


def _give(caller: Caller, app: str, role: str, body: Body) -> Any:
    given = {key: body.get(key) for key in ("userId", "email", "departmentId")}
    named = {key: one for key, one in given.items() if isinstance(one, str) and one}
    if len(named) != 1:
        raise wrong_request("name a userId, an email or a departmentId")
    with caller.write() as session:
        address = f"{app_named(session.layout, app).key}.{role}"
        if "departmentId" in named:
            only_head = is_true(body.get("onlyHead"))
            roles.give_department(session, address, named["departmentId"], only_head=only_head)
        else:
            by_email = {one.email: one.id for one in people.everybody(session)}
            wanted = named.get("userId") or by_email.get(named["email"].strip().lower(), named["email"])
            roles.give(session, address, wanted)
        return _one(session, app, role)


def _take(caller: Caller, app: str, role: str, holder: str) -> Any:
    with caller.write() as session:
        held = _one(session, app, role)
        address = f"{app_named(session.layout, app).key}.{role}"
        if holder in {one["id"] for one in held["people"]}:
            roles.take(session, address, holder)
        elif holder in {one["id"] for one in held["departments"]}:
            roles.take_department(session, address, holder)
        else:
            raise NotFound(_("{id} does not have this role.", id=holder))
        return _one(session, app, role)


def _one(session: Session, app: str, role: str) -> dict[str, Any]:
    for one in _told(session, app_named(session.layout, app).key):
        if one["id"] == role:
            return one
    raise NotFound(_("There is no role {role}.", role=f"{app}.{role}"))


def _told(session: Session, app: str) -> list[dict[str, Any]]:
    language = session.workspace.language
    holders, departments = roles.of_app(session, app), roles.of_departments(session, app)
    found = []
    for role in session.layout.apps[app].roles.values():
        made: dict[str, Any] = {
            "id": role.key,
            "name": said(role.label, language, role.key),
            "people": [
                {"id": one.person.id, "email": one.person.email, "name": one.person.name}
                for one in holders
                if role in one.given
            ],
            "departments": [
                {"id": one.department.id, "name": one.department.spelled, "onlyHead": one.only_head}
                for one in departments
                if one.role == role
            ],
        }
        found.append(made | ({"description": said(role.description, language)} if role.description else {}))
    return found
