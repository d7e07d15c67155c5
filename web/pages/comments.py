"""Comments on a record: all of them, a new one, and changing or deleting one."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from engine import comments, queries
from engine.errors import Refused
from engine.text import _
from web.dependencies import In, Place
from web.render import is_htmx, page, redirect
from web.routes import PageRouter
from web.talks import MOST, talk_of
from web.toasts import Toast

Typed = Annotated[str, Form(alias="comment-text")]  # no field's key has a dash

router = PageRouter(prefix="/w/{workspace}/apps/{app}/{table}/records/{record}/comments")


@router.get("")
def show(request: Request, place: In, app: str, table: str, record: str) -> Response:
    """Everything that was said about the record."""
    return _shown(request, place, f"{app}.{table}", record)


@router.post("")
def create(request: Request, place: In, app: str, table: str, record: str, text: Typed = "") -> Response:
    """Say something; what is wrong stands below what was typed."""
    try:
        with place.write() as session:
            comments.add(session, f"{app}.{table}", record, comments.with_mentions(session, text))
    except Refused as refused:
        return _shown(request, place, f"{app}.{table}", record, text=text, error=refused.problems[0].says)
    return _after(request, place, f"{app}.{table}", record, Toast(_("Saved.")))


@router.get("/{comment}")
def ask(request: Request, place: In, app: str, table: str, record: str, comment: str) -> Response:
    """One's own comment to be changed, with what it said before."""
    return _asked(request, place, f"{app}.{table}", record, comment)


@router.post("/{comment}")
def change(request: Request, place: In, app: str, table: str, record: str, comment: str, text: Typed = "") -> Response:
    """Say something else in it."""
    try:
        with place.write() as session:
            comments.change(session, f"{app}.{table}", record, comment, comments.with_mentions(session, text))
    except Refused as refused:
        return _asked(request, place, f"{app}.{table}", record, comment, text, refused.problems[0].says)
    return redirect(request, place.at.record(app, table, record), Toast(_("Saved.")))


@router.post("/{comment}/deletion")
def delete(request: Request, place: In, app: str, table: str, record: str, comment: str) -> Response:
    """Take it away; Undo brings it back."""
    with place.write() as session:
        comments.delete(session, f"{app}.{table}", record, comment)
    undo = f"{place.at.record(app, table, record)}/comments/{comment}/restoration"
    return _after(request, place, f"{app}.{table}", record, Toast(_("Deleted the comment."), undo=undo))


@router.post("/{comment}/restoration")
def restore(request: Request, place: In, app: str, table: str, record: str, comment: str) -> Response:
    """Bring it back."""
    with place.write() as session:
        comments.restore(session, f"{app}.{table}", record, comment)
    return redirect(request, place.at.record(app, table, record), Toast(_("The comment is back.")))


def _after(request: Request, place: Place, address: str, record: str, toast: Toast) -> Response:
    app, _dot, table = address.partition(".")
    if not is_htmx(request):
        return redirect(request, place.at.record(app, table, record), toast)
    return _shown(request, place, address, record, toast=toast if toast.undo else None)


def _shown(
    request: Request,
    place: Place,
    address: str,
    record: str,
    *,
    text: str = "",
    error: str = "",
    toast: Toast | None = None,
) -> Response:
    with place.read() as session:
        table = session.layout.table(address)
        talk = talk_of(session, place.at, table, record, MOST, text=text, error=error)
        name = queries.titles(session, address, [record]).get(record, record)
    status = 422 if error else 200
    return page(
        request, "records/comments.html", status=status, toast=toast, table=table, record=record, name=name, talk=talk
    )


def _asked(
    request: Request, place: Place, address: str, record: str, comment: str, text: str | None = None, error: str = ""
) -> Response:
    with place.read() as session:
        table = session.layout.table(address)
        talk = talk_of(session, place.at, table, record, MOST)
        said = next((one for one in talk.said if one.comment.id == comment), None)
        before = comments.history(session, address, record, comment)  # raises where there is none
        name = queries.titles(session, address, [record]).get(record, record)
    return page(
        request,
        "records/comment.html",
        status=422 if error else 200,
        table=table,
        record=record,
        name=name,
        said=said,
        before=before,
        text=said.typed if text is None and said else text,
        error=error,
    )
