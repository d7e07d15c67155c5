"""The record itself, and who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.formulas import sql
from engine.formulas.functions import Family, Function, Parameter
from engine.formulas.part import Part
from engine.formulas.syntax import Call, Name
from engine.formulas.typed import Read, Typed
from engine.formulas.types import ANY, DATE_TIME, TEXT, USER
from engine.text import _

if TYPE_CHECKING:
    from engine.formulas.check import Checker
    from engine.formulas.compile import Compiling

family = Family(_("Records"))


@family.function(
    "ME", gives=USER, about=_("The person who asks, or who acts."), example="{owner} = ME()", asks="me", blank=True
)
def me(c: Compiling) -> sql.Element:
    return c.environment.me()


@family.function(
    "RECORD_ID", gives=TEXT, about=_("The record's id."), example='RECORD_ID() is "rec3fXk2..."', path=("id",)
)
def record_id(c: Compiling) -> sql.Element:
    return c.environment.value(("id",)).value


@family.function(
    "CREATED_TIME",
    gives=DATE_TIME,
    about=_("When the record was created."),
    example="CREATED_TIME()",
    path=("created_at",),
    blank=True,
)
def created_time(c: Compiling) -> sql.Element:
    return c.environment.value(("created_at",)).value


@family.function(
    "LAST_MODIFIED_TIME",
    gives=DATE_TIME,
    about=_("When the record was last changed."),
    example="LAST_MODIFIED_TIME()",
    path=("updated_at",),
    blank=True,
)
def last_modified_time(c: Compiling) -> sql.Element:
    return c.environment.value(("updated_at",)).value


def _before(checker: Checker, function: Function, call: Call) -> Typed | None:
    field = call.arguments[0]
    if not isinstance(field, Name):
        return checker.mistake(field, _("Write a field here, such as {example}.", example="PREVIOUS({stage})"))
    if checker.scope.type_of(field.path) is None:
        return checker.name(field)
    path = ("previous", *field.path)
    held = checker.scope.type_of(path)
    if held is None:
        says = _(
            "What {field} held before is known only in checks and automations, and only if people fill it in.",
            field=field.text,
        )
        return checker.mistake(field, says)
    return Read(path, held, call.start, call.end)


@family.function(
    "PREVIOUS",
    Parameter("field", "any"),
    gives=ANY,
    about=_("What the field held before the change that is checked, or that started the automation; else blank."),
    example='PREVIOUS({stage}) is "open"',
    types=_before,
    blank=True,
)
def previous(c: Compiling, field: Typed) -> Part:
    return c.part(field)
