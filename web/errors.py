"""What goes wrong, as the asker can read it: a page, a toast for htmx, an error object for the API. Never a trace."""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from engine import people
from engine.access.principals import person
from engine.errors import Forbidden, FormworkError, ProofNeeded, Refused, SignInNeeded, TookTooLong, Unavailable
from engine.text import Text, _
from web.api.errors import body_of
from web.mcp import over_http
from web.noting import note_forbidden
from web.rate import told
from web.render import only_toast, page, redirect
from web.security import TooLarge, TooLong, TooManyHeaders, TooSlow
from web.toasts import Toast
from web.visit import Visit, visit_of

log = logging.getLogger("formwork.web")

API = "/v0"
JSON = "application/json; charset=utf-8"

_TITLES: dict[int, Text] = {
    400: _("This cannot be understood"),
    403: _("You may not do this"),
    404: _("There is nothing here"),
    405: _("This cannot be done here"),
    408: _("This took too long"),
    409: _("Something changed meanwhile"),
    413: _("This is too large"),
    414: _("This address is too long"),
    431: _("This request is too long"),
    422: _("Something is not right yet"),
    429: _("Too often"),
    500: _("Something went wrong on our side"),
    503: _("Not available just now"),
}
_TOOK_TOO_LONG = _("This takes too long")
_SAYS: dict[int, Text] = {
    400: _("The request is not one that we know."),
    404: _("The address is mistyped, or what was here has been removed."),
    405: _("This address does not take such a request."),
    408: _("What you sent came too slowly. Try again where the connection is better."),
    414: _("Choose fewer conditions. A program sends them with POST to listRecords instead."),
    431: _("Your browser sent too many cookies along. Delete those of this site, then try again."),
    413: _("Files may have up to 20 MB, forms up to 1 MB."),
    422: _("The address or the form is not as we expect it. Go back and try again."),
    500: _(
        "It has been noted. What you saved before is safe. Try again; if it happens again, tell your administrator."
    ),
    503: _("The database does not answer. Try again in a moment."),
}


def install(app: FastAPI) -> None:
    """Answer all errors of `app`."""
    app.add_exception_handler(FormworkError, _formwork_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _http_error)


async def crashed(request: Request, error: Exception) -> Response:
    """The answer to what nobody foresaw; the log has the trace under the reference that the page shows."""
    if isinstance(error, TooLarge | TooLong | TooManyHeaders | TooSlow):
        return await _http_error(request, error)
    reference = secrets.token_hex(4)
    log.error("%s %s failed [%s]", request.method, _path_of(request), reference, exc_info=error)
    return await run_in_threadpool(_answer, request, 500, _SAYS[500], reference=reference)


async def _formwork_error(request: Request, error: Any) -> Response:
    if isinstance(error, SignInNeeded) and not is_api(request):
        return _to_sign_in(request)
    if isinstance(error, ProofNeeded):
        return redirect(request, f"/account/proof?next={quote(error.back, safe='')}")
    if error.status >= 500:
        log.error("%s %s: %s", request.method, _path_of(request), error, exc_info=error)
    if isinstance(error, Forbidden):
        await run_in_threadpool(_note, request)
    return told(await run_in_threadpool(_answer, request, error.status, error.says, error=error), error)


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 422
    says = _SAYS.get(status, _SAYS[400])
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    response = await run_in_threadpool(_answer, request, status, says)
    response.headers.update(headers)
    return response


def _note(request: Request) -> None:
    """Note what somebody of a workspace was refused there, as themself."""
    visit = visit_of(request)
    if visit.membership is not None and visit.session is not None:
        store = visit.site.stores.workspace(visit.membership.id)
        note_forbidden(request, store, person(visit.session.person.id), _path_of(request))


def _path_of(request: Request) -> str:
    """The path for the log, without what in it lets somebody in."""
    path = request.url.path
    for name in ("token", "signed"):
        path = path.replace(request.path_params.get(name) or "\0", "...")
    return path


def is_api(request: Request) -> bool:
    """Whether the one who asks wants JSON."""
    path = request.url.path
    return path in (API, over_http.PATH) or path.startswith(f"{API}/")


def as_json(status: int, says: str, error: FormworkError | None = None) -> JSONResponse:
    """The error object that clients of the API know."""
    if error is not None:
        return JSONResponse(body_of(error), status, media_type=JSON)
    if status == HTTPStatus.NOT_FOUND:
        return JSONResponse({"error": "NOT_FOUND"}, status, media_type=JSON)
    return JSONResponse({"error": {"type": HTTPStatus(status).name, "message": says}}, status, media_type=JSON)


def _answer(
    request: Request, status: int, says: str, *, error: FormworkError | None = None, reference: str = ""
) -> Response:
    if is_api(request):
        return as_json(status, says, error)
    _fall_back_to_nobody(request)
    if request.headers.get("hx-request") == "true":
        return only_toast(request, Toast(says, kind="failed"), status)
    problems = error.problems if isinstance(error, Refused) and len(error.problems) > 1 else ()
    title = _TOOK_TOO_LONG if isinstance(error, TookTooLong) else _TITLES.get(status, _TITLES[400])
    return page(
        request,
        "errors/error.html",
        status=status,
        title=title,
        says=says,
        problems=problems,
        reference=reference,
        code=status,
        give_access=_who_give_access(request) if status == HTTPStatus.NOT_FOUND else (),
    )


def _who_give_access(request: Request) -> list[str]:
    """The names of the owners of the workspace that the reader is in: told whether or not there is something here."""
    visit = visit_of(request)
    if visit.membership is None or visit.session is None:
        return []
    try:
        with visit.site.stores.workspace(visit.membership.id).read() as session:
            return [one.name for one in people.everybody(session) if one.role == "owner"]
    except Unavailable:  # the page that says so needs no more
        return []


def _fall_back_to_nobody(request: Request) -> None:
    """With the database down nobody can be recognised; the page is then for nobody, in the browser's language."""
    visit = visit_of(request)
    try:
        _asked = visit.session
    except Exception:  # noqa: BLE001 - whatever broke, the page that says so must not break too
        fresh = Visit(request, visit.site)
        fresh.public = True
        request.state.visit = fresh


def _to_sign_in(request: Request) -> Response:
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
    if request.method not in ("GET", "HEAD"):
        return RedirectResponse("/sign-in", 303)
    return RedirectResponse(f"/sign-in?next={quote(wanted, safe='')}" if wanted != "/" else "/sign-in", 303)
