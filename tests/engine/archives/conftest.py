"""A shop with some of everything, its archive, and another installation to bring it to."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import archives, departments, files, records
from engine.access.principals import Principal, person
from engine.archives import Brought, Wanted, Wishes
from engine.archives.parts import NOTHING_MORE
from engine.files import Limits
from engine.people import Person, mirror
from engine.storage.stores import Stores, Workspace
from tests.support.workspaces import OWNER_ID, install

LIMITS = Limits(2**20, 2**24)
OTHER = "usr00000000000002"
TABLES: dict[str, Any] = {
    "firms": {
        "title": "name",
        "fields": {
            "name": {"type": "text", "unique": True},
            "parent": {"type": "parent"},
            "spent": {"type": "rollup", "through": "orders", "field": "total", "function": "sum"},
        },
    },
    "orders": {
        "label": "Orders",
        "title": "number",
        "fields": {
            "number": {"type": "sequence", "number": "SO-{####}"},
            "firm": {"type": "link", "to": "firms", "inverse": "orders"},
            "called": {"type": "snapshot", "through": "firm", "field": "name"},
            "others": {"type": "link", "to": "firms", "many": True},
            "amount": {"type": "currency", "currency": "EUR"},
            "pieces": {"type": "number", "default": 2},
            "total": {"type": "formula", "formula": "{amount} * {pieces}"},
            "owner": {"type": "user"},
            "team": {"type": "users"},
            "department": {"type": "department"},
            "papers": {"type": "attachment"},
            "extra": {"type": "json"},
            "at": {"type": "date_time"},
            "tags": {"type": "multi_select", "choices": {"a": {"label": "A"}, "b": {"label": "B"}}},
        },
        "checks": {"positive": {"holds": "{amount} >= 0", "message": "The amount cannot be negative."}},
    },
}


def fill(workspace: Workspace, owner: Principal) -> None:
    """The shop with some of everything."""
    install(workspace, owner, TABLES)
    people(workspace, owner)
    brought = files.bring(workspace, owner, io.BytesIO(b"words"), "a b.txt", LIMITS)
    with workspace.write(owner) as session:
        east = departments.create(session, "East")
        acme, bolt = records.create(session, "shop.firms", [{"name": "Acme"}, {"name": "Bolt 铁"}])
        records.update(session, "shop.firms", {bolt: {"parent": acme}})
        given = {"firm": acme, "others": [bolt, acme], "amount": 10.5, "owner": OTHER, "team": [OWNER_ID, OTHER]}
        more = {"department": east, "papers": [brought.id], "extra": {"b": [1, None]}, "tags": ["b", "a"]}
        records.create(session, "shop.orders", [{**given, **more, "at": "2026-03-31T14:30:00.123Z"}, {"amount": 0}])
        records.update(session, "shop.firms", {acme: {"name": "Acme Ltd"}})  # the snapshot says what it was


def people(workspace: Workspace, owner: Principal, other: str = OTHER) -> None:
    with workspace.write(owner) as session:
        ada = Person(OWNER_ID, "Ada", "ada@example.com", "owner")
        mirror(session, [ada, Person(other, "Bo", "Bo@example.com", "member")])


def packed(workspace: Workspace, asker: Principal, app: str = "shop", wanted: Wanted = NOTHING_MORE) -> bytes:
    made = io.BytesIO()
    with workspace.read(asker) as session:
        archives.pack(session, app, made, wanted)
    return made.getvalue()


def brought(
    workspace: Workspace, asker: Principal, content: bytes, folder: Path, key: str = "", **wishes: bool
) -> Brought:
    path = folder / "brought.zip"
    path.write_bytes(content)
    with archives.opened(path) as archive, workspace.write(asker) as session:
        return archives.bring(session, archive, LIMITS, Wishes(key, **wishes))


def entries(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {one: archive.read(one) for one in archive.namelist()}


def without_departments(content: bytes) -> dict[str, Any]:
    """What is in it, but for the ids of departments, which each workspace gives itself."""
    found = entries(content)
    known = {one["id"]: one["path"] for one in json.loads(found["departments.json"])}
    for one, path in known.items():
        found = {name: held.replace(one.encode(), path.encode()) for name, held in found.items()}
    return found


def changed(content: bytes, **others: bytes | None) -> bytes:
    """The same with other entries (named with `__` for `/`, and their ending by `_json`)."""
    found: dict[str, bytes] = entries(content)
    for name, held in others.items():
        spelled = name.replace("__", "/").replace("_jsonl", ".jsonl").replace("_json", ".json")
        if held is None:
            del found[spelled]
        else:
            found[spelled] = held
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, held in found.items():
            archive.writestr(name, held)
    return made.getvalue()


def named(content: bytes, name: str) -> bytes:
    made = io.BytesIO(content)
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr(name, b"x")
    return made.getvalue()


@pytest.fixture
def elsewhere(tmp_path: Path, owner: Principal) -> Iterator[Workspace]:
    """A workspace of another installation, on SQLite."""
    opened = Stores(tmp_path / "elsewhere")
    workspace = opened.workspace("wsp00000000000009")
    people(workspace, owner)
    with workspace.write(owner) as session:
        departments.create(session, "East")
    yield workspace
    opened.close()


@pytest.fixture(scope="session")
def archive_of_shop(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    stores = Stores(tmp_path_factory.mktemp("shop"))
    try:
        asker = person(OWNER_ID, "owner")
        workspace = stores.workspace("wsp00000000000001")
        fill(workspace, asker)
        return packed(workspace, asker)
    finally:
        stores.close()
