"""An app leaves a workspace as one file and comes into another, alike to the last byte; on any database."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import apps, archives, audit, departments, files, records
from engine.access.principals import Principal, person
from engine.archives import Brought, packing, unpacking
from engine.errors import Forbidden, NotFound, Refused
from engine.files import Limits
from engine.people import Person, mirror
from engine.queries import Query
from engine.storage.stores import Stores, Workspace
from engine.verifying import verify
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
    _people(workspace, owner)
    brought = files.bring(workspace, owner, io.BytesIO(b"words"), "a b.txt", LIMITS)
    with workspace.write(owner) as session:
        east = departments.create(session, "East")
        acme, bolt = records.create(session, "shop.firms", [{"name": "Acme"}, {"name": "Bolt 铁"}])
        records.update(session, "shop.firms", {bolt: {"parent": acme}})
        given = {"firm": acme, "others": [bolt, acme], "amount": 10.5, "owner": OTHER, "team": [OWNER_ID, OTHER]}
        more = {"department": east, "papers": [brought.id], "extra": {"b": [1, None]}, "tags": ["b", "a"]}
        records.create(session, "shop.orders", [{**given, **more, "at": "2026-03-31T14:30:00.123Z"}, {"amount": 0}])
        records.update(session, "shop.firms", {acme: {"name": "Acme Ltd"}})  # the snapshot says what it was


def _people(workspace: Workspace, owner: Principal, other: str = OTHER) -> None:
    with workspace.write(owner) as session:
        ada = Person(OWNER_ID, "Ada", "ada@example.com", "owner")
        mirror(session, [ada, Person(other, "Bo", "Bo@example.com", "member")])


def packed(workspace: Workspace, asker: Principal, app: str = "shop") -> bytes:
    made = io.BytesIO()
    with workspace.read(asker) as session:
        archives.pack(session, app, made)
    return made.getvalue()


def brought(workspace: Workspace, asker: Principal, content: bytes, folder: Path, key: str = "") -> Brought:
    path = folder / "brought.zip"
    path.write_bytes(content)
    with archives.opened(path) as archive, workspace.write(asker) as session:
        return archives.bring(session, archive, LIMITS, key)


@pytest.fixture
def elsewhere(tmp_path: Path, owner: Principal) -> Iterator[Workspace]:
    """A workspace of another installation, on SQLite."""
    opened = Stores(tmp_path / "elsewhere")
    workspace = opened.workspace("wsp00000000000009")
    _people(workspace, owner)
    with workspace.write(owner) as session:
        departments.create(session, "East")
    yield workspace
    opened.close()


def test_it_comes_back_to_the_last_byte_wherever_it_goes(
    workspace: Workspace, elsewhere: Workspace, owner: Principal, tmp_path: Path, stores: Stores
) -> None:
    fill(workspace, owner)
    first = packed(workspace, owner)
    there = brought(elsewhere, owner, first, tmp_path)
    assert (there.records, there.files, there.changed_ids) == ({"firms": 2, "orders": 2}, 1, 0)
    assert (dict(there.people), dict(there.departments), dict(there.links)) == ({}, {}, {})
    # The departments have other ids there, and the records do name those.
    assert _without_departments(packed(elsewhere, owner)) == _without_departments(first)
    # And into the database that it came from.
    home = stores.workspace("wsp00000000000002")
    _people(home, owner)
    with home.write(owner) as session:
        departments.create(session, "East")
    brought(home, owner, packed(elsewhere, owner), tmp_path)
    assert _without_departments(packed(home, owner)) == _without_departments(first)
    for one in (elsewhere, home):
        with one.read(owner) as session:
            assert verify(session) == []
            (file,) = json.loads(_entries(first)["files.jsonl"].join([b"[", b"]"]))
            assert files.path_of(one, file["id"]).read_bytes() == b"words"
            acme = records.find(session, Query("shop.firms", sort=["name"])).records[0].values
            assert (acme["name"], acme["spent"]) == ("Acme Ltd", 21)
            order = records.find(session, Query("shop.orders", sort=["number"])).records[0].values
            assert (order["number"], order["called"], order["owner"]) == ("SO-0001", "Acme", OTHER)
        with one.write(owner) as session:  # counting goes on after what was brought
            (made,) = records.create(session, "shop.orders", [{}])
            assert records.get(session, "shop.orders", made).values["number"] == "SO-0003"


def test_alike_records_make_alike_archives(workspace: Workspace, owner: Principal) -> None:
    fill(workspace, owner)
    assert packed(workspace, owner) == packed(workspace, owner)


def test_people_are_found_by_mail_and_who_is_not_here_is_told(
    workspace: Workspace, elsewhere: Workspace, owner: Principal, tmp_path: Path
) -> None:
    fill(workspace, owner)
    with workspace.write(owner) as session:
        ada = Person(OWNER_ID, "Ada", "ada@example.com", "owner")
        mirror(session, [ada, Person(OTHER, "Cy", "cy@example.com", "member")])
    with elsewhere.write(owner) as session:
        east = next(iter(departments.paths(session)))
        departments.remove(session, east)
        others = [Person("usr00000000000005", "Ada here", "ADA@example.com", "owner")]
        mirror(session, others)
    there = brought(elsewhere, person("usr00000000000005", "owner"), packed(workspace, owner), tmp_path)
    assert dict(there.people) == {"Cy <cy@example.com>": 2}
    assert dict(there.departments) == {"East": 1}
    assert any("Cy <cy@example.com> is not here" in str(one) for one in archives.set_aside(there))
    with elsewhere.read(person("usr00000000000005", "owner")) as session:
        order = records.find(session, Query("shop.orders", sort=["number"])).records[0].values
        assert (order["owner"], order["team"], order["department"]) == (None, ["usr00000000000005"], None)
        assert audit.entries(session)[0].act == "app.brought"


def test_a_second_one_beside_the_first_gets_its_own_ids(workspace: Workspace, owner: Principal, tmp_path: Path) -> None:
    fill(workspace, owner)
    content = packed(workspace, owner)
    with pytest.raises(Refused, match="There is an app shop here already"):
        brought(workspace, owner, content, tmp_path)
    with pytest.raises(Refused, match="A key has small letters"):
        brought(workspace, owner, content, tmp_path, "Shop 2")
    made = brought(workspace, owner, content, tmp_path, "copy")
    assert made.changed_ids == 4
    with workspace.read(owner) as session:
        assert verify(session) == []
        (first, second) = (
            {one.id for one in records.find(session, Query(f"{app}.firms")).records} for app in ("shop", "copy")
        )
        assert not first & second
        order = records.find(session, Query("copy.orders", sort=["number"])).records[0].values
        assert order["firm"] in second
        assert set(order["others"]) == second
        (papers,) = order["papers"]
        assert files.path_of(workspace, papers).read_bytes() == b"words"


def test_an_app_that_was_taken_out_is_not_mixed_with_its_archive(
    workspace: Workspace, owner: Principal, tmp_path: Path
) -> None:
    fill(workspace, owner)
    content = packed(workspace, owner)
    with workspace.write(owner) as session:
        apps.remove(session, "shop")
    with pytest.raises(Refused, match="Records of an app shop are still here"):
        brought(workspace, owner, content, tmp_path)
    with workspace.read(owner) as session:
        assert "shop" not in session.layout.apps


def test_only_those_who_build_take_along_and_bring(
    workspace: Workspace, elsewhere: Workspace, owner: Principal, tmp_path: Path
) -> None:
    fill(workspace, owner)
    content = packed(workspace, owner)
    for asker in (person(OTHER, "member"), person(OTHER, "guest")):
        with pytest.raises(Forbidden):
            packed(workspace, asker)
        with pytest.raises(Forbidden):
            brought(elsewhere, asker, content, tmp_path)
    with pytest.raises(NotFound):
        packed(workspace, owner, "nope")
    assert packed(workspace, person(OTHER, "builder")) == content


def _entries(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {one: archive.read(one) for one in archive.namelist()}


def _without_departments(content: bytes) -> dict[str, Any]:
    """What is in it, but for the ids of departments, which each workspace gives itself."""
    found = _entries(content)
    known = {one["id"]: one["path"] for one in json.loads(found["departments.json"])}
    for one, path in known.items():
        found = {name: held.replace(one.encode(), path.encode()) for name, held in found.items()}
    return found


def _changed(content: bytes, **entries: bytes | None) -> bytes:
    """The same with other entries (named with `__` for `/`, and their ending by `_json`)."""
    found: dict[str, bytes] = _entries(content)
    for name, held in entries.items():
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


def _named(content: bytes, name: str) -> bytes:
    made = io.BytesIO(content)
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr(name, b"x")
    return made.getvalue()


HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "no zip": (lambda _content: b"nothing", "no archive"),
    "cut off": (lambda content: content[:-300], "no archive"),
    "a path upwards": (lambda content: _named(content, "files/../../evil"), "has no entry"),
    "an absolute path": (lambda content: _named(content, "/etc/passwd"), "has no entry"),
    "something else": (lambda content: _named(content, "run.sh"), "has no entry"),
    "no definition": (lambda content: _changed(content, definition_json=None), "no archive"),
    "a bomb": (lambda content: _changed(content, records__firms_jsonl=b" " * 2**22), "times its size"),
    "another version": (lambda content: _changed(content, archive_json=b'{"format": 2}'), "another version"),
    "no JSON": (lambda content: _changed(content, records__firms_jsonl=b"{"), "line 1, is no record"),
    "no id": (lambda content: _changed(content, records__firms_jsonl=b'{"name": "x"}'), "line 1, is no record"),
    "a strange id": (lambda content: _changed(content, records__firms_jsonl=b'{"id": "../x"}'), "no archive"),
    "a wrong value": (
        lambda content: _changed(content, records__firms_jsonl=b'{"id": "rec00000000000001", "name": 7}'),
        "must be a text",
    ),
    "a computed value": (
        lambda content: _changed(content, records__firms_jsonl=b'{"id": "rec00000000000001", "spent": 7}'),
        "there is no field spent here",
    ),
    "links to nothing": (lambda content: _changed(content, records__firms_jsonl=b""), "not in the archive"),
    "what a check refuses": (
        lambda content: _changed(content, records__orders_jsonl=b'{"id": "rec00000000000001", "amount": -1}'),
        "cannot be negative",
    ),
    "another file": (
        lambda content: _changed(
            content, **{name.replace("/", "__"): b"other" for name in _entries(content) if name.startswith("files/")}
        ),
        "no archive",
    ),
    "a broken definition": (
        lambda content: _changed(content, definition_json=b'{"tables": {}, "key": "x"}'),
        "must not be empty",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_leaves_nothing(
    name: str, elsewhere: Workspace, owner: Principal, tmp_path: Path, archive_of_shop: bytes
) -> None:
    change, says = HOSTILE[name]
    with pytest.raises(Refused, match=says):
        brought(elsewhere, owner, change(archive_of_shop), tmp_path)
    with elsewhere.read(owner) as session:
        assert not session.layout.apps
    kept = files.path_of(elsewhere, "att").parent
    assert not kept.is_dir() or not list(kept.iterdir())


@pytest.fixture(scope="module")
def archive_of_shop(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    stores = Stores(tmp_path_factory.mktemp("shop"))
    try:
        asker = person(OWNER_ID, "owner")
        workspace = stores.workspace("wsp00000000000001")
        fill(workspace, asker)
        return packed(workspace, asker)
    finally:
        stores.close()


def test_entries_that_lie_in_one_another_are_refused(archive_of_shop: bytes, tmp_path: Path) -> None:
    """Two names in the list of contents for the same bytes, whose sizes the list says twice."""
    content = bytearray(archive_of_shop)
    at = content.index(b"PK\1\2")
    entry = content[at : at + 46 + struct.unpack("<H", content[at + 28 : at + 30])[0]]
    struct.pack_into("<I", content, at + 20, len(content))
    path = tmp_path / "a.zip"
    path.write_bytes(bytes(content))
    assert entry.startswith(b"PK")
    with pytest.raises(Refused, match="no archive"), archives.opened(path):
        pass


def test_memory_stays_flat(workspace: Workspace, owner: Principal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of records is read when what came before is written: so many lines are never held at once."""
    fill(workspace, owner)
    monkeypatch.setattr(packing, "PAGE", 1)
    told: list[int] = []
    made = io.BytesIO()
    with workspace.read(owner) as session:
        archives.pack(session, "shop", made, told.append)
    assert told == [1, 2, 3, 4]
    assert unpacking.MAX_LINE < unpacking.MAX_UNPACKED
