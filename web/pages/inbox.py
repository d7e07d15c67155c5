"""One's own inbox: what automations have to tell. Opening a message marks it as read."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from engine import notifications
from engine.text import _
from web.dependencies import FormHere, In
from web.names import Names, titles_of
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast

router = PageRouter(prefix="/w/{workspace}/inbox")


@router.get("")
def show(request: Request, place: In, before: str = "") -> Response:
    """The messages, newest first; `before` is the one after which the page begins."""
    with place.read() as session:
        found = notifications.inbox(session, before=before or None, limit=notifications.PAGE + 1)
        unread = notifications.unread(session)
        messages = found[: notifications.PAGE]
        wanted: dict[str, set[str]] = {}
        for one in messages:
            if one.table in session.layout.apps.tables and one.record_id:
                wanted.setdefault(one.table, set()).add(one.record_id)
        names: Names = titles_of(session, place.at, wanted)
        automations = dict(session.layout.apps.automations)
        tables = session.layout.apps.tables
    older = messages[-1].id if len(found) > len(messages) else ""
    may_build = place.membership.role in ("owner", "builder")
    return page(
        request,
        "inbox/inbox.html",
        messages=messages,
        unread=unread,
        names=names,
        automations=automations,
        tables=tables,
        older=older,
        may_build=may_build,
    )


@router.get("/{message}")
def open_one(place: In, message: str) -> Response:
    """To what the message is about. It is read then: the one thing that a link here changes."""
    with place.read() if place.principal.only_looks else place.write() as session:
        found = notifications.get(session, message)
        if session.writing:
            notifications.mark_read(session, [message])
        app, _dot, table = (found.table or "").partition(".")
        known = found.table in session.layout.apps.tables and found.record_id
    return RedirectResponse(
        place.at.record(app, table, found.record_id or "") if known else place.at.page("inbox"), 303
    )


@router.post("/reading")
def mark_read(request: Request, place: In, sent: FormHere) -> Response:
    """Mark messages as read: those named `message`, or all."""
    ids = [str(one) for one in sent.getlist("message")]
    with place.write() as session:
        count = notifications.mark_read(session, ids or None)
    return redirect(request, place.at.page("inbox"), Toast(_("Marked as read: {count}.", count=count)))
