"""Forms: ways to enter one record. Every table has one; a public form takes a stranger's record.

A public form tells strangers nothing that its definition does not list: it asks for no person of the workspace, and a
link is asked only as a choice of names, as long as these are few enough to choose from.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from engine import apps, history, limits, named, queries, records, sendings
from engine.access import door
from engine.definitions.language import Field, Form, FormField, Table
from engine.errors import NotFound, Problem, Refused
from engine.storage.expressions import Records, clock_of, moment
from engine.storage.session import Session
from engine.text import Label, _
from engine.values import is_empty

MOST_CHOICES = 300  # records that a public form offers for a link


@dataclass(frozen=True)
class Question:
    """One field as a form asks for it."""

    field: Field
    label: Label
    help: Label | None
    required: bool


class Choice(NamedTuple):
    """A record that a form offers for a link; `of` is what its table calls one."""

    id: str
    name: str
    of: Label


def generated(table: Table) -> Form:
    """The form that every table has: all fields that people set, in their order."""
    return Form("record", table.label, tuple(FormField(one.key) for one in table.declared if one.writable))


def get(session: Session, table: str, key: str, *, public: bool = False) -> Form:
    """A form of a table. Raises `NotFound`; for the public also when the form is not switched on."""
    form = session.layout.table(table).forms.get(key)
    if form is None or (public and not form.public):
        raise NotFound(_("There is no such form (any more)."))
    return form


def questions(table: Table, form: Form) -> list[Question]:
    """The form's questions; label, help and required are the field's unless the form says otherwise."""
    asked = []
    for one in form.fields:
        field = table.fields[one.field]
        required = field.required or bool(one.required)
        asked.append(Question(field, one.label or field.label, one.help or field.help, required))
    return asked


def public_questions(session: Session, table: Table, form: Form) -> list[Question]:
    """The questions that a public form can ask strangers.

    No people or departments, and links only where `choices` has some.
    """
    offered = choices(session, table, form)
    return [
        one
        for one in questions(table, form)
        if not one.field.is_side
        and one.field.kind.names not in named.KINDS
        and (not one.field.is_link or offered.get(one.field.key))
    ]


def choices(session: Session, table: Table, form: Form) -> dict[str, list[Choice]]:
    """The records that each link of a form offers, table by table by name; none where they are over `MOST_CHOICES`.

    Raises `NotFound` for a public form that is not switched on.
    """
    links = [one.field for one in questions(table, form) if one.field.is_link and not one.field.is_side]
    door.enter(session.principal, "choose", table, {one.key for one in links})
    found = {}
    for link in links:
        tables = [session.layout.table(address) for address in link.targets]
        offered = [one for target in tables for one in _named(session, table, link, target)]
        found[link.key] = offered if len(offered) <= MOST_CHOICES else []
    return found


def change(session: Session, table: str, key: str, options: Mapping[str, Any]) -> None:
    """Set options of a form (None: takes one away): a change of the app.

    Raises `NotFound`, `Forbidden`, `Refused` with places such as `/tables/leads/forms/enquiry/closes`.
    """
    get(session, table, key)
    app, _dot, name = table.partition(".")
    document = copy.deepcopy(dict(apps.export(session, app)))
    form = document["tables"][name]["forms"][key]
    said = {**form, **options}
    document["tables"][name]["forms"][key] = {option: value for option, value in said.items() if value is not None}
    apps.apply(session, document)


def submit(
    session: Session, table: str, form: Form, given: Mapping[str, Any], *, once: str = "", page: str = ""
) -> str:
    """Create the record that a filled-in form describes; its id. Raises `Refused` with problems at `/0/<field>`.

    `once` names the sending: what comes under the same name again (a button pressed twice) is not stored again.
    `page` is the token of the public page that it comes from.
    """
    of = session.layout.table(table)
    earlier = _came_already(session, once) if once else None
    if earlier is not None:
        return earlier
    public = session.principal.kind == "public_form"
    if public:
        sendings.check_open(session, of, form)
    asked = public_questions(session, of, form) if public else questions(of, form)
    keys = {question.field.key for question in asked}
    values = {key: value for key, value in given.items() if key in keys}
    missing = [
        Problem(f"/0/{one.field.key}", _("{field} is needed.", field=one.label), "required")
        for one in asked
        if one.required and _blank(values.get(one.field.key)) and one.field.default is None
    ]
    try:
        (record_id,) = records.create(session, table, [values], reading="text")
    except Refused as refused:
        known = {problem.at for problem in refused.problems}
        raise Refused([*refused.problems, *(one for one in missing if one.at not in known)]) from None
    if missing:
        raise Refused(missing)
    if public:
        sendings.note(session, of, form, record_id, page)
    return record_id


def _came_already(session: Session, once: str) -> str | None:
    """The record of an earlier sending of this name. The transaction takes the name, so the log knows it later."""
    if session.dialect == "postgresql":  # on SQLite writers come one after the other anyway
        wait = sa.text("SELECT pg_advisory_xact_lock(hashtext(:once))")
        session.connection.execute(wait, {"once": once})
    session.transaction_id = f"frm{once}"
    entries = history.of_transaction(session, session.transaction_id)
    return entries[-1].change.record_id if entries else None


def _named(session: Session, table: Table, link: Field, target: Table) -> list[Choice]:
    records = Records(session.layout, target, session.layout.rows(target), clock_of(session))
    wanted = sa.select(records.rows.c.id).limit(MOST_CHOICES + 1)
    offered = limits.offered(session, table, link, {})
    if offered is not None:
        wanted = wanted.where(offered(records))
    ids = list(session.connection.execute(wanted, moment(session)).scalars())
    named = queries.titles(session, target.address, ids).items()
    by_name = sorted(named, key=lambda one: (one[1].casefold(), one[0]))
    return [Choice(record_id, name, target.label) for record_id, name in by_name]


def _blank(value: Any) -> bool:
    return is_empty(value.strip() if isinstance(value, str) else value)
