"""Who is asking: a person, a token acting for one, a public form, an automation, or the engine itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.access.scopes import WHOLE, Scope

PrincipalKind = Literal["person", "token", "public_form", "automation", "engine"]


@dataclass(frozen=True)
class Principal:
    """`id` is the id of the person, token, form or automation; `user_id` is the person acted for, if any."""

    kind: PrincipalKind
    id: str
    user_id: str | None = None
    role: Literal["owner", "builder", "member", "guest", ""] = ""
    scope: Scope = WHOLE  # of a token, which may do less than its holder


def person(user_id: str, role: Literal["owner", "builder", "member", "guest"] = "member") -> Principal:
    """A signed-in person."""
    return Principal("person", user_id, user_id, role)


def public_form(app: str, table: str, form: str) -> Principal:
    """Anybody who fills in one public form: may create one record through that form's fields, nothing else."""
    return Principal("public_form", f"{app}.{table}.{form}")


def automation(address: str, user_id: str | None) -> Principal:
    """An automation acting for the person who installed or last changed it."""
    return Principal("automation", address, user_id, "builder")


ENGINE = Principal("engine", "engine", None, "owner")
