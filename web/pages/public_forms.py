"""A public form: anybody who has its address may fill it in. No cookie is read; what is stored is one new record.

The address is made of ids and keys and is no secret: it opens only a form that its app has made public, and only to
fill it in. So it needs no state, and stays the same when the server moves. A sending is known by its signed token
and by what was typed: pressing the button twice stores one record, going back and sending other words stores another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from engine import files, forms, workspaces
from engine.access import principals
from engine.definitions.language import Form, Table
from engine.errors import NotFound, Problem, Refused
from engine.field_types import TakesFiles
from engine.files import File
from engine.storage.session import Session
from engine.storage.stores import Workspace
from engine.text import _
from web import csrf, dependencies
from web.addresses import At
from web.attached import attached
from web.dependencies import FormHere, SiteHere
from web.names import ids_of
from web.questions import asked, offered
from web.render import page
from web.sheets import typed_in
from web.uploads import with_ids
from web.visit import visit_of

router = APIRouter(prefix="/f/{workspace}/{app}/{table}/{form}")
guard = dependencies.public_guard


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
def show(request: Request, of: FormOf) -> Response:
    """The empty form."""
    return _shown(request, of, {})


@router.post("")
def submit(request: Request, site: SiteHere, of: FormOf, sent: FormHere) -> Response:
    """Store the record; what is wrong stands at its question, with what was typed."""
    with of.read() as session:
        table, form = of.found(session)
        layout = session.layout
    if not site.public_forms.allows(visit_of(request).sender):
        values = typed_in(sent, table, layout)
        says = _("Many forms came from your network within a minute. Wait a minute, then send yours again.")
        return _shown(request, of, values, Refused([Problem("", says, "too_many")]), status=429)
    sent, problems = with_ids(site, of.store, of.principal, sent, table)
    values = typed_in(sent, table, layout)
    try:
        if problems:
            raise Refused(problems)
        with of.write() as session:
            once = _name_of(str(sent.get(csrf.FIELD)), _with_contents(session, table, values))
            forms.submit(session, of.table, form, values, once=once)
    except Refused as refused:
        return _shown(request, of, values, refused, status=422)
    return RedirectResponse(f"{of.address}/thanks", 303)


@router.get("/thanks")
def thank(request: Request, of: FormOf) -> Response:
    """What stands here when a form was sent."""
    with of.read() as session:
        table, form = of.found(session)
        app = session.layout.apps[table.app]
    return page(request, "forms/thanks.html", of=of, form=form, table=table, app=app)


def _shown(
    request: Request, of: Here, values: Mapping[str, Any], refused: Refused | None = None, status: int = 200
) -> Response:
    with of.read() as session:
        table, form = of.found(session)
        links = offered(forms.choices(session, table, form))
        questions, problems = asked(forms.public_questions(session, table, form), links, values, refused)
        app = session.layout.apps[table.app]
        brought = {one.id: attached(None, one) for one in _files_in(session, table, values).values()}
    return page(
        request,
        "forms/public.html",
        status=status,
        of=of,
        app=app,
        table=table,
        form=form,
        questions=questions,
        problems=problems,
        names=brought,
    )


def _files_in(session: Session, table: Table, values: Mapping[str, Any]) -> dict[str, File]:
    """The files that this sending has brought, those of an earlier try too, by id."""
    brought = [ids_of(given) for key, given in values.items() if isinstance(table.fields[key].kind, TakesFiles)]
    ids = {file_id for one in brought for file_id in one}
    return files.known(session, files.readable(session, ids))


def _with_contents(session: Session, table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """The same with each file named by what is in it, since each sending gives it another id."""
    contents = {file_id: file.sha256 for file_id, file in _files_in(session, table, values).items()}
    return {
        key: [contents.get(one, one) for one in value] if isinstance(value, list) else contents.get(value, value)
        for key, value in values.items()
    }


def _name_of(token: str, values: Mapping[str, Any]) -> str:
    """What one sending is known by: the token of the page that it came from, and what was typed."""
    typed = json.dumps(values, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(f"{token}\n{typed}".encode()).hexdigest()[:32]
