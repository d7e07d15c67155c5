"""An open installation and a workspace in it, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine import apps
from engine.access.principals import Principal, person
from engine.people import Person, mirror
from engine.storage.stores import Stores, Workspace
from tests.support.databases import Database

OWNER_ID = "usr00000000000001"


@pytest.fixture
def stores(database_url: Database) -> Iterator[Stores]:
    """An installation with nothing in it."""
    opened = Stores(database_url.folder, database_url.url)
    yield opened
    opened.close()


@pytest.fixture
def owner() -> Principal:
    """The person who owns the workspace."""
    return person(OWNER_ID, "owner")


@pytest.fixture
def workspace(stores: Stores, owner: Principal) -> Workspace:
    """An empty workspace with its owner."""
    opened = stores.workspace("wsp00000000000001")
    with opened.write(owner) as session:
        mirror(session, [Person(OWNER_ID, "Ada", "ada@example.com", "owner")])
    return opened


def install(workspace: Workspace, asker: Principal, tables: dict[str, Any], **more: Any) -> None:
    """Install (or change) an app `shop` that has these tables."""
    document = {"formwork": 1, "key": "shop", "label": "Shop", "version": "1.0.0", "tables": tables, **more}
    with workspace.write(asker) as session:
        apps.apply(session, document)
