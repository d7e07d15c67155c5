"""From a template to an answer: the whole page, or the one block that htmx asked for.

A block is named after the id of the element that it fills. `<div id="grid">{% block grid %}...{% endblock %}</div>` in
a page's template answers a bookmark with the whole page, and `hx-target="#grid"` with the block `grid` alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from markupsafe import escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from web import texts, toasts
from web.banner import banner
from web.navigation import navigation
from web.reader import reading_as
from web.toasts import Toast
from web.visit import visit_of


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    block: str | None = None,
    toast: Toast | None = None,
    **context: Any,
) -> HTMLResponse:
    """Answer with `template`: whole, or only the block that htmx's target (or `block`) names.

    `toast` is shown with it. The context also holds `visit`, `person`, `at`, `nav` and `request` (see README.md).
    """
    visit = visit_of(request)
    templates, cookies = visit.site.templates, visit.site.cookies
    wanted = block or (_wanted_block(request) if _asks_for_part(request) else None)
    with reading_as(visit.reader):
        values = _surroundings(request) | context
        if wanted and templates.has_block(template, wanted):
            html = templates.block(template, wanted, values)
            response = HTMLResponse(html + (templates.macro("toast_partial", toast) if toast else ""), status)
        else:
            shown = toast or toasts.kept_for(request, cookies, visit.site.signer)
            response = HTMLResponse(
                templates.page(template, values | {"nav": navigation(visit), "guise": banner(visit), "toast": shown}),
                status,
            )
            if shown is not toast:
                cookies.clear(response, toasts.COOKIE)
            if _asks_for_part(request):
                # htmx asked for a part that this page does not have; it gets the page in place of the whole body.
                response.headers.update({"HX-Retarget": "body", "HX-Reswap": "outerSync"})
    response.headers["Vary"] = "HX-Request, HX-Target, Cookie, Accept-Language"
    visit.leave_cookies(response)
    return response


def fragment(request: Request, template: str, block: str, **context: Any) -> str:
    """A block's HTML as text, to be put beside another one in an answer (in `<hx-partial>`)."""
    visit = visit_of(request)
    with reading_as(visit.reader):
        return visit.site.templates.block(template, block, _surroundings(request) | context)


def redirect(request: Request, to: str, toast: Toast | None = None) -> Response:
    """Go to another page of ours after an act, with a toast there."""
    visit = visit_of(request)
    response = Response(headers={"HX-Redirect": to}) if is_htmx(request) else RedirectResponse(to, 303)
    if toast:
        with reading_as(visit.reader):
            said = replace(toast, says=texts.say(toast.says))
        toasts.keep(response, said, visit.site.cookies, visit.site.signer)
    return response


def only_toast(request: Request, toast: Toast, status: int = 200) -> HTMLResponse:
    """For htmx: change nothing on the page, show the toast."""
    visit = visit_of(request)
    with reading_as(visit.reader):
        return HTMLResponse(visit.site.templates.macro("toast_partial", toast), status, {"HX-Reswap": "none"})


def told(request: Request, toast: Toast, *events: str, otherwise: str) -> Response:
    """After an act on something that stays on the page: the toast, and for htmx the events that make parts of the
    page fetch themselves anew (`records-changed` a view, `record-stale` a record, `record-closed` closes the panel).
    A browser without script is led to `otherwise`.
    """
    if not is_htmx(request):
        return redirect(request, otherwise, toast)
    response = only_toast(request, toast)
    response.headers["HX-Trigger"] = ", ".join(events)
    return response


def is_htmx(request: Request) -> bool:
    """Whether htmx asks, on a page that stays."""
    return request.headers.get("hx-request") == "true"


def asks_for(request: Request, block: str) -> bool:
    """Whether htmx asks for this block alone."""
    return _asks_for_part(request) and _wanted_block(request) == block


def wrong(request: Request, says: str) -> HTMLResponse:
    """What is wrong with a cell just typed in a grid: shown at the cell, which stays open with what was typed."""
    with reading_as(visit_of(request).reader):
        html = escape(texts.say(says))
    return HTMLResponse(html, 422, {"HX-Retarget": "#cell-error", "HX-Reswap": "innerHTML"})


def _asks_for_part(request: Request) -> bool:
    headers = request.headers
    return is_htmx(request) and headers.get("hx-request-type", "partial") == "partial"


def _wanted_block(request: Request) -> str:
    """`div#record-panel` in HX-Target asks for the block `record_panel`: what is shown, never what may be."""
    return request.headers.get("hx-target", "").partition("#")[2].replace("-", "_")


def _surroundings(request: Request) -> dict[str, Any]:
    visit = visit_of(request)
    return {
        "request": request,
        "visit": visit,
        "person": visit.session.person if visit.session else None,
        "at": visit.at,
        "script_nonce": request.state.script_nonce,
        "style_nonce": request.state.style_nonce,
    }
