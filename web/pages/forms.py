"""The forms of a table: where they are filled in, inside the workspace and, if public, by everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import Response

from engine import forms, mailboxes, queries, sendings
from engine.access import door
from engine.definitions.language import Corrections, Field, Form, Table
from engine.errors import Refused
from engine.mailboxes import Mailbox
from engine.storage.session import Session
from engine.text import _
from web.dependencies import FormHere, In, Place, SiteHere, site_of
from web.lines import inputs_in
from web.link_inputs import inputs_of_links
from web.names import names_of, offered_for
from web.questions import asked
from web.render import is_htmx, page, redirect
from web.routes import PageRouter
from web.sheets import by_field, typed_in
from web.toasts import Toast
from web.uploads import with_ids
from web.whole_numbers import number_in

router = PageRouter(prefix="/w/{workspace}/apps/{app}/{table}/forms")
_LIMITS = ("opens", "closes", "most", "corrections", "days", "mail_to")


@dataclass(frozen=True)
class Listed:
    """A form in the list. `shows` are links whose records' names everybody sees; `left_out` is not asked in public.

    `shut` is why strangers cannot send it now; `mails` are the e-mail fields that it asks for; `limits` are its options
    that say when strangers may send it, as inputs hold them.
    """

    form: Form
    link: str
    shows: list[Field]
    left_out: list[Field]
    shut: sendings.Closed | None
    mails: list[Field]
    limits: Mapping[str, str]
    mail_to: str = ""  # where mails go that become records by it
    mailbox: Mailbox | None = None  # as builders see it


@dataclass(frozen=True)
class Typed:
    """What was typed about when strangers may send the form, and what is wrong with it."""

    form: str
    values: Mapping[str, str]
    errors: Mapping[str, str]


@router.get("")
def show(request: Request, place: In, app: str, table: str) -> Response:
    """All forms of the table, with the addresses of the public ones."""
    return _all(request, place, app, table)


@router.get("/{form}")
def ask(request: Request, place: In, app: str, table: str, form: str) -> Response:
    """The empty form, for people of the workspace."""
    return _shown(request, place, f"{app}.{table}", form, {})


@router.post("/{form}")
def submit(request: Request, place: In, site: SiteHere, sent: FormHere, app: str, table: str, form: str) -> Response:
    """Store the record; then to it, or to the form again for the next one."""
    address = f"{app}.{table}"
    with place.read() as session:
        of, layout = session.layout.table(address), session.layout
    sent, problems = with_ids(site, place.store, place.principal, sent, of)
    values = typed_in(sent, of, layout)
    try:
        if problems:
            raise Refused(problems)
        with place.write() as session:
            record = forms.submit(session, address, forms.get(session, address, form), values)
            name = queries.titles(session, address, [record])[record]
            undo = place.at.page("undo", session.transaction_id)
    except Refused as refused:
        return _shown(request, place, address, form, values, refused)
    to = place.at.form(app, table, form) if sent.get("then") == "next" else place.at.record(app, table, record)
    return redirect(request, to, Toast(_("Created {name}.", name=name), undo=undo))


@router.post("/{form}/publication")
def publish(request: Request, place: In, sent: FormHere, app: str, table: str, form: str) -> Response:
    """Open the form to everybody (`public=yes`), or close it again."""
    public = sent.get("public") == "yes"
    with place.write() as session:
        forms.change(session, f"{app}.{table}", form, {"public": public})
    says = _("Everybody with the link can fill in this form now.") if public else _("The form is closed to the public.")
    return redirect(request, place.at.page("apps", app, table, "forms"), Toast(says))


@router.post("/{form}/times")
def limit(request: Request, place: In, sent: FormHere, app: str, table: str, form: str) -> Response:
    """When strangers may send the form, how often, and whether they may correct what they sent."""
    typed = {key: str(sent.get(f"{form}.{key}", "")).strip() for key in _LIMITS}
    try:
        with place.write() as session:
            forms.change(session, f"{app}.{table}", form, _limits(typed))
    except Refused as refused:
        begin = f"/tables/{table}/forms/{form}/"
        errors = {one.at.removeprefix(begin).replace("corrections/", ""): one.says for one in refused.problems}
        return _all(request, place, app, table, Typed(form, typed, errors))
    return redirect(request, place.at.page("apps", app, table, "forms"), Toast(_("Saved.")))


def _limits(typed: Mapping[str, str]) -> dict[str, Any]:
    """What was typed as options of the form."""

    def number(key: str) -> Any:  # what is no number is refused by the definition's schema, at its place
        number = number_in(typed[key])
        return typed[key] or None if number is None else number

    corrections = {"days": number("days") or Corrections.days, "mail_to": typed["mail_to"]}
    return {
        "opens": typed["opens"] or None,
        "closes": typed["closes"] or None,
        "most": number("most"),
        "corrections": {key: one for key, one in corrections.items() if one} if typed["corrections"] == "yes" else None,
    }


def _all(request: Request, place: Place, app: str, table: str, typed: Typed | None = None) -> Response:
    with place.read() as session:
        of = session.layout.table(f"{app}.{table}")
        link = site_of(request).settings.public_url + place.at.public_form(app, table, "")
        builds = door.builds(session.principal)
        boxes = {one.form: one for one in mailboxes.of_workspace(session)} if builds else {}
        listed = [_listed(session, of, one, link, boxes) for one in of.forms.values()]
        of_app = session.layout.apps[app]
    may_build = place.membership.role in ("owner", "builder")
    status = 422 if typed else 200
    context: dict[str, Any] = {"app": of_app, "table": of, "forms": listed, "may_build": may_build, "typed": typed}
    return page(request, "forms/list.html", status=status, **context)


def _listed(session: Session, table: Table, form: Form, link: str, boxes: Mapping[str, Mailbox]) -> Listed:
    fields = [one.field for one in forms.questions(table, form)]
    in_public = {one.field.key for one in forms.public_questions(session, table, form)}
    shows = [one for one in fields if one.is_link and one.key in in_public]
    left_out = [one for one in fields if one.key not in in_public]
    shut = sendings.closed(session, table, form)
    mail_to = mailboxes.addresses(session, table.address).get(form.key, "") if form.mail else ""
    mails = [one for one in fields if one.type == "email"]
    held = boxes.get(f"{table.address}.{form.key}")
    return Listed(form, link + form.key, shows, left_out, shut, mails, _as_typed(form), mail_to, held)


def _as_typed(form: Form) -> dict[str, str]:
    given = form.corrections
    return {
        "opens": form.opens or "",
        "closes": form.closes or "",
        "most": str(form.most or ""),
        "corrections": "yes" if given else "",
        "days": str(given.days if given else Corrections.days),
        "mail_to": given.mail_to if given else "",
    }


def _shown(
    request: Request, place: Place, address: str, form: str, values: Mapping[str, Any], refused: Refused | None = None
) -> Response:
    with place.read() as session:
        of, found = session.layout.table(address), forms.get(session, address, form)
        questions = forms.questions(of, found)
        fields = [one.field for one in questions]
        offered = offered_for(session, inputs_in(session.layout, fields))
        errors, _others = by_field(refused)
        links = inputs_of_links(session, place, fields, values, errors, offered, None, candidates=not is_htmx(request))
        answers, problems = asked(questions, links, values, refused)
        context: dict[str, Any] = {
            "app": session.layout.apps[of.app],
            "names": names_of(session, place.at, of, links, [values]),
            "offered": offered,
        }
    status = 422 if refused else 200
    return page(
        request,
        "forms/form.html",
        status=status,
        table=of,
        form=found,
        questions=answers,
        problems=problems,
        may_write=door.may(place.principal, "create", of),
        **context,
    )
