"""The outbox: the mails of the workspace's automations, sent, waiting, failed, or kept where no mail server is set."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine import outbox
from engine.text import _
from web.dependencies import In, SiteHere
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast

router = PageRouter(prefix="/w/{workspace}/outbox")

SHOWN = 50


@router.get("")
def show(request: Request, place: In, site: SiteHere, before: str = "") -> Response:
    """The mails, newest first; `before` is the one after which the page begins."""
    with place.read() as session:
        found = outbox.mails(session, before=before or None, limit=SHOWN + 1)
    mails = found[:SHOWN]
    older = mails[-1].id if len(found) > SHOWN else ""
    return page(request, "outbox/outbox.html", mails=mails, older=older, sends=bool(site.settings.smtp_host))


@router.post("/{mail}/sendings")
def send_again(request: Request, place: In, site: SiteHere, mail: str) -> Response:
    """Send a mail that was kept or failed."""
    with place.write() as session:
        outbox.send_again(session, mail, site.settings)
    return redirect(request, place.at.page("outbox"), Toast(_("The mail is on its way.")))
