"""The revisions of an app's definition: list, get, compare, go back to one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import apps
from engine.apps import Revision
from web.api.answering import Body, Endpoints, answered, answered_with_body, is_true, whole_number
from web.api.callers import Caller
from web.api.errors import NoSuchThing
from web.api.naming import app_named
from web.api.persons import Persons
from web.api.plans import ALTERATION, PLAN, alterations_told, plan_told
from web.api.shapes import (
    ANYTHING,
    FLAG,
    MOMENT,
    PAGE,
    TEXT,
    TEXTS,
    WHO,
    array,
    asked,
    number,
    or_null,
    page_of,
    shape,
)

router = Endpoints("/bases/{app}/revisions")

PAGE_SIZE = 100
_REVISION = shape(number=number(1), createdTime=MOMENT, createdBy=or_null(WHO), summary=TEXTS)


@router.on("GET", "", page_of("revisions", _REVISION), query=PAGE)
async def list_revisions(request: Request, app: str) -> Response:
    """The revisions of an app, the newest first."""
    return await answered(request, _list, app, dict(request.query_params))


@router.on("GET", "/{number}", shape(number=number(1), definition=ANYTHING))
async def get_revision(request: Request, app: str, number: str) -> Response:
    """The definition as it was."""
    return await answered(request, _get, app, number)


@router.on(
    "GET", "/{number}/changes", shape(alterations=array(ALTERATION)), query=[asked("since", number(1), required=True)]
)
async def compare_revisions(request: Request, app: str, number: str) -> Response:
    """What changed from the revision `since` to this one."""
    return await answered(request, _compare, app, number, dict(request.query_params))


@router.on(
    "POST", "/{number}/restore", shape(id=TEXT, revision=number(1), plan=PLAN), body=shape({"despiteTests": FLAG})
)
async def restore_revision(request: Request, app: str, number: str) -> Response:
    """Make an earlier revision the newest: fields that it names come back with their values."""
    return await answered_with_body(request, _restore, app, number)


def _list(caller: Caller, app: str, query: Mapping[str, str]) -> Any:
    size = whole_number(query, "pageSize", least=1, most=PAGE_SIZE) or PAGE_SIZE
    before = whole_number(query, "offset", least=1)
    with caller.read() as session:
        found = apps.revisions(session, app_named(session.layout, app).key)
        left = [one for one in found if before is None or one.number < before]
        persons = Persons(session)
        answer: dict[str, Any] = {"revisions": [_told(one, persons) for one in left[:size]]}
    if len(left) > size:
        answer["offset"] = str(left[size - 1].number)
    return answer


def _get(caller: Caller, app: str, number: str) -> Any:
    with caller.read() as session:
        key, wanted = app_named(session.layout, app).key, _number(number)
        return {"number": wanted, "definition": apps.document_of(session, key, wanted)}


def _compare(caller: Caller, app: str, number: str, query: Mapping[str, str]) -> Any:
    since = whole_number(query, "since", least=1) or 1
    with caller.read() as session:
        key = app_named(session.layout, app).key
        return {"alterations": alterations_told(apps.compare(session, key, since, _number(number)))}


def _restore(caller: Caller, app: str, number: str, body: Body) -> Any:
    with caller.write() as session:
        key = app_named(session.layout, app).key
        done = apps.restore(session, key, _number(number), despite_tests=is_true(body.get("despiteTests")))
        return {"id": key, "revision": session.layout.apps[key].revision, "plan": plan_told(done)}


def _number(part: str) -> int:
    """Raises `NoSuchThing` for what is no number."""
    if not part.isascii() or not part.isdecimal() or len(part) > 9:
        raise NoSuchThing
    return int(part)


def _told(one: Revision, persons: Persons) -> dict[str, Any]:
    by = persons.named(one.by)
    return {"number": one.number, "createdTime": one.at, "createdBy": by, "summary": one.summary}
