"""Forms: ways to enter one record. Every table has one; a public form takes a stranger's record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import records
from engine.definitions.language import Field, Form, FormField, Table
from engine.errors import NotFound, Problem, Refused
from engine.storage.session import Session
from engine.text import Label, _
from engine.values import is_empty


@dataclass(frozen=True)
class Question:
    """One field as a form asks for it."""

    field: Field
    label: Label
    help: Label | None
    required: bool


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


def submit(session: Session, table: str, form: Form, given: Mapping[str, Any]) -> str:
    """Create the record that a filled-in form describes; its id. Raises `Refused` with problems at `/0/<field>`."""
    of = session.layout.table(table)
    asked = questions(of, form)
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
    return record_id


def _blank(value: Any) -> bool:
    return is_empty(value.strip() if isinstance(value, str) else value)
