"""Who is asking: a person, a token acting for one, a public form, a share, an automation, or the engine itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from engine.access.scopes import WHOLE, Scope

PrincipalKind = Literal["person", "token", "public_form", "share", "automation", "roles", "engine"]
Role = Literal["owner", "builder", "member", "guest", ""]


@dataclass(frozen=True)
class Shared:
    """A view of a table as `by` sees it, or with `record` that one record with the fields of the view."""

    table: str
    view: str
    record: str
    by: Principal


@dataclass(frozen=True)
class Principal:
    """`id` is the id of the person, token, form, share or automation; `user_id` is the person acted for, if any."""

    kind: PrincipalKind
    id: str
    user_id: str | None = None
    role: Role = ""
    scope: Scope = WHOLE  # of a token, which may do less than its holder
    shared: Shared | None = None  # what a share shows
    held: frozenset[str] | None = None  # addresses of roles that count in place of those given to the person
    acting: Principal | None = None  # with whose rights an automation acts, if not with those of its app
    guise: bool = False  # somebody else looks at the workspace as this one
    takes: str = ""  # the table of which only those records are seen that may be taken along
    sent: str = ""  # the record that came by a public form, for whoever sent it to correct

    @property
    def only_looks(self) -> bool:
        """Whether it leaves nothing behind, whatever it may see."""
        return self.guise or self.shared is not None

    @property
    def eyes(self) -> Principal:
        """By whose eyes it sees: a share by those of who made it, an automation by those of who caused it."""
        return self.acting or (self.shared.by if self.shared else self)


def person(user_id: str, role: Role = "member") -> Principal:
    """A signed-in person; without a role one who does not belong to the workspace."""
    return Principal("person", user_id, user_id, role)


def guise(of: Principal) -> Principal:
    """For somebody else to look as `of`: sees all that it sees, and changes nothing."""
    return replace(of, guise=True)


def holding(roles: Collection[str], user_id: str | None = None) -> Principal:
    """To look as a member with just these roles of apps (`crm.rep`): as `user_id`, else as nobody, who owns nothing.

    Where none of them is of an app, its default roles count, as for every member.
    """
    held = frozenset(roles)
    return Principal("roles", ",".join(sorted(held)), user_id, "member", held=held, guise=True)


def public_form(app: str, table: str, form: str) -> Principal:
    """Anybody who fills in one public form: may create one record through that form's fields, nothing else."""
    return Principal("public_form", f"{app}.{table}.{form}")


def correction(table: str, form: str, record: str) -> Principal:
    """Whoever has the link to correct what came by a public form: may read and set its fields of that one record."""
    return Principal("public_form", f"{table}.{form}", sent=record)


def share(share_id: str, shared: Shared) -> Principal:
    """Whoever has the address of a share: may read what it shows, nothing else. It has no role of its own."""
    return Principal("share", share_id, shared=shared)


def automation(address: str, user_id: str | None) -> Principal:
    """An automation acting for the person who installed or last changed it."""
    return Principal("automation", address, user_id, "builder")


def on_behalf(address: str, of: Principal) -> Principal:
    """An automation that acts with the rights of the person who caused it, and sees what that person sees."""
    return Principal("automation", address, of.user_id, of.role, of.scope, acting=of)


ENGINE = Principal("engine", "engine", None, "owner")
