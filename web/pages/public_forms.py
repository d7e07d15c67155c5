"""A public form: anybody who has its address may fill it in. No cookie is read; what is stored is one new record.

The address is made of ids and keys and is no secret: it opens only a form that its app has made public, and only to
fill it in. So it needs no state, and stays the same when the server moves. A sending is known by its signed token
and by what was typed: pressing the button twice stores one record, going back and sending other words stores another.
Whoever goes back with a script finds the receipt, since the page's address then names its token (`?sent=`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import RedirectResponse, Response

from engine import account_mail, files, forms, held_files, sendings, workspaces
from engine.access import principals
from engine.account_mail import LINK, Words
from engine.definitions.language import Form, Table
from engine.errors import NotFound, Refused, TooOften
from engine.field_types import TakesFiles
from engine.files import File
from engine.storage.session import Session
from engine.storage.stores import Workspace
from engine.text import _
from web import csrf
from web.addresses import At, with_query
from web.attached import attached
from web.dependencies import FormHere, SiteHere
from web.names import ids_of
from web.noting import MANY_CAME, TOO_OFTEN, note_limit
from web.questions import asked, offered
from web.rate import told
from web.render import page
from web.routes import PageRouter, public_guard
from web.sheets import typed_in
from web.site import Site
from web.texts import say
from web.uploads import with_ids
from web.visit import visit_of

router = PageRouter(prefix="/f/{workspace}/{app}/{table}/{form}", guard=public_guard)


@dataclass(frozen=True)
class Here:
    """The form of the address. Everything that is done here is done as this form, which may little."""

    organisation: str
    store: Workspace
    principal: principals.Principal
    table: str
    form: str
    address: str

    def read(self) -> AbstractContextManager[Session]:
        """A transaction that only reads."""
        return self.store.read(self.principal)

    def write(self) -> AbstractContextManager[Session]:
        """A transaction that may store one record."""
        return self.store.write(self.principal)

    def found(self, session: Session) -> tuple[Table, Form]:
        """Raises `NotFound` when there is no such form or it is not public."""
        return session.layout.table(self.table), forms.get(session, self.table, self.form, public=True)


def here(site: SiteHere, workspace: str, app: str, table: str, form: str) -> Here:
    """Raises `NotFound` for a workspace that does not exist: asking for its store would make one."""
    organisation = workspaces.directory(site.stores).get(workspace)
    if organisation is None:
        raise NotFound(_("There is no such form (any more)."))
    who = principals.public_form(app, table, form)
    address = At(workspace).public_form(app, table, form)
    return Here(organisation, site.stores.workspace(workspace), who, f"{app}.{table}", form, address)


FormOf = Annotated[Here, Depends(here)]


@router.get("")
def show(request: Request, site: SiteHere, of: FormOf, sent: str = "") -> Response:
    """The empty form; or, for who comes back to the page with the token `sent`, the receipt of what came from it."""
    if sent:
        with of.read() as session:
            table, form = of.found(session)
            record = sendings.came_from(session, table, form, sent)
        if record:
            return RedirectResponse(_receipt(site, of, form, record), 303)
    return _shown(request, of, {})


@router.post("")
def submit(request: Request, site: SiteHere, of: FormOf, sent: FormHere) -> Response:
    """Store the record; what is wrong stands at its question, with what was typed."""
    with of.read() as session:
        table, form = of.found(session)
        layout = session.layout
    sender = visit_of(request).sender
    try:
        site.public_forms.check(sender, MANY_CAME)
    except TooOften as too_often:
        note_limit(of.store, of.principal, TOO_OFTEN, address=sender)
        return told(_shown(request, of, typed_in(sent, table, layout), too_often), too_often)
    sent, problems = with_ids(site, of.store, of.principal, sent, table)
    values = typed_in(sent, table, layout)
    token = str(sent.get(csrf.FIELD))
    try:
        if problems:
            raise Refused(problems)
        with of.write() as session:
            once = _name_of(token, _with_contents(session, table, values))
            record = forms.submit(session, of.table, form, values, once=once, page=token)
            is_new = sendings.allow_correction(session, form, record, _token(site, of, record))
    except Refused as refused:
        return told(_shown(request, of, values, refused, status=422), refused)
    if is_new:
        _mail_link(site, of, form, record, values)
    return RedirectResponse(_receipt(site, of, form, record), 303)


@router.get("/thanks")
def thank(request: Request, site: SiteHere, of: FormOf, record: str = "", mark: str = "") -> Response:
    """What stands here when a form was sent. Whoever sent it finds the link to correct it."""
    with of.read() as session:
        table, form = of.found(session)
        app = session.layout.apps[table.app]
        theirs = site.signer.is_derived("receipt", record, mark) and sendings.can_be_corrected(session, table, record)
    link = f"{site.settings.public_url}{At.correction(_token(site, of, record))}" if theirs else ""
    mails = bool(site.settings.smtp_host and form.corrections and form.corrections.mail_to)
    return page(request, "forms/thanks.html", of=of, form=form, table=table, app=app, link=link, mails=mails)


def _receipt(site: Site, of: Here, form: Form, record: str) -> str:
    """The page that thanks. Where it shows a link, its address is marked by us: a record's id alone opens nothing."""
    if form.corrections is None:
        return f"{of.address}/thanks"
    return with_query(f"{of.address}/thanks", {"record": record, "mark": site.signer.derived("receipt", record)})


def _token(site: Site, of: Here, record: str) -> str:
    """Of the link by which what was sent can be corrected: the same each time, for who sends twice or comes back."""
    return f"{of.store.id}.{site.signer.derived('correction', record)}"


def _mail_link(site: Site, of: Here, form: Form, record: str, values: Mapping[str, Any]) -> None:
    """Mail the link to the address that was given for it, a few times an hour to each: anybody can type anybody's."""
    to = str(values.get(form.corrections.mail_to) or "").strip() if form.corrections else ""
    if not to or not site.settings.smtp_host or not site.correction_mails.allows(to.casefold()):
        return
    words = Words(
        say(_("What you sent to {organisation}", organisation=of.organisation)),
        say(
            _(
                "You filled in the form {form} of {organisation}. As long as it is open, you can correct what you sent:"
                "\n{link}\n\nWhoever has this link can read and change it. If it was not you, do nothing.",
                form=form.label,
                organisation=of.organisation,
                link=LINK,
            )
        ),
    )
    link = f"{site.settings.public_url}{At.correction(_token(site, of, record))}"
    with site.stores.control.write() as session:
        account_mail.put(session, site.vault, site.settings, to, words, link)


def _shown(
    request: Request, of: Here, values: Mapping[str, Any], refused: Refused | None = None, status: int = 200
) -> Response:
    with of.read() as session:
        table, form = of.found(session)
        shut = sendings.closed(session, table, form)
        if shut:
            app = session.layout.apps[table.app]
            status = 409 if refused else 200
            return page(request, "forms/closed.html", status=status, of=of, form=form, table=table, app=app, shut=shut)
        links = offered(forms.choices(session, table, form))
        questions, problems = asked(forms.public_questions(session, table, form), links, values, refused)
        app = session.layout.apps[table.app]
        brought = {one.id: attached(None, one) for one in files_in(session, table, values).values()}
        _opens, closes = sendings.span(session, form)
    return page(
        request,
        "forms/public.html",
        status=status,
        of=of,
        address=of.address,
        closes=closes,
        app=app,
        table=table,
        form=form,
        questions=questions,
        problems=problems,
        names=brought,
    )


def files_in(session: Session, table: Table, values: Mapping[str, Any]) -> dict[str, File]:
    """The files that this sending has brought, those of an earlier try too, by id."""
    brought = [ids_of(given) for key, given in values.items() if isinstance(table.fields[key].kind, TakesFiles)]
    ids = {file_id for one in brought for file_id in one}
    return files.known(session, held_files.readable(session, ids))


def _with_contents(session: Session, table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """The same with each file named by what is in it, since each sending gives it another id."""
    contents = {file_id: file.sha256 for file_id, file in files_in(session, table, values).items()}
    return {
        key: [contents.get(one, one) for one in value] if isinstance(value, list) else contents.get(value, value)
        for key, value in values.items()
    }


def _name_of(token: str, values: Mapping[str, Any]) -> str:
    """What one sending is known by: the token of the page that it came from, and what was typed."""
    typed = json.dumps(values, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(f"{token}\n{typed}".encode()).hexdigest()[:32]
