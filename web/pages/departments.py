"""The departments of a workspace: the tree, and each with its name, head, place and people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Form, Request
from starlette.responses import Response

from engine import departments, people
from engine.departments import Department
from engine.errors import NotFound, Refused
from engine.storage.session import Session
from engine.text import _
from web.dependencies import FormHere, In, Place
from web.pages.department_undos import as_before, belonging, returning
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast

router = PageRouter(prefix="/w/{workspace}/departments")


@router.get("")
def show(request: Request, place: In) -> Response:
    """The tree, and for who may build the form that adds to it."""
    return _tree(request, place, {})


@router.post("")
def add(request: Request, place: In, form: FormHere) -> Response:
    """A new department under another, or at the top."""
    given = _given(form)
    try:
        with place.write() as session:
            made = departments.create(session, given["name"], given["parent"] or None, given["head"] or None)
    except Refused as refused:
        return _tree(request, place, given, refused)
    undo = place.at.page("departments", made, "removal")
    return redirect(request, place.at.page("departments"), Toast(_("Added {name}.", name=given["name"]), undo))


@router.get("/{department}")
def show_one(request: Request, place: In, department: str) -> Response:
    """One department: what it is called, who heads it, where it stands, who belongs to it."""
    return _one(request, place, department)


@router.post("/{department}")
def change(request: Request, place: In, form: FormHere, department: str) -> Response:
    """Name, head, and what it lies under."""
    given = _given(form)
    try:
        with place.write() as session:
            undo = as_before(place.at, departments.tree(session), department)
            departments.change(
                session,
                department,
                name=given["name"],
                head=given["head"] or None,
                parent=given["parent"] or None,
            )
    except Refused as refused:
        return _one(request, place, department, given, refused)
    return redirect(request, place.at.page("departments"), Toast(_("Saved."), undo))


@router.post("/{department}/place")
def put(request: Request, place: In, department: str, at: Annotated[int, Form(alias="place")] = 0) -> Response:
    """Where it stands among those beside it, counted from 0."""
    with place.write() as session:
        undo = as_before(place.at, departments.tree(session), department)
        departments.change(session, department, place=at)
    return redirect(request, place.at.page("departments"), Toast(_("Moved."), undo))


@router.post("/{department}/people")
def assign(request: Request, place: In, form: FormHere, department: str) -> Response:
    """Exactly the people that are ticked belong to it."""
    ticked = [str(one) for one in form.getlist("person") if one]
    with place.write() as session:
        _of(departments.tree(session), department)
        everybody = people.everybody(session)
        belonged = [one.id for one in everybody if one.department == department]
        moved = [one for one in everybody if (one.id in belonged) != (one.id in ticked)]
        departments.assign(session, [one for one in belonged if one not in ticked], None)
        departments.assign(session, [one for one in ticked if one not in belonged], department)
    return redirect(request, place.at.page("departments", department), Toast(_("Saved."), belonging(place.at, moved)))


@router.post("/{department}/removal")
def remove(request: Request, place: In, department: str) -> Response:
    """Take it away, if nobody and nothing is in it."""
    try:
        with place.write() as session:
            undo = returning(place.at, department, departments.remove(session, department))
    except Refused as refused:
        return _one(request, place, department, refused=refused)
    return redirect(request, place.at.page("departments"), Toast(_("The department is removed."), undo))


def _given(form: FormHere) -> dict[str, str]:
    return {name: str(form.get(name, "")) for name in ("name", "parent", "head")}


def _tree(request: Request, place: Place, values: Mapping[str, str], refused: Refused | None = None) -> Response:
    with place.read() as session:
        tree = departments.tree(session)
        context = _common(place, session, tree)
    children: dict[str | None, list[Department]] = {}
    for one in tree:
        children.setdefault(one.parent, []).append(one)
    return page(
        request,
        "departments/tree.html",
        status=422 if refused else 200,
        children=children,
        above=context["paths"],
        values=values,
        errors=_errors(refused),
        **context,
    )


def _one(
    request: Request,
    place: Place,
    department: str,
    values: Mapping[str, str] | None = None,
    refused: Refused | None = None,
) -> Response:
    with place.read() as session:
        tree = departments.tree(session)
        one = _of(tree, department)
        context = _common(place, session, tree)
        everybody = people.everybody(session)
    return page(
        request,
        "departments/department.html",
        status=422 if refused else 200,
        department=one,
        above={other.id: other.spelled for other in tree if other.path[: len(one.path)] != one.path},
        values=values or {"name": one.name, "parent": one.parent or "", "head": one.head or ""},
        errors=_errors(refused),
        problems=[problem for problem in refused.problems if not problem.at] if refused else [],
        everybody=everybody,
        **context,
    )


def _of(tree: list[Department], department: str) -> Department:
    """Raises `NotFound`."""
    for one in tree:
        if one.id == department:
            return one
    raise NotFound(_("There is no such department (any more)."))


def _common(place: Place, session: Session, tree: list[Department]) -> dict[str, Any]:
    everybody = {one.id: one.name for one in people.everybody(session)}
    return {
        "tree": tree,
        "names": people.names(session),
        "heads": everybody,
        "paths": {one.id: one.spelled for one in tree},
        "may_change": place.membership.role in ("owner", "builder"),
    }


def _errors(refused: Refused | None) -> dict[str, str]:
    return {one.at.strip("/"): one.says for one in refused.problems} if refused else {}
