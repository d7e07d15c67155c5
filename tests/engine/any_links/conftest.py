"""The app of `shop.py`, installed, with some records."""

from __future__ import annotations

import copy

import pytest

from engine import records
from engine.access.principals import Principal
from engine.storage.stores import Workspace
from tests.engine.any_links.shop import TABLES
from tests.support.workspaces import install


@pytest.fixture
def crm(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, copy.deepcopy(TABLES))
    return workspace


@pytest.fixture
def ids(crm: Workspace, owner: Principal) -> dict[str, str]:
    """An account with a call, a lead with a mail and a note on it, and a day off about nothing."""
    with crm.write(owner) as session:
        (acme,) = records.create(session, "shop.accounts", [{"name": "Acme"}])
        (eva,) = records.create(session, "shop.leads", [{"first": "Eva", "number": 7}])
        call, mail, off = records.create(
            session,
            "shop.activities",
            [
                {"subject": "Call", "day": "2026-03-01", "about": acme},
                {"subject": "Mail", "day": "2026-03-02", "about": [eva]},
                {"subject": "Off"},
            ],
        )
        (note,) = records.create(session, "shop.notes", [{"text": "n", "activity": mail}])
    return {"acme": acme, "eva": eva, "call": call, "mail": mail, "off": off, "note": note}
