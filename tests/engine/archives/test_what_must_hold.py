"""What an app's rules say to the records of an archive: all of it at once, each at its record and field, or nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine import records
from engine.access.principals import Principal
from engine.errors import Refused
from engine.queries import Query
from engine.storage.stores import Workspace
from engine.verifying import verify
from tests.engine.archives.conftest import brought, changed, packed
from tests.support.workspaces import install

TABLES: dict[str, Any] = {
    "items": {
        "title": "code",
        "fields": {
            "code": {"type": "text", "unique": True},
            "name": {"type": "text", "required": True},
            "size": {"type": "text"},
            "color": {"type": "text"},
            "under": {"type": "parent"},
            "kind": {"type": "select", "choices": {"a": {"label": "A"}, "b": {"label": "B"}}},
            "like": {
                "type": "link",
                "to": "items",
                "where": {"field": "kind", "op": "is", "value": "a"},
            },
        },
        "unique": {"once": {"fields": ["size", "color"]}},
        "checks": {"named": {"holds": "{name} != 'x'", "message": "x is no name.", "field": "name"}},
        "locks": {"done": {"when": {"field": "kind", "op": "is", "value": "b"}, "message": "It is done."}},
    },
    "entries": {
        "title": "day",
        "fields": {
            "day": {"type": "date"},
            "amount": {"type": "number"},
            "item": {"type": "link", "to": "items"},
            "undoes": {"type": "link", "to": "entries", "unique": True},
        },
        "ledger": {"date": "day", "amounts": ["amount"], "by": ["item"], "reversal": "undoes"},
    },
}
A, B, C = (f"rec0000000000000{one}" for one in "ABC")


def _lines(*records: Mapping[str, Any]) -> bytes:
    return b"\n".join(json.dumps(one).encode() for one in records)


def _archive(workspace: Workspace, owner: Principal, **tables: bytes) -> bytes:
    install(workspace, owner, TABLES)
    return changed(packed(workspace, owner), **{f"records__{key}_jsonl": held for key, held in tables.items()})


def _problems(
    elsewhere: Workspace, owner: Principal, content: bytes, folder: Path, *, despite_rules: bool = False
) -> set[tuple[str, str]]:
    with pytest.raises(Refused) as told:
        brought(elsewhere, owner, content, folder, despite_rules=despite_rules)
    with elsewhere.read(owner) as session:
        assert not session.layout.apps  # nothing stays
    return {(one.at, one.code) for one in told.value.problems}


def test_what_a_record_says_is_asked_first_and_of_all_of_them(
    workspace: Workspace, elsewhere: Workspace, owner: Principal, tmp_path: Path
) -> None:
    items = _lines(
        {"id": A, "code": "1", "name": "one", "size": "S", "color": "red", "kind": "z"},
        {"id": B, "code": "1", "size": "S", "color": "red", "other": 1},
        {"id": C, "code": 7, "name": "three"},
    )
    entries = _lines({"id": A.replace("A", "D"), "day": "never"})
    assert _problems(elsewhere, owner, _archive(workspace, owner, items=items, entries=entries), tmp_path) == {
        (f"/records/items/{A}/kind", "invalid_value"),
        (f"/records/items/{B}/code", "not_unique"),
        (f"/records/items/{B}/name", "required"),
        (f"/records/items/{B}/color", "not_unique"),
        (f"/records/items/{B}/other", "unknown_field"),
        (f"/records/items/{C}/code", "invalid_value"),
        ("/records/entries/rec0000000000000D/day", "invalid_value"),
    }


def test_what_records_are_to_each_other_is_asked_once_all_are_there(
    workspace: Workspace, elsewhere: Workspace, owner: Principal, tmp_path: Path
) -> None:
    items = _lines(
        {"id": A, "code": "1", "name": "x", "under": B, "kind": "b"},
        {"id": B, "code": "2", "name": "two", "under": A, "like": A},
        {"id": C, "code": "3", "name": "three", "like": "rec00000000000009"},
    )
    entries = _lines(
        {"id": "rec0000000000000D", "day": "2026-01-01", "amount": -4, "undoes": "rec0000000000000E"},
        {"id": "rec0000000000000E", "day": "2026-01-01", "amount": 5},
    )
    content = _archive(workspace, owner, items=items, entries=entries)
    whatever = {
        (f"/records/items/{C}/like", "unknown_record"),
        (f"/records/items/{A}/under", "cycle"),
        (f"/records/items/{B}/under", "cycle"),
        ("/records/entries/rec0000000000000D/undoes", "reversal"),
    }
    asked = {(f"/records/items/{A}/name", "check"), (f"/records/items/{B}/like", "not_offered")}
    assert _problems(elsewhere, owner, content, tmp_path) == whatever | asked
    assert _problems(elsewhere, owner, content, tmp_path, despite_rules=True) == whatever


def test_what_an_app_came_to_ask_later_may_be_set_aside(
    workspace: Workspace, elsewhere: Workspace, owner: Principal, tmp_path: Path
) -> None:
    """An app may hold records that its rules would not take any more: a rule that is new lets them stay."""
    items = _lines({"id": A, "code": "1", "kind": "b"}, {"id": B, "code": "2", "name": "x", "like": A})
    content = _archive(workspace, owner, items=items)
    assert _problems(elsewhere, owner, content, tmp_path) == {(f"/records/items/{A}/name", "required")}
    brought(elsewhere, owner, content, tmp_path, despite_rules=True)
    with elsewhere.read(owner) as session:
        assert verify(session) == []
        assert {one.id for one in records.find(session, Query("shop.items")).records} == {A, B}


def test_finished_records_and_reversals_come_in_as_they_are(
    workspace: Workspace, elsewhere: Workspace, owner: Principal, tmp_path: Path
) -> None:
    items = _lines({"id": A, "code": "1", "name": "one", "kind": "b"})
    entries = _lines(
        {"id": "rec0000000000000D", "day": "2026-01-01", "amount": -5, "item": A, "undoes": "rec0000000000000E"},
        {"id": "rec0000000000000E", "day": "2026-01-01", "amount": 5, "item": A},
    )
    brought(elsewhere, owner, _archive(workspace, owner, items=items, entries=entries), tmp_path)
    with elsewhere.write(owner) as session, pytest.raises(Refused, match="It is done"):
        records.update(session, "shop.items", {A: {"name": "other"}})
    with elsewhere.write(owner) as session, pytest.raises(Refused, match="never changed"):
        records.update(session, "shop.entries", {"rec0000000000000E": {"amount": 6}})


def test_of_many_problems_the_first_are_told_and_the_rest_counted(
    workspace: Workspace, elsewhere: Workspace, owner: Principal, tmp_path: Path
) -> None:
    items = _lines(*({"id": f"rec0000000000{number:04}", "name": "x"} for number in range(1_500)))
    with pytest.raises(Refused) as told:
        brought(elsewhere, owner, _archive(workspace, owner, items=items), tmp_path)
    assert len(told.value.problems) == 201
    assert str(told.value.problems[-1].says) == "And 1300 more."


def test_an_order_of_records_that_no_archive_has_is_refused(
    workspace: Workspace, elsewhere: Workspace, owner: Principal, tmp_path: Path
) -> None:
    for ids in ((B, A), (A, A)):
        with pytest.raises(Refused, match="in the order of their ids"):
            brought(elsewhere, owner, _archive(workspace, owner, items=_lines(*({"id": one} for one in ids))), tmp_path)
