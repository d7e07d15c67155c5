"""The definition of an app: get it, check, plan and apply another one."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine import apps
from engine.errors import Problem, Refused
from engine.text import _
from web.api.answering import Body, Endpoints, answered, answered_with_body, is_true, whole_number
from web.api.callers import Caller
from web.api.errors import ApiRefusal
from web.api.naming import app_named
from web.api.plans import PLAN, plan_told, problems_told
from web.api.shapes import ANYTHING, FLAG, PROBLEM, TEXT, array, number, shape

router = Endpoints("/bases/{app}/definition")

_REVISION = number(0)
_GIVEN = shape(definition=ANYTHING)
_APPLIED = shape({"revision": _REVISION, "despiteTests": FLAG}, definition=ANYTHING)


@router.on("GET", "", shape(id=TEXT, revision=number(1), definition=ANYTHING))
async def get_definition(request: Request, app: str) -> Response:
    """The definition of an app, with the number of its revision."""
    return await answered(request, _get, app)


@router.on("PUT", "", shape(id=TEXT, revision=number(1), plan=PLAN), body=_APPLIED)
async def apply_definition(request: Request, app: str) -> Response:
    """Carry a definition out: install the app, or change it.

    `revision` is the one that the change was made from: 409 when somebody changed the app since. `despiteTests`: also
    when its access tests fail.
    """
    return await answered_with_body(request, _apply, app)


@router.on("POST", "/check", shape(problems=array(PROBLEM)), body=_GIVEN)
async def check_definition(request: Request, app: str) -> Response:
    """Every problem of a definition, each at its JSON pointer."""
    return await answered_with_body(request, _check, app)


@router.on("POST", "/plan", PLAN, body=_GIVEN)
async def plan_definition(request: Request, app: str) -> Response:
    """What applying a definition would do, and what it would take away from the records that are there."""
    return await answered_with_body(request, _plan, app)


def _get(caller: Caller, app: str) -> Any:
    with caller.read() as session:
        found = app_named(session.layout, app)
        return {"id": app, "revision": found.revision, "definition": apps.export(session, found.key)}


def _apply(caller: Caller, app: str, body: Body) -> Any:
    document, before = _document(app, body), whole_number(body, "revision", least=0)
    with caller.write() as session:
        done = apps.apply(session, document, revision=before, despite_tests=is_true(body.get("despiteTests")))
        return {"id": app, "revision": session.layout.apps[app].revision, "plan": plan_told(done)}


def _check(caller: Caller, app: str, body: Body) -> Any:
    with caller.read() as session:
        return {"problems": problems_told(apps.check(session, _document(app, body)))}


def _plan(caller: Caller, app: str, body: Body) -> Any:
    with caller.read() as session:
        return plan_told(apps.plan(session, _document(app, body)))


def _document(app: str, body: Body) -> dict[str, Any]:
    """The definition that came. Raises `ApiRefusal`, `Refused` where it is of another app."""
    given = body.get("definition")
    if not isinstance(given, dict):
        says = 'Could not find field "definition" in the request body'
        raise ApiRefusal(422, "INVALID_REQUEST_MISSING_FIELDS", says)
    key = given.get("key")
    if key != app:
        says = _("The address is that of {app}, the definition that of {key}.", app=app, key=key)
        raise Refused([Problem("/key", says, "definition", key)])
    return given
