"""The one door: every read and write of records asks here first."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from engine.access.principals import Principal, Shared
from engine.access.rights import TableRights
from engine.definitions.language import Automation, Table
from engine.errors import Forbidden, NotFound
from engine.storage.session import Session
from engine.text import _

BUILDS = frozenset({"owner", "builder"})
# choose: see the names that are offered to choose from. history: see what a record was before
# comments: read what was said about a record. comment: say something about it, which takes no more than to see it
Act = Literal["read", "history", "create", "update", "delete", "export", "choose", "comments", "comment"]
# All that a share may do, and with the one table that it shows: list, page, search and total records, open one, and
# read the files that it holds. It writes nothing whatever (`Store.write`).
SHARED: frozenset[Act] = frozenset({"read"})

_REFUSED = {
    "create": _("Your role lets you create no records here. Ask an owner for another role."),
    "update": _("Your role lets you change no records here. Ask an owner for another role."),
    "delete": _("Your role lets you delete no records here. Ask an owner for another role."),
    "export": _("Your role lets you take along no records from here. Ask an owner for another role."),
}


def enter(principal: Principal, act: Act, table: Table, fields: Collection[str] = ()) -> None:
    """Let the principal do `act` with records of `table` (and set `fields`), or raise `Forbidden` or `NotFound`."""
    principal.scope.check(act, table.address)
    if principal.kind == "public_form":
        _enter_by_form(principal, act, table, fields)
    elif principal.shared is not None:
        _enter_by_share(principal.shared, act, table)
    elif principal.role == "guest" and act not in {"read", "history", "choose", "comments"}:
        raise Forbidden(_("Guests can look but not change anything. Ask an owner for another role."))
    elif not principal.role:
        raise Forbidden(_("You do not belong to this workspace."))
    elif table.rights is not None and not _may(table.rights, act):
        raise Forbidden(_REFUSED[act])


def may(principal: Principal, act: Act, table: Table) -> bool:
    """Whether the principal may do `act` with any record of the table; for showing only what is possible."""
    try:
        enter(principal, act, table)
    except (Forbidden, NotFound):
        return False
    return True


def _may(rights: TableRights, act: Act) -> bool:
    allowed = {"create": rights.create, "update": rights.before, "delete": rights.delete, "export": rights.export}
    return allowed.get(act, rights.read) is not False


def enter_builder(principal: Principal) -> None:
    """Let the principal change what belongs to the whole workspace, such as definitions, or raise `Forbidden`."""
    principal.scope.check_builds()
    if principal.role not in BUILDS:
        raise Forbidden(_("Only owners and builders can change this. Ask one of them."))


def enter_automations(principal: Principal, given: Collection[Automation]) -> bool:
    """Let the principal look at automations; whether at all of them, and all that they do.

    Otherwise at those only that its roles give (`given`, as its sight has them). Raises `Forbidden` for whom there are
    none.
    """
    if principal.role in BUILDS or not any(one.rights for one in given):
        enter_builder(principal)
        return True
    return False


def enter_steering(principal: Principal, automation: Automation) -> None:
    """Let the principal, who looks at the automation, pause it, let it go on, and try its runs again.

    Raises `Forbidden` for whose role only lets them look. Without `rights` they build.
    """
    if automation.rights is not None:
        principal.scope.check_writes()
    if automation.rights == "seen":
        raise Forbidden(_("Your role lets you look at this automation, not change how it runs. Ask an owner."))


def may_steer(principal: Principal, automation: Automation) -> bool:
    """Whether the principal may; for showing only what is possible."""
    return automation.rights != "seen" and not principal.only_looks


def builds(principal: Principal) -> bool:
    """Whether the principal may change definitions; for showing only what is possible."""
    return principal.role in BUILDS and principal.scope.builds and not principal.scope.within


def enter_people(principal: Principal) -> None:
    """Let the principal change departments and who has which role in apps, or raise `Forbidden`."""
    principal.scope.check_people()
    if principal.role not in BUILDS:
        raise Forbidden(_("Only owners and builders can change this. Ask one of them."))


def enter_owner(principal: Principal) -> None:
    """Let the principal see and change who belongs to the workspace, or raise `Forbidden`."""
    principal.scope.check_people()
    if principal.role != "owner":
        raise Forbidden(_("Only owners can do this. Ask one of them."))


def enter_definition(session: Session, app: str = "") -> None:
    """Let the principal look at the definition of an app (of all, if none is named), which tells of all that it has.

    Raises `Forbidden` for those whom roles limit, and for a token that is for some tables alone.
    """
    apps, alone = session.whole.apps, bool(session.principal.scope.within)
    limiting = [one for key, one in apps.items() if one.roles and app in ("", key)] or session.principal.shared
    if alone or (limiting and session.seen is not session.whole):
        says = _("Only owners and builders see the definition of an app with roles. Ask one of them.")
        raise Forbidden(_("This token may not see definitions: it is for some tables alone.") if alone else says)


def _enter_by_share(shared: Shared, act: Act, table: Table) -> None:
    if act not in SHARED or table.address != shared.table:
        raise NotFound(_("This link does not lead anywhere (any more)."))


def _enter_by_form(principal: Principal, act: Act, table: Table, fields: Collection[str]) -> None:
    address, _dot, key = principal.id.rpartition(".")
    form = table.forms.get(key)
    acts = {"read", "update", "choose"} if principal.sent else {"create", "choose"}
    if act not in acts or address != table.address or form is None or not form.public:
        raise NotFound(_("There is no such form."))
    if principal.sent and form.corrections is None:
        raise NotFound(_("There is no such form."))
    asked = {question.field for question in form.fields}
    if not set(fields) <= asked:
        raise Forbidden(_("This form does not ask for that."))
