"""Departments: the tree, making one, changing it, taking an empty one away."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import departments
from engine.departments import KEPT, Department
from engine.errors import NotFound
from engine.storage.session import Session
from engine.text import _
from web.api.answering import Body, Endpoints, answered, answered_with_body, whole_number
from web.api.callers import Caller
from web.api.errors import wrong_request
from web.api.shapes import DELETED, NAME, TEXT, TEXTS, WHOLE, array, number, or_null, shape

router = Endpoints("/meta/departments")

_DEPARTMENT = shape(id=TEXT, name=TEXT, path=TEXTS, parentId=or_null(TEXT), headId=or_null(TEXT), personCount=WHOLE)
_PLACE = {"parentId": or_null(TEXT), "headId": or_null(TEXT)}


@router.on("GET", "", shape(departments=array(_DEPARTMENT)))
async def list_departments(request: Request) -> Response:
    """All departments, each followed by those under it."""
    return await answered(request, _list)


@router.on("POST", "", _DEPARTMENT, body=shape(_PLACE, name=NAME))
async def create_department(request: Request) -> Response:
    """Add a department, the last under its parent."""
    return await answered_with_body(request, _create)


@router.on("PATCH", "/{department}", _DEPARTMENT, body=shape({**_PLACE, "name": NAME, "position": number(0)}))
async def change_department(request: Request, department: str) -> Response:
    """Rename it, give it another head, put it with all below it elsewhere; `position` counts from 0."""
    return await answered_with_body(request, _change, department)


@router.on("DELETE", "/{department}", DELETED)
async def remove_department(request: Request, department: str) -> Response:
    """Take an empty department away."""
    return await answered(request, _remove, department)


def _list(caller: Caller) -> Any:
    caller.principal.scope.check_people()
    with caller.read() as session:
        return {"departments": [_told(one) for one in departments.tree(session)]}


def _create(caller: Caller, body: Body) -> Any:
    given = _texts(body)
    with caller.write() as session:
        made = departments.create(session, given.get("name") or "", given.get("parentId"), given.get("headId"))
        return _one(session, made)


def _change(caller: Caller, department: str, body: Body) -> Any:
    given, place = _texts(body), whole_number(body, "position", least=0)
    with caller.write() as session:
        departments.change(
            session,
            department,
            name=given.get("name"),
            head=given.get("headId", KEPT),
            parent=given.get("parentId", KEPT),
            place=place,
        )
        return _one(session, department)


def _remove(caller: Caller, department: str) -> Any:
    with caller.write() as session:
        departments.remove(session, department)
    return {"id": department, "deleted": True}


def _texts(body: Body) -> dict[str, str | None]:
    given: dict[str, str | None] = {key: body[key] for key in ("name", "parentId", "headId") if key in body}
    if not all(one is None or isinstance(one, str) for one in given.values()):
        raise wrong_request("name, parentId and headId are texts")
    return given


def _one(session: Session, department: str) -> dict[str, Any]:
    for one in departments.tree(session):
        if one.id == department:
            return _told(one)
    raise NotFound(_("There is no such department (any more)."))


def _told(one: Department) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "path": list(one.path),
        "parentId": one.parent,
        "headId": one.head,
        "personCount": one.people,
    }
