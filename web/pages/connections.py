"""The connections of an app: where its webhooks go, the secrets that sign them, and whether anybody answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from engine import apps, connections
from engine.actions import NotSetUp, Posted
from engine.addresses import EgressRefused
from engine.automations import outside
from engine.text import _
from web.dependencies import In, Place, SiteHere, check_proof
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast

router = PageRouter(prefix="/w/{workspace}/apps/{app}/-/connections")

Name = Annotated[str, Form()]


@dataclass(frozen=True)
class Outcome:
    """What an act on one connection came to: its `secret` (shown this once), what a test brought, what is wrong."""

    name: str
    typed: str | None = None
    error: str = ""
    secret: str = ""
    tested: Posted | None = None


@router.get("")
def show(request: Request, place: In, app: str) -> Response:
    """All connections, each with where it leads and its last call."""
    return _shown(request, place, app)


@router.post("")
def connect(request: Request, place: In, site: SiteHere, app: str, name: Name, url: str = Form("")) -> Response:
    """Set where a connection leads. The answer shows the secret if there is a new one."""
    check_proof(request, place.at.inside(app, "connections"))
    means, url = site.means, url.strip()
    if not url:
        return _shown(request, place, app, Outcome(name, url, _("Type the address that is to be called.")))
    try:
        with place.write() as session:
            secret = connections.connect(session, means.vault, means.egress, app, name, url)
    except EgressRefused as refused:
        return _shown(request, place, app, Outcome(name, url, refused.says))
    if secret is None:
        return redirect(request, _address(place, app, name), Toast(_("Saved. The secret stays as it was.")))
    return _shown(request, place, app, Outcome(name, secret=secret))


@router.post("/secrets")
def renew_secret(request: Request, place: In, site: SiteHere, app: str, name: Name) -> Response:
    """A new secret, shown in the answer; the old one signs for a day longer."""
    check_proof(request, place.at.inside(app, "connections"))
    with place.write() as session:
        secret = connections.new_secret(session, site.means.vault, app, name)
    return _shown(request, place, app, Outcome(name, secret=secret))


@router.post("/tests")
def test(request: Request, place: In, site: SiteHere, app: str, name: Name) -> Response:
    """Send a test message and show what came of it."""
    try:
        tested = outside.try_out(place.store, place.principal, site.means, app, name)
    except (NotSetUp, EgressRefused) as refused:
        return _shown(request, place, app, Outcome(name, error=refused.says))
    return _shown(request, place, app, Outcome(name, tested=tested))


@router.post("/removals")
def disconnect(request: Request, place: In, app: str, name: Name) -> Response:
    """Forget the address and the secret; steps that would call it are skipped."""
    with place.write() as session:
        connections.disconnect(session, app, name)
    return redirect(request, _address(place, app, name), Toast(_("Disconnected. Nothing is sent there any more.")))


def _shown(request: Request, place: Place, app: str, outcome: Outcome | None = None) -> Response:
    with place.read() as session:
        of = apps.get(session, app)
        found = connections.of_app(session, app)
        last = connections.last_calls(session, app)
    status = 422 if outcome and outcome.error else 200
    return page(
        request, "connections/list.html", status=status, app=of, connections=found, last_calls=last, outcome=outcome
    )


def _address(place: Place, app: str, name: str) -> str:
    return f"{place.at.inside(app, 'connections')}#{name}"
