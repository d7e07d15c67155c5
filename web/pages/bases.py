"""Bases of another service: a token is given, a base chosen, what it becomes is shown, then it is brought in.

A worker does what takes long; the page that waits for it asks again every second, and can be left.
"""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from engine import bases
from engine.addresses import EgressRefused
from engine.bases import BaseImport
from engine.egress import EgressFailed
from engine.errors import Problem, Refused
from engine.field_types import Input, field_types
from engine.text import _
from web.dependencies import FormHere, In, Place, SiteHere
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast

router = PageRouter(prefix="/w/{workspace}/bases")

TOKEN = Input("password", attributes={"autocomplete": "off"})


@router.get("")
def show(request: Request, place: In) -> Response:
    """The bases that were brought in, newest first."""
    place.only("owner", "builder")
    with place.read() as session:
        found = bases.listed(session)
        apps = dict(session.layout.apps)
    return page(request, "bases/list.html", bases=found, apps=apps)


@router.get("/new")
def ask(request: Request, place: In) -> Response:
    """Which token."""
    place.only("owner", "builder")
    return page(request, "bases/new.html", token=TOKEN, errors={})


@router.post("")
def begin(request: Request, place: In, site: SiteHere, form: FormHere) -> Response:
    """Ask which bases the token opens; with one base, on to what it becomes."""
    place.only("owner", "builder")
    token = str(form.get("token") or "")
    try:
        found = _offered(site, token)
        with place.write() as session:
            held = bases.begin(session, site.vault, token, found)
            if len(found) == 1 and not bases.brought_before(session, found[0].id):
                bases.choose(session, held.id, found[0].id)
    except Refused as refused:
        return page(request, "bases/new.html", status=422, token=TOKEN, errors=_by_field(refused))
    return redirect(request, place.at.page("bases", held.id))


@router.get("/{key}")
def show_one(request: Request, place: In, site: SiteHere, key: str) -> Response:
    """How far it is, and what is to be said next."""
    with place.read() as session:
        held = bases.get(session, key)
    return _shown(request, place, site, held, {})


@router.post("/{key}/choices")
def choose(request: Request, place: In, site: SiteHere, form: FormHere, key: str) -> Response:
    """Fetch this base."""
    base, _slash, into = str(form.get("base") or "").partition("/")
    try:
        with place.write() as session:
            held = bases.get(session, key)
            bases.choose(session, key, base, into or None)
    except Refused as refused:
        return _shown(request, place, site, held, _by_field(refused))
    return redirect(request, place.at.page("bases", key))


@router.post("/{key}/runs")
def run(request: Request, place: In, key: str) -> Response:
    """Bring it in."""
    with place.write() as session:
        bases.confirm(session, key)
    return redirect(request, place.at.page("bases", key))


@router.post("/{key}/continuation")
def go_on(request: Request, place: In, site: SiteHere, form: FormHere, key: str) -> Response:
    """Go on where it failed."""
    try:
        with place.write() as session:
            held = bases.get(session, key)
            bases.go_on(session, site.vault, key, str(form.get("token") or ""))
    except Refused as refused:
        return _shown(request, place, site, held, _by_field(refused))
    return redirect(request, place.at.page("bases", key))


@router.post("/{key}/cancellation")
def cancel(request: Request, place: In, key: str) -> Response:
    """Stop what goes on."""
    with place.read() as session:
        bases.cancel(session, key)
    return redirect(request, place.at.page("bases", key), Toast(_("It stops. Nothing is changed.")))


@router.post("/{key}/deletion")
def discard(request: Request, place: In, key: str) -> Response:
    """Forget it, its token and what was fetched."""
    with place.write() as session:
        name = bases.get(session, key).name or _("the token")
        bases.discard(session, key)
    return redirect(request, place.at.page("bases"), Toast(_("Discarded {name}.", name=name)))


@router.post("/{key}/undo")
def undo(request: Request, place: In, site: SiteHere, key: str) -> Response:
    """Take everything back, in the background."""
    with place.read() as session:
        bases.get(session, key)
    site.background.start(key, "undo", lambda: bases.take_back(place.store, place.principal, key))
    return redirect(request, place.at.page("bases", key))


def _by_field(refused: Refused) -> dict[str, str]:
    return {one.at.removeprefix("/"): one.says for one in reversed(refused.problems)}


def _offered(site: SiteHere, token: str) -> list[bases.Base]:
    try:
        return bases.offered(site.means, token)
    except (bases.OtherSide, EgressFailed, EgressRefused) as error:
        raise Refused([Problem("/token", error.says, "other_side")]) from error


def _shown(request: Request, place: Place, site: SiteHere, held: BaseImport, errors: dict[str, str]) -> Response:
    with place.read() as session:
        before = {one.id: bases.brought_before(session, one.id) for one in held.offered}
        app = session.layout.apps.get(held.app or held.into or "")
    job = site.background.under_way(held.id)
    return page(
        request,
        "bases/base.html",
        status=422 if errors else 200,
        held=held,
        plan=bases.readable(held.plan),
        outcome=bases.readable(held.outcome),
        before=before,
        app=app,
        types={key: one.label for key, one in field_types.items()},
        token=TOKEN,
        errors=errors,
        job=job,
        failure=site.background.failure(held.id),
    )
