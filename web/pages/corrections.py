"""What came by a public form, for whoever has the link to correct it. No cookie is read.

The page says what it showed (`was`): what somebody changed meanwhile is not overwritten unseen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import RedirectResponse, Response

from engine import forms, sendings
from engine.errors import Forbidden, NotFound, Refused, TooOften
from engine.json_text import read_json
from engine.sendings import Opened
from engine.text import _
from web.addresses import At, with_query
from web.attached import attached
from web.dependencies import FormHere, SiteHere
from web.noting import MANY_CAME, TOO_OFTEN, note_limit
from web.pages.public_forms import files_in
from web.questions import asked, offered
from web.rate import told
from web.render import page
from web.routes import PageRouter, public_guard
from web.sheets import as_shown, typed_in
from web.uploads import with_ids
from web.visit import visit_of

router = PageRouter(prefix="/c/{token}", guard=public_guard)


def opened(site: SiteHere, token: str) -> Opened:
    """Raises `NotFound`."""
    return sendings.opened(site.stores, token)


Sent = Annotated[Opened, Depends(opened)]


@router.get("")
def show(request: Request, of: Sent, token: str, saved: str = "") -> Response:
    """What was sent, to be corrected."""
    return _shown(request, of, token, {}, saved=bool(saved))


@router.post("")
def correct(request: Request, site: SiteHere, of: Sent, sent: FormHere, token: str) -> Response:
    """Store what was typed anew; what is wrong stands at its question."""
    try:
        with of.store.read(of.principal) as session:
            table, _form = sendings.form_of(session)
            layout = session.layout
    except Forbidden:
        raise _nowhere() from None
    was = _was(str(sent.get("was", "")))
    sender = visit_of(request).sender
    try:
        site.public_forms.check(sender, MANY_CAME)
    except TooOften as too_often:
        note_limit(of.store, of.principal, TOO_OFTEN, address=sender)
        typed = typed_in(sent, table, layout)
        return told(_shown(request, of, token, typed, was, too_often), too_often)
    sent, problems = with_ids(site, of.store, of.principal, sent, table)
    typed = typed_in(sent, table, layout)
    given = {key: one for key, one in typed.items() if not as_shown(table, key, one, was.get(key))}
    try:
        if problems:
            raise Refused(problems)
        with of.store.write(of.principal, "correction") as session:
            sendings.correct(session, given, was)
    except Refused as refused:
        return _shown(request, of, token, typed, was, refused, status=422)
    return RedirectResponse(with_query(At.correction(token), {"saved": "yes"}), 303)


def _shown(
    request: Request,
    of: Opened,
    token: str,
    typed: Mapping[str, Any],
    was: Mapping[str, Any] | None = None,
    refused: Refused | None = None,
    *,
    status: int = 200,
    saved: bool = False,
) -> Response:
    with of.store.read(of.principal) as session:
        table, form = sendings.form_of(session)
        held = sendings.sent(session)
        values = {**held, **typed}
        links = offered(forms.choices(session, table, form))
        questions, problems = asked(forms.public_questions(session, table, form), links, values, refused)
        names = {one.id: attached(None, one) for one in files_in(session, table, values).values()}
        app = session.layout.apps[table.app]
    shown = {one.key: (was or held).get(one.key) for one in questions}
    return page(
        request,
        "forms/correction.html",
        status=status,
        of=of,
        address=At.correction(token),
        app=app,
        table=table,
        form=form,
        questions=questions,
        problems=problems,
        names=names,
        was=json.dumps(shown, ensure_ascii=False),
        saved=saved,
    )


def _was(said: str) -> dict[str, Any]:
    try:
        found = read_json(said)
    except Refused:
        return {}
    return found if isinstance(found, dict) else {}


def _nowhere() -> NotFound:
    return NotFound(_("This link does not lead anywhere (any more)."))
