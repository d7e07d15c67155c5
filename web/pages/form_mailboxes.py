"""The mailbox of a form: where mails are fetched from that become records, and what came of the last look."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import Request
from starlette.responses import Response

from engine import mail_in, mailboxes
from engine.access import door
from engine.addresses import IMAPS_PORT
from engine.errors import NotFound, Refused
from engine.mailboxes import INBOX
from engine.text import _
from web.dependencies import FormHere, In, Place, SiteHere, check_proof
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast
from web.whole_numbers import number_in

router = PageRouter(prefix="/w/{workspace}/apps/{app}/{table}/forms/{form}/mailbox")


@router.get("")
def show(request: Request, place: In, app: str, table: str, form: str) -> Response:
    """How it is set up, without the password."""
    return _shown(request, place, f"{app}.{table}", form)


@router.post("")
def connect(request: Request, place: In, site: SiteHere, sent: FormHere, app: str, table: str, form: str) -> Response:
    """Fetch mails from now on. An empty password leaves the one that it has."""
    here = f"{place.at.form(app, table, form)}/mailbox"
    check_proof(request, here)
    typed = {name: str(sent.get(name, "")).strip() for name in ("host", "port", "account", "folder")}
    means = site.means
    try:
        with place.write() as session:
            mailboxes.connect(
                session, means.vault, means.egress, f"{app}.{table}.{form}",
                host=typed["host"], port=number_in(typed["port"]) or IMAPS_PORT, account=typed["account"],
                password=str(sent.get("password", "")), folder=typed["folder"],
            )  # fmt: skip
    except Refused as refused:
        errors = {one.at.strip("/"): one.says for one in refused.problems}
        return _shown(request, place, f"{app}.{table}", form, typed, errors)
    return redirect(request, here, Toast(_("Saved. The mailbox is looked into within a minute.")))


@router.post("/looks")
def look(request: Request, place: In, site: SiteHere, app: str, table: str, form: str) -> Response:
    """Take in what is unread, now."""
    with place.read() as session:
        found = mailboxes.get(session, f"{app}.{table}.{form}")
    looked = mailboxes.look(place.store, site.means, found.id, lambda: datetime.now(UTC))
    says = looked.says or _("{count} mails were taken in.", count=looked.taken)
    toast = Toast(says, kind="failed" if looked.says else "done")
    return redirect(request, f"{place.at.form(app, table, form)}/mailbox", toast)


@router.post("/removal")
def disconnect(request: Request, place: In, app: str, table: str, form: str) -> Response:
    """Fetch no more, and forget the password."""
    with place.write() as session:
        mailboxes.disconnect(session, f"{app}.{table}.{form}")
    to = place.at.page("apps", app, table, "forms")
    return redirect(request, to, Toast(_("No more mails are fetched for {form}.", form=form)))


def _shown(
    request: Request,
    place: Place,
    table: str,
    form: str,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    with place.read() as session:
        door.enter_builder(session.principal)
        of, found = mail_in.form_of(session, table, form)
        app = session.layout.apps[of.app]
        try:
            held = mailboxes.get(session, f"{table}.{form}")
        except NotFound:
            held = None
    stored = {"host": held.host, "port": str(held.port), "account": held.account, "folder": held.folder} if held else {}
    context: dict[str, Any] = {"app": app, "table": of, "form": found, "mailbox": held, "errors": errors or {}}
    values = typed or {"port": str(IMAPS_PORT), "folder": INBOX, **stored}
    return page(request, "forms/mailbox.html", status=422 if errors else 200, values=values, **context)
