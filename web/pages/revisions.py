"""The revisions of an app's definition: what each changed, one compared with another, an earlier one restored."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import Form, Request
from starlette.responses import Response

from engine import apps, people
from engine.apps import Revision
from engine.storage.session import Session
from engine.text import _
from web.alterations import Listed, listed
from web.dependencies import In
from web.handing_over import written
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast
from web.whole_numbers import Number

router = PageRouter(prefix="/w/{workspace}/apps/{app}/-/revisions")

SHOWN = 20  # whose changes are worked out for one page


@router.get("")
def show(request: Request, place: In, app: str, before: Number = 0) -> Response:
    """The revisions, newest first; `before` is the number below which the page begins."""
    with place.read() as session:
        of = apps.get(session, app)
        found = [one for one in apps.revisions(session, app) if not before or one.number < before]
        revisions = [(one, _changes(session, one)) for one in found[:SHOWN]]
        names = people.names(session)
    older = found[SHOWN - 1].number if len(found) > SHOWN else 0
    return page(
        request,
        "revisions/list.html",
        app=of,
        revisions=revisions,
        names=names,
        older=older,
        may_build=place.membership.role in ("owner", "builder"),
    )


@router.get("/{number}")
def show_one(request: Request, place: In, app: str, number: Number, against: Number | None = None) -> Response:
    """One revision beside another (`against`; the one before it when not said), and its document."""
    with place.read() as session:
        of = apps.get(session, app)
        numbers = [one.number for one in apps.revisions(session, app)]
        document = apps.document_of(session, app, number)
        other = against if against in numbers else max((one for one in numbers if one < number), default=None)
        changes = listed(apps.compare(session, app, other, number)) if other is not None else []
    return page(
        request,
        "revisions/revision.html",
        app=of,
        number=number,
        numbers=numbers,
        other=other,
        changes=changes,
        document=_text(document),
        may_build=place.membership.role in ("owner", "builder"),
    )


@router.get("/{number}/definition.json")
def download(place: In, app: str, number: Number) -> Response:
    """The definition as a file, to be kept, changed and brought again."""
    with place.read() as session:
        document = apps.document_of(session, app, number)
    return written([_text(document), "\n"], f"{app}-{number}.json", "application/json")


@router.get("/{number}/restoration")
def ask(request: Request, place: In, app: str, number: Number) -> Response:
    """What restoring the revision would do, with what it would take away counted."""
    place.only("owner", "builder")
    with place.read() as session:
        of = apps.get(session, app)
        plan = apps.plan(session, apps.document_of(session, app, number))
    return page(
        request,
        "revisions/restoration.html",
        app=of,
        number=number,
        changes=listed(plan.alterations),
        plan=plan,
    )


@router.post("/{number}/restoration")
def restore(request: Request, place: In, app: str, number: Number, despite: Annotated[str, Form()] = "") -> Response:
    """Make the revision the newest; `despite` says that its access tests may fail."""
    with place.write() as session:
        before = session.layout.apps[app].revision if app in session.layout.apps else 0
        apps.restore(session, app, number, despite_tests=despite == "yes")
    undo = place.at.inside(app, "revisions", str(before), "restoration") if before else ""
    says = _("Revision {number} is restored.", number=number)
    return redirect(request, place.at.inside(app, "revisions"), Toast(says, undo=undo))


def _changes(session: Session, revision: Revision) -> list[Listed]:
    """What the revision changed; said anew from the documents, so that each reader gets it in their language."""
    earlier = [one.number for one in apps.revisions(session, revision.app) if one.number < revision.number]
    if not earlier:
        return []
    return listed(apps.compare(session, revision.app, max(earlier), revision.number))


def _text(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)
