"""The record itself, and who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.formulas import sql
from engine.formulas.functions import Family
from engine.formulas.types import DATE_TIME, TEXT, USER
from engine.text import _

if TYPE_CHECKING:
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
