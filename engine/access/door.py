"""The one door: every read and write of records asks here first."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from engine.access.principals import Principal
from engine.definitions.language import Table
from engine.errors import Forbidden, NotFound
from engine.text import _

Act = Literal["read", "create", "update", "delete", "choose"]  # choose: see the names that a form's links offer


def enter(principal: Principal, act: Act, table: Table, fields: Collection[str] = ()) -> None:
    """Let the principal do `act` with records of `table` (and set `fields`), or raise `Forbidden` or `NotFound`."""
    principal.scope.check(act, table.address)
    if principal.kind == "public_form":
        _enter_by_form(principal, act, table, fields)
    elif principal.role == "guest" and act not in {"read", "choose"}:
        raise Forbidden(_("Guests can look but not change anything. Ask an owner for another role."))
    elif not principal.role:
        raise Forbidden(_("You do not belong to this workspace."))


def enter_builder(principal: Principal) -> None:
    """Let the principal change what belongs to the whole workspace, such as definitions, or raise `Forbidden`."""
    principal.scope.check_whole()
    if principal.role not in {"owner", "builder"}:
        raise Forbidden(_("Only owners and builders can change this. Ask one of them."))


def enter_owner(principal: Principal) -> None:
    """Let the principal see and change who belongs to the workspace, or raise `Forbidden`."""
    principal.scope.check_whole()
    if principal.role != "owner":
        raise Forbidden(_("Only owners can do this. Ask one of them."))


def _enter_by_form(principal: Principal, act: Act, table: Table, fields: Collection[str]) -> None:
    address, _dot, key = principal.id.rpartition(".")
    form = table.forms.get(key)
    if act not in {"create", "choose"} or address != table.address or form is None or not form.public:
        raise NotFound(_("There is no such form."))
    asked = {question.field for question in form.fields}
    if not set(fields) <= asked:
        raise Forbidden(_("This form does not ask for that."))
