"""The hooks of an app: what programs asked to be told of, whether they are called, and what there was to tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

from engine import apps, hooks
from engine.access import door
from engine.addresses import EgressRefused, read_url
from engine.definitions.language import App
from engine.errors import Problem, Refused
from engine.hooks import Hook, notifying, specification
from engine.hooks.notifying import Result
from engine.hooks.specification import CHANGE_TYPES
from engine.text import Label, Text, _
from web.api.payloads import Payloads
from web.dependencies import FormHere, In, Place, SiteHere, check_proof
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast

router = PageRouter(prefix="/w/{workspace}/apps/{app}/-/hooks")

SHOWN = 20  # payloads on a page
DATA: Mapping[str, Text] = {"tableData": _("Records"), "tableFields": _("Fields"), "tableMetadata": _("Tables")}
CHANGES: Mapping[str, Text] = {"add": _("created"), "update": _("changed"), "remove": _("deleted")}
_ERRORS = {"/notificationUrl": "url", "/specification/options/filters/recordChangeScope": "scope"}


@dataclass(frozen=True)
class Wishes:
    """What a hook asks for, in words; `where` are the table and the view, empty for all tables of the app."""

    data: tuple[Text, ...] = ()
    changes: tuple[Text, ...] = ()
    where: tuple[Label, ...] = ()
    fields: tuple[str, ...] = ()
    is_gone: bool = False  # what it names is not there (any more)


@dataclass(frozen=True)
class Typed:
    """The form of a new hook as it was sent."""

    url: str = ""
    scope: str = ""
    data: tuple[str, ...] = ("tableData",)
    changes: tuple[str, ...] = CHANGE_TYPES
    previous: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)


@router.get("")
def show(request: Request, place: In, app: str) -> Response:
    """All hooks of the app: what each is told of, whom it calls, what came of the last call."""
    with place.read() as session:
        of = apps.get(session, app)
        found = [(one, _host(one), _wishes(of, one)) for one in hooks.of_app(session, app)]
    return page(request, "hooks/list.html", app=of, hooks=found, most=hooks.MOST)


@router.get("/new")
def ask(request: Request, place: In, app: str) -> Response:
    """The form for a new one."""
    return _asked(request, place, app, Typed())


@router.post("")
def create(request: Request, place: In, site: SiteHere, form: FormHere, app: str) -> Response:
    """Make it; its page shows the secret, this once."""
    check_proof(request, place.at.inside(app, "hooks", "new"))
    typed = _typed(form)
    means = site.means
    try:
        _check(typed)
        with place.write() as session:
            made, secret = hooks.create(session, means.vault, means.egress, app, typed.url or None, _asks(typed))
    except EgressRefused as refused:
        return _asked(request, place, app, typed, {"url": refused.says})
    except Refused as refused:
        errors = {_ERRORS.get(one.at, one.at.rpartition("/")[2]): one.says for one in refused.problems}
        return _asked(request, place, app, typed, errors)
    return _one(request, place, app, made.id, secret=secret)


@router.get("/{hook}")
def show_one(request: Request, place: In, app: str, hook: str, before: int | None = None) -> Response:
    """One hook with the newest of what it has to tell; `before` is the number at which a further page begins."""
    return _one(request, place, app, hook, before=before)


@router.post("/{hook}/activation")
def resume(request: Request, place: In, app: str, hook: str) -> Response:
    """Call from now on; whoever does so stands for it."""
    with place.write() as session:
        hooks.enable(session, app, hook, notifies=True)
    return redirect(request, place.at.inside(app, "hooks", hook), Toast(_("The hook calls again.")))


@router.post("/{hook}/deactivation")
def pause(request: Request, place: In, app: str, hook: str) -> Response:
    """Call nobody; what there is to tell is kept all the same."""
    with place.write() as session:
        hooks.enable(session, app, hook, notifies=False)
    says = _("The hook is paused. What there is to tell is kept.")
    return redirect(request, place.at.inside(app, "hooks", hook), Toast(says))


@router.post("/{hook}/extension")
def extend(request: Request, place: In, app: str, hook: str) -> Response:
    """Let it live for seven days from now."""
    with place.write() as session:
        hooks.refresh(session, app, hook)
    return redirect(request, place.at.inside(app, "hooks", hook), Toast(_("The hook lives for seven more days.")))


@router.post("/{hook}/tests")
def test(request: Request, place: In, site: SiteHere, app: str, hook: str) -> Response:
    """Call once, now, and show what came of it."""
    tested = notifying.try_out(place.store, place.principal, site.means, app, hook)
    return _one(request, place, app, hook, tested=tested)


@router.get("/{hook}/deletion")
def ask_deletion(request: Request, place: In, app: str, hook: str) -> Response:
    """What would be lost, and the question: neither the secret nor the payloads come back."""
    with place.read() as session:
        of, found = apps.get(session, app), hooks.get(session, app, hook)
    return page(request, "hooks/deletion.html", app=of, hook=found, host=_host(found))


@router.post("/{hook}/deletion")
def delete(request: Request, place: In, app: str, hook: str) -> Response:
    """Tell it nothing any more."""
    with place.write() as session:
        hooks.delete(session, app, hook)
    return redirect(request, place.at.inside(app, "hooks"), Toast(_("The hook is gone.")))


def _one(
    request: Request,
    place: Place,
    app: str,
    hook: str,
    *,
    before: int | None = None,
    secret: str = "",
    tested: Result | None = None,
) -> Response:
    with place.read() as session:
        of, found = apps.get(session, app), hooks.get(session, app, hook)
        held = hooks.newest(session, app, hook, before, SHOWN + 1)
        payloads = Payloads(session, app)
        told = [(one, payloads.object_of(one)) for one in held[:SHOWN]]
    return page(
        request,
        "hooks/hook.html",
        app=of,
        hook=found,
        host=_host(found),
        wishes=_wishes(of, found),
        told=told,
        older=held[SHOWN - 1].number if len(held) > SHOWN else None,
        secret=secret,
        tested=tested,
    )


def _asked(request: Request, place: Place, app: str, typed: Typed, errors: Mapping[str, str] | None = None) -> Response:
    with place.read() as session:
        door.enter_builder(session.principal)
        of = apps.get(session, app)
    shown: dict[str, Any] = {
        "app": of,
        "typed": typed,
        "errors": errors or {},
        "data_types": DATA,
        "change_types": CHANGES,
    }
    return page(request, "hooks/new.html", status=422 if errors else 200, **shown)


def _typed(form: FormData) -> Typed:
    several = {name: tuple(str(one) for one in form.getlist(name) if one) for name in ("data", "changes")}
    url, scope = (str(form.get(name, "")).strip() for name in ("url", "scope"))
    return Typed(url, scope, several["data"], several["changes"], form.get("previous") == "yes")


def _check(typed: Typed) -> None:
    missing = [name for name, ticked in (("data", typed.data), ("changes", typed.changes)) if not ticked]
    if missing:
        raise Refused([Problem(f"/{name}", _("Choose at least one."), "missing") for name in missing])


def _asks(typed: Typed) -> dict[str, Any]:
    filters: dict[str, Any] = {"dataTypes": list(typed.data)}
    if set(typed.changes) != set(CHANGE_TYPES):
        filters["changeTypes"] = list(typed.changes)
    if typed.scope:
        filters["recordChangeScope"] = typed.scope
    options: dict[str, Any] = {"filters": filters}
    if typed.previous:
        options["includes"] = {"includePreviousCellValues": True}
    return {"options": options}


def _wishes(app: App, hook: Hook) -> Wishes:
    try:
        asked = specification.read(hook.specification, app)
    except Refused:
        return Wishes(is_gone=True)
    table = app.tables.get(asked.table or "")
    view = table.views.get(asked.view or "") if table else None
    return Wishes(
        data=tuple(says for word, says in DATA.items() if word in asked.data_types),
        changes=tuple(says for word, says in CHANGES.items() if word in (asked.change_types or CHANGE_TYPES)),
        where=tuple([table.plural or table.label, *([view.label] if view else [])] if table else []),
        fields=tuple(sorted(asked.fields or ())),
    )


def _host(hook: Hook) -> str:
    """Whom it calls; the path may hold a secret of the receiver's."""
    return read_url(hook.url).host if hook.url else ""
