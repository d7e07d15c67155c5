"""Cleo, whose role shows won deals without their amounts."""

from __future__ import annotations

import copy
from typing import Any

from engine import accounts, apps, roles
from engine.access.principals import person
from engine.accounts import Person
from tests.web import shop
from tests.web.pages.conftest import Work

CLERK: dict[str, Any] = {
    "label": "Clerk",
    "tables": {
        "deals": {
            "read": '={state} = "won"',
            "update": True,
            "fields": {"amount": "hidden", "share": "read_only", "notes": "={hot}"},
        },
        "tags": {"read": True},
    },
}


def add_clerk(work: Work) -> Person:
    """A member who has this role, and no other."""
    store, owner = work.site.stores.workspace(work.membership.id), person(work.who, "owner")
    cleo = accounts.add_person(
        work.site.stores,
        work.membership.id,
        email="cleo@example.com",
        name="Cleo",
        password="four other words",
        role="member",
    )
    with store.write(owner) as session:
        apps.apply(session, {**copy.deepcopy(shop.SHOP), "roles": {"clerk": CLERK}})
        roles.give(session, "shop.clerk", cleo.id)
    return cleo
