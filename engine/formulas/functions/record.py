"""The record itself, and who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.formulas import sql
from engine.formulas.functions import Family, Function, Parameter
from engine.formulas.part import Part
from engine.formulas.syntax import Call, Name, Node
from engine.formulas.typed import Apply, Read, Typed
from engine.formulas.types import ANY, DATE_TIME, DEPARTMENT, NUMBER, TEXT, USER, list_of
from engine.text import _

if TYPE_CHECKING:
    from engine.formulas.check import Checker
    from engine.formulas.compile import Compiling

family = Family(_("Records"))


@family.function(
    "ME", gives=USER, about=_("The person who asks, or who acts."), example="{owner} = ME()", asks="me", blank=True
)
def me(c: Compiling) -> Part:
    return Part(c.environment.me(), USER, fixed=True)


@family.function(
    "MY_DEPARTMENTS",
    gives=list_of(DEPARTMENT),
    about=_("The departments that the person who asks belongs to or heads, each with all below it."),
    example="{department} IN MY_DEPARTMENTS()",
    asks="me",
)
def my_departments(c: Compiling) -> Part:
    return Part(c.environment.my_departments(), list_of(DEPARTMENT), nullable=False, fixed=True)


@family.function(
    "MY_ROLES",
    gives=list_of(TEXT),
    about=_("The keys of the roles that the person who asks has in this app; owners and builders have all."),
    example='"lead" IN MY_ROLES()',
    asks="me",
)
def my_roles(c: Compiling) -> sql.Element:
    return c.environment.my_roles()


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


def _numbered(checker: Checker, _function: Function, call: Call) -> Typed | None:
    path = checker.scope.numbered_by()
    if path is None:
        says = _("This table has no autonumber field. Add one, or use {function}.", function="RECORD_ID()")
        return checker.mistake(call, says)
    return Read(path, NUMBER, call.start, call.end)


@family.function(
    "AUTONUMBER",
    gives=NUMBER,
    about=_("The record's number: what its autonumber field holds."),
    example="AUTONUMBER() is 42",
    types=_numbered,
    blank=True,
)
def autonumber(c: Compiling) -> Part:
    raise TypeError("AUTONUMBER is read as a field")


def _changed(checker: Checker, function: Function, call: Call) -> Typed | None:
    if not call.arguments:
        return Read(("updated_at",), DATE_TIME, call.start, call.end)
    fields = [_watched(checker, node) for node in call.arguments]
    if any(one is None for one in fields):
        return None
    return Apply(function, tuple(fields), DATE_TIME, call.start, call.end)


def _watched(checker: Checker, node: Node) -> Typed | None:
    if not isinstance(node, Name):
        return checker.mistake(node, _("Write a field here, such as {example}.", example="{stage}"))
    read = checker.name(node)
    if isinstance(read, Read) and not checker.scope.is_logged(read.path):
        says = _("When {field} changed is not known: name fields of this table that people fill in.", field=node.text)
        return checker.mistake(node, says)
    return read


@family.function(
    "LAST_MODIFIED_TIME",
    Parameter("field", "any", optional=True, repeated=True),
    gives=DATE_TIME,
    about=_("When one of these fields was last changed; without fields: when anything of the record was."),
    example="LAST_MODIFIED_TIME({stage})",
    types=_changed,
    asks="log",
    blank=True,
)
def last_modified_time(c: Compiling, *fields: Read) -> sql.Element:
    return c.environment.changed_at([one.path for one in fields])


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
