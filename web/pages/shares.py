"""Shares: making a link by which strangers see a view or a record, the list of them, taking one back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Form, Request
from starlette.responses import Response

from engine import feeds, people, queries, shares
from engine.access import shown
from engine.errors import Refused
from engine.shares import Share
from engine.storage.session import Session
from engine.text import Label, _
from web.addresses import At
from web.dependencies import In, Place
from web.fields import shown_fields
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast
from web.visit import visit_of
from web.whole_numbers import number_in

router = PageRouter(prefix="/w/{workspace}/shares")

DAYS = ("7", "30", "365", "never")


@dataclass(frozen=True)
class Changing:
    """What was typed to change a share, and what is wrong with it."""

    share: str
    name: str
    days: str
    errors: Mapping[str, str]


@router.get("")
def show(request: Request, place: In) -> Response:
    """The links of the workspace for those who build, else one's own."""
    return _listed(request, place)


@router.get("/new")
def ask(request: Request, place: In, table: str = "", view: str = "", record: str = "") -> Response:
    """What a new link would show, and how long."""
    return _asked(request, place, table, view, record, {})


@router.post("")
def create(
    request: Request,
    place: In,
    table: Annotated[str, Form()] = "",
    view: Annotated[str, Form()] = "",
    record: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    days: Annotated[str, Form()] = "30",
) -> Response:
    """The new link. The answer is the one page that shows it."""
    life = None if days == "never" else number_in(days) or 0
    given = {"name": name, "days": days}
    try:
        with place.write() as session:
            _share, token = shares.create(session, table, view, record=record, name=name, password=password, days=life)
    except Refused as refused:
        return _asked(request, place, table, view, record, given, refused)
    return _asked(request, place, table, view, record, {}, token=token, password=bool(password))


@router.post("/{share}")
def change(
    request: Request,
    place: In,
    share: str,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    without: Annotated[str, Form()] = "",
    days: Annotated[str, Form()] = "",
) -> Response:
    """Another name, password or end. An empty password stays as it is, unless the link shall be `without` one."""
    try:
        with place.write() as session:
            shares.change(
                session,
                share,
                name=name,
                password="" if without == "yes" else password or None,
                days=number_in(days),
                forever=days == "never",
            )
    except Refused as refused:
        return _listed(request, place, Changing(share, name, days, _errors(refused)))
    return redirect(request, place.at.page("shares"), Toast(_("Saved.")))


@router.post("/{share}/revocation")
def revoke(request: Request, place: In, share: str) -> Response:
    """The link leads nowhere from the next request on."""
    with place.write() as session:
        shares.revoke(session, share)
    return redirect(request, place.at.page("shares"), Toast(_("The link leads nowhere any more.")))


def _asked(
    request: Request,
    place: Place,
    table: str,
    view: str,
    record: str,
    values: dict[str, Any],
    refused: Refused | None = None,
    token: str = "",
    password: bool = False,
) -> Response:
    with place.read() as session:
        of = session.layout.table(table)
        chosen = view or next(iter(of.views))
        of, seen = shares.sharable(session, table, chosen, record)
        title = queries.titles(session, table, [record]).get(record, record) if record else ""
        fields = shown_fields(session.layout, of, [one.key for one in shown.fields_of(of, seen)])
    url = visit_of(request).site.settings.public_url
    calendar = feeds.has_feed(seen) and not record
    return page(
        request,
        "shares/new.html",
        status=422 if refused else 200,
        table=of,
        view=seen,
        record=record,
        title=title,
        fields=fields,
        values={"days": "30"} | values,
        errors=_errors(refused),
        days=DAYS,
        link=f"{url}{At.share(token)}" if token else "",
        feed=f"{url}{At.feed(token)}" if token and not password and calendar else "",
        calendar=calendar,
    )


def _listed(request: Request, place: Place, changing: Changing | None = None) -> Response:
    with place.read() as session:
        found = [(one, _what(session, one)) for one in shares.belonging_to(session)]
        names = people.names(session)
    status = 422 if changing else 200
    return page(request, "shares/list.html", status=status, shares=found, names=names, changing=changing, days=DAYS)


def _errors(refused: Refused | None) -> dict[str, str]:
    return {one.at.strip("/"): one.says for one in refused.problems} if refused else {}


def _what(session: Session, share: Share) -> list[Label]:
    """What it shows, as far as the reader sees it: the table's and the view's name."""
    table = session.layout.apps.tables.get(share.table)
    view = table.views.get(share.view) if table else None
    return [table.plural or table.label, view.label] if table and view else []
