"""An app leaves a workspace as one file and comes into another, alike to the last byte; on any database."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import apps, archives, audit, departments, files, records
from engine import people as engine_people
from engine.access.principals import Principal, person
from engine.archives import packing, unpacking
from engine.errors import Forbidden, NotFound, Refused
from engine.people import Person, mirror
from engine.queries import Query
from engine.storage.stores import Stores, Workspace
from engine.verifying import verify
from tests.engine.archives.conftest import (
    OTHER,
    brought,
    changed,
    entries,
    fill,
    named,
    packed,
    people,
    without_departments,
)
from tests.support.workspaces import OWNER_ID


def test_it_comes_back_to_the_last_byte_wherever_it_goes(
    workspace: Workspace, elsewhere: Workspace, owner: Principal, tmp_path: Path, stores: Stores
) -> None:
    fill(workspace, owner)
    first = packed(workspace, owner)
    there = brought(elsewhere, owner, first, tmp_path)
    assert (there.records, there.files, there.changed_ids) == ({"firms": 2, "orders": 2}, 1, 0)
    assert (dict(there.people), dict(there.departments), dict(there.links)) == ({}, {}, {})
    # The departments have other ids there, and the records do name those.
    assert without_departments(packed(elsewhere, owner)) == without_departments(first)
    # And into the database that it came from.
    home = stores.workspace("wsp00000000000002")
    people(home, owner)
    with home.write(owner) as session:
        departments.create(session, "East")
    brought(home, owner, packed(elsewhere, owner), tmp_path)
    assert without_departments(packed(home, owner)) == without_departments(first)
    for one in (elsewhere, home):
        with one.read(owner) as session:
            assert verify(session) == []
            (file,) = json.loads(entries(first)["files.jsonl"].join([b"[", b"]"]))
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
    # They come along by name, like somebody who left and a department that was removed: nothing is emptied.
    with elsewhere.read(person("usr00000000000005", "owner")) as session:
        order = records.find(session, Query("shop.orders", sort=["number"])).records[0].values
        names = {**engine_people.names(session), **departments.names(session)}
        assert names[order["owner"]] == "Cy"
        assert set(order["team"]) == {"usr00000000000005", order["owner"]}
        assert engine_people.role_of(session, order["owner"]) == ""
        assert names[order["department"]] == "East"
        assert departments.tree(session) == []
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


HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "no zip": (lambda _content: b"nothing", "no archive"),
    "cut off": (lambda content: content[:-300], "no archive"),
    "a path upwards": (lambda content: named(content, "files/../../evil"), "has no entry"),
    "an absolute path": (lambda content: named(content, "/etc/passwd"), "has no entry"),
    "something else": (lambda content: named(content, "run.sh"), "has no entry"),
    "no definition": (lambda content: changed(content, definition_json=None), "no archive"),
    "a bomb": (lambda content: changed(content, records__firms_jsonl=b" " * 2**22), "times its size"),
    "another version": (lambda content: changed(content, archive_json=b'{"format": 9}'), "another version"),
    "no JSON": (lambda content: changed(content, records__firms_jsonl=b"{"), "line 1, is no record"),
    "no id": (lambda content: changed(content, records__firms_jsonl=b'{"name": "x"}'), "line 1, is no record"),
    "a strange id": (lambda content: changed(content, records__firms_jsonl=b'{"id": "../x"}'), "no archive"),
    "a wrong value": (
        lambda content: changed(content, records__firms_jsonl=b'{"id": "rec00000000000001", "name": 7}'),
        "must be a text",
    ),
    "a computed value": (
        lambda content: changed(content, records__firms_jsonl=b'{"id": "rec00000000000001", "spent": 7}'),
        "There is no field spent here",
    ),
    "links to nothing": (lambda content: changed(content, records__firms_jsonl=b""), "not in the archive"),
    "what a check refuses": (
        lambda content: changed(content, records__orders_jsonl=b'{"id": "rec00000000000001", "amount": -1}'),
        "cannot be negative",
    ),
    "another file": (
        lambda content: changed(
            content, **{name.replace("/", "__"): b"other" for name in entries(content) if name.startswith("files/")}
        ),
        "no archive",
    ),
    "a broken definition": (
        lambda content: changed(content, definition_json=b'{"tables": {}, "key": "x"}'),
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
        archives.pack(session, "shop", made, tell=told.append)
    assert told == [1, 1, 1, 1, 1]
    assert unpacking.MAX_LINE < unpacking.MAX_UNPACKED
