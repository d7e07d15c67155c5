"""What may be wrong with a form: what it asks, when strangers may send it, where the link to correct it goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from engine.definitions.check_names import no_field
from engine.definitions.language import PARTS_OF_MAIL, Form, Table
from engine.errors import Problem
from engine.text import _


def form_problems(at: str, form: Form, table: Table) -> Iterator[Problem]:
    """Each at its place below `at`."""
    for number, question in enumerate(form.fields):
        asked = table.fields.get(question.field)
        if asked is None:
            yield no_field(f"{at}/fields/{number}", question.field, table)
        elif not asked.writable:
            says = _("{field} is kept by itself, so a form cannot ask for it.", field=asked.label)
            yield Problem(f"{at}/fields/{number}", says, "computed", question.field)
    yield from _time_problems(at, form)
    if form.corrections and form.corrections.mail_to:
        yield from _mail_problems(f"{at}/corrections/mail_to", form, form.corrections.mail_to, table)
    yield from _part_problems(f"{at}/mail", form, table)


def _time_problems(at: str, form: Form) -> Iterator[Problem]:
    wrong = [
        (key, said) for key, said in (("opens", form.opens), ("closes", form.closes)) if said and not _is_time(said)
    ]
    for key, said in wrong:
        yield Problem(f"{at}/{key}", _("{value} is no day and time.", value=said), "invalid_value", said)
    if not wrong and form.opens and form.closes and form.closes <= form.opens:
        yield Problem(f"{at}/closes", _("It must close after it opens."), "range", form.closes)


def _mail_problems(at: str, form: Form, key: str, table: Table) -> Iterator[Problem]:
    field = table.fields.get(key)
    if field is None:
        yield no_field(at, key, table)
    elif field.type != "email" or key not in {question.field for question in form.fields}:
        says = _("{field} must be an e-mail address that the form asks for.", field=field.label)
        yield Problem(at, says, "option", key)


def _part_problems(at: str, form: Form, table: Table) -> Iterator[Problem]:
    """Parts of a mail that go into fields which cannot hold them."""
    asked = {question.field for question in form.fields}
    for part, key in form.mail.items():
        field = table.fields.get(key)
        if field is None:
            yield no_field(f"{at}/{part}", key, table)
        elif key not in asked:
            says = _("{field} is not among the fields of the form.", field=field.label)
            yield Problem(f"{at}/{part}", says, "option", key)
        elif field.kind.holds not in PARTS_OF_MAIL[part]:
            says = _("{field} cannot hold this part of a mail.", field=field.label)
            yield Problem(f"{at}/{part}", says, "option", key)


def _is_time(said: str) -> bool:
    try:
        datetime.fromisoformat(said)
    except ValueError:
        return False
    return True
