"""Taking back what was done to departments: each undo is an address that says how it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from engine import departments, roles
from engine.departments import Department
from engine.people import Person
from engine.storage.role_holders import Grant
from engine.text import _
from web.addresses import At
from web.dependencies import In
from web.render import redirect
from web.routes import PageRouter
from web.toasts import Toast

router = PageRouter(prefix="/w/{workspace}/departments")

MOST = 40  # people whom one undo moves back: it travels in a cookie
_HEAD = "head:"


def as_before(at: At, tree: Sequence[Department], department: str) -> str:
    """Where a POST makes the department again what it is in this tree; empty if it is not there."""
    for one in tree:
        if one.id == department:
            beside = [other.id for other in tree if other.parent == one.parent]
            place = str(beside.index(department))
            return at.page(
                "departments", department, "before", name=one.name, parent=one.parent, head=one.head, place=place
            )
    return ""


@router.post("/{department}/before")
def change_back(
    request: Request,
    place: In,
    department: str,
    name: str = "",
    parent: str = "",
    head: str = "",
    at: Annotated[int, Query(alias="place")] = 0,
) -> Response:
    """Name, head and place as they were."""
    with place.write() as session:
        departments.change(session, department, name=name, head=head or None, parent=parent or None, place=at)
    return redirect(request, place.at.page("departments"), Toast(_("Undone.")))


def returning(at: At, department: str, had: Sequence[Grant]) -> str:
    """Where a POST brings a removed department back, with the roles that it had."""
    return at.page(
        "departments", department, "return", role=[f"{_HEAD if one.only_head else ''}{one.role}" for one in had]
    )


@router.post("/{department}/return")
def bring_back(request: Request, place: In, department: str) -> Response:
    """The department as it was when it was removed."""
    with place.write() as session:
        departments.bring_back(session, department)
        for role in request.query_params.getlist("role"):
            only_head = role.startswith(_HEAD)
            roles.give_department(session, role.removeprefix(_HEAD), department, only_head=only_head)
    return redirect(request, place.at.page("departments"), Toast(_("Undone.")))


def belonging(at: At, people: Sequence[Person], *, managers: bool = False) -> str:
    """Where a POST lets these people belong where they belong now, and report to whom they do; empty for too many."""
    if not people or len(people) > MOST:
        return ""
    was = [f"{one.id}:{one.department or ''}" for one in people]
    above = [f"{one.id}:{one.manager or ''}" for one in people] if managers else []
    return at.page("departments", "-", "belonging", was=was, above=above)


@router.post("/-/belonging")
def belong(request: Request, place: In) -> Response:
    """Who belongs where, and who reports to whom, as it was."""
    with place.write() as session:
        for user, department in _pairs(request, "was"):
            departments.assign(session, [user], department)
        for user, manager in _pairs(request, "above"):
            departments.set_manager(session, user, manager)
    return redirect(request, place.at.page("departments"), Toast(_("Undone.")))


def _pairs(request: Request, name: str) -> list[tuple[str, str | None]]:
    given = (one.partition(":") for one in request.query_params.getlist(name))
    return [(user, other or None) for user, _colon, other in given]
