"""History, comments, and who has which role come along where somebody wants it; what stays behind is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine import apps, archives, comments, departments, history, people, records, roles, undo
from engine.access.principals import Principal, person
from engine.archives import Wanted
from engine.errors import Refused
from engine.queries import Query
from engine.storage.stores import Stores, Workspace
from engine.verifying import verify
from tests.engine.archives.conftest import OTHER, brought, changed, entries, fill, packed, without_departments
from tests.support.workspaces import OWNER_ID

ALL = Wanted(history=True, comments=True, holders=True)


def _talk(workspace: Workspace, owner: Principal) -> str:
    """Comments on Acme, the second of which was changed, and an order that was deleted. Its id."""
    with workspace.write(person(OTHER, "member")) as session:
        (acme,) = [
            one.id for one in records.find(session, Query("shop.firms")).records if one.values["name"] != "Bolt 铁"
        ]
        first = comments.add(session, "shop.firms", acme, f"Ask @[{OWNER_ID}]")
        second = comments.add(session, "shop.firms", acme, "Thnks", parent=first.id)
        comments.change(session, "shop.firms", acme, second.id, "Thanks")
    with workspace.write(owner) as session:
        (gone,) = records.create(session, "shop.firms", [{"name": "Gone"}])
        comments.add(session, "shop.firms", gone, "It goes, and this with it")
        records.delete(session, "shop.firms", [gone])
    with workspace.write(owner) as session:
        records.update(session, "shop.firms", {acme: {"name": "Acme Group"}})
    return acme


def _told(workspace: Workspace, asker: Principal, record: str) -> list[tuple[str, str, str | None, object]]:
    with workspace.read(asker) as session:
        found = history.of_record(session, "shop.firms", record)
        names = people.names(session)
    return [(one.at, str(one.says), names.get(one.user_id or ""), dict(one.change.after)) for one in found]


def test_history_and_comments_are_the_same_elsewhere(
    workspace: Workspace, elsewhere: Workspace, owner: Principal, tmp_path: Path, stores: Stores
) -> None:
    fill(workspace, owner)
    acme = _talk(workspace, owner)
    first = packed(workspace, owner, wanted=ALL)
    there = brought(elsewhere, owner, first, tmp_path)
    assert (there.history, there.comments) == (7, 2)
    assert _told(elsewhere, owner, acme) == _told(workspace, owner, acme)
    with elsewhere.read(owner) as session, workspace.read(owner) as before:
        said = comments.of_record(session, "shop.firms", acme).comments
        assert said == comments.of_record(before, "shop.firms", acme).comments
        assert comments.history(session, "shop.firms", acme, said[0].id)[0][1] == "Thnks"
        assert verify(session) == []
    assert without_departments(packed(elsewhere, owner, wanted=ALL)) == without_departments(first)
    home = stores.workspace("wsp00000000000002")
    with home.write(owner) as session:
        departments.create(session, "East")
    brought(home, owner, packed(elsewhere, owner, wanted=ALL), tmp_path)
    assert without_departments(packed(home, owner, wanted=ALL)) == without_departments(first)
    # What happened before can be taken back here, too.
    with home.write(owner, cause="undo:x") as session:
        (last, *_older) = history.of_record(session, "shop.firms", acme)
        undo.undo(session, last.transaction_id)
        assert records.get(session, "shop.firms", acme).values["name"] == "Acme Ltd"


def test_who_is_not_here_is_named_as_somebody_who_left(
    workspace: Workspace, stores: Stores, owner: Principal, tmp_path: Path
) -> None:
    fill(workspace, owner)
    acme = _talk(workspace, owner)
    first = packed(workspace, owner, wanted=ALL)
    empty = stores.workspace("wsp00000000000002")
    asker = person("usr00000000000007", "owner")
    brought(empty, asker, first, tmp_path)
    assert _told(empty, asker, acme) == _told(workspace, owner, acme)
    assert packed(empty, asker, wanted=ALL) == first  # not even departments have other ids
    with empty.read(asker) as session:
        assert people.everybody(session) == []
        assert {one.name for one in people.everybody_ever(session)} == {"Ada", "Bo"}


def test_beside_itself_each_has_its_own_past(workspace: Workspace, owner: Principal, tmp_path: Path) -> None:
    fill(workspace, owner)
    acme = _talk(workspace, owner)
    there = brought(workspace, owner, packed(workspace, owner, wanted=ALL), tmp_path, "copy")
    assert there.changed_ids == 4
    with workspace.write(owner, cause="undo:x") as session:
        copied = next(
            one for one in records.find(session, Query("copy.firms")).records if one.values["name"] != "Bolt 铁"
        )
        said = comments.of_record(session, "copy.firms", copied.id).comments
        assert [one.text for one in said] == ["Thanks", f"Ask @[{OWNER_ID}]"]
        assert said[0].parent == said[1].id
        assert not {one.id for one in said} & {
            one.id for one in comments.of_record(session, "shop.firms", acme).comments
        }
        (last, *_older) = history.of_record(session, "copy.firms", copied.id)
        undo.undo(session, last.transaction_id)  # concerns the copy alone
        assert records.get(session, "copy.firms", copied.id).values["name"] == "Acme Ltd"
        assert records.get(session, "shop.firms", acme).values["name"] == "Acme Group"


def test_files_that_were_held_come_with_the_history(
    workspace: Workspace, elsewhere: Workspace, owner: Principal, tmp_path: Path
) -> None:
    fill(workspace, owner)
    with workspace.write(owner) as session:
        order = next(one for one in records.find(session, Query("shop.orders")).records if one.values["papers"])
        records.update(session, "shop.orders", {order.id: {"papers": []}})
    assert brought(elsewhere, owner, packed(workspace, owner), tmp_path).files == 0
    with elsewhere.write(owner) as session:
        apps.remove(session, "shop")
    assert brought(elsewhere, owner, packed(workspace, owner, wanted=ALL), tmp_path, "again").files == 1


def test_roles_are_given_only_where_somebody_wants_it(
    workspace: Workspace, elsewhere: Workspace, owner: Principal, tmp_path: Path
) -> None:
    fill(workspace, owner)
    role = {"tables": {"firms": {"read": True}}}
    with workspace.write(owner) as session:
        document = {**apps.export(session, "shop"), "roles": {"rep": role, "lead": role}}
        apps.apply(session, document, tested=False)
        roles.give(session, "shop.rep", OTHER)
        (east,) = departments.paths(session)
        roles.give_department(session, "shop.lead", east, only_head=True)
    content = packed(workspace, owner, wanted=ALL)
    assert brought(elsewhere, owner, content, tmp_path).holders == 0
    assert brought(elsewhere, owner, content, tmp_path, "again", holders=True).holders == 2
    with elsewhere.read(owner) as session:
        given = {one.person.id: [role.address for role in one.given] for one in roles.of_app(session, "again")}
        assert given[OTHER] == ["again.rep"]
        (lead,) = roles.of_departments(session, "again")
        assert (lead.department.name, lead.only_head) == ("East", True)


def test_what_stays_behind_is_told_before_in_the_archive_and_after(
    workspace: Workspace, elsewhere: Workspace, owner: Principal, tmp_path: Path
) -> None:
    fill(workspace, owner)
    _talk(workspace, owner)
    with workspace.read(owner) as session:
        counted = archives.counted(session, "shop")
    assert (counted["comments"], counted["trash"]) == (3, 1)
    content = packed(workspace, owner)
    about = json.loads(entries(content)["archive.json"])
    assert {"history", "comments", "holders", "trash", "secrets"} <= set(about["left"])
    there = brought(elsewhere, owner, content, tmp_path)
    said = [str(one) for one in archives.set_aside(there)]
    assert "Not in the archive: comments." in said
    assert "Not in the archive: what is in the trash." in said
    about = json.loads(entries(packed(workspace, owner, wanted=ALL))["archive.json"])
    assert not {"history", "comments", "holders"} & set(about["left"])


HOSTILE: dict[str, tuple[str, dict[str, Any]]] = {
    "history of a table that is not there": ("history", {"table": "nope"}),
    "history of a record that is not there": ("history", {"id": "rec00000000000009"}),
    "a time that is none": ("history", {"at": "yesterday"}),
    "a transaction that is none": ("history", {"transaction": "trx"}),
    "a sort of change that is none": ("history", {"kind": "dropped"}),
    "values that are none": ("history", {"after": ["x"]}),
    "a comment on nothing": ("comments", {"record": "rec00000000000009"}),
    "a comment by nobody": ("comments", {"author": "usr00000000000009"}),
    "a comment without words": ("comments", {"text": ""}),
    "a comment that is too long": ("comments", {"text": "x" * 10_001}),
    "a comment with a strange id": ("comments", {"id": "../../x"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_past_that_cannot_be_is_refused(
    name: str, workspace: Workspace, elsewhere: Workspace, owner: Principal, tmp_path: Path
) -> None:
    fill(workspace, owner)
    _talk(workspace, owner)
    content = packed(workspace, owner, wanted=ALL)
    part, other = HOSTILE[name]
    lines = entries(content)[f"{part}.jsonl"].splitlines()
    lines[0] = json.dumps({**json.loads(lines[0]), **other}).encode()
    with pytest.raises(Refused, match="no archive"):
        brought(elsewhere, owner, changed(content, **{f"{part}_jsonl": b"\n".join(lines)}), tmp_path)
    with elsewhere.read(owner) as session:
        assert not session.layout.apps


def test_values_that_no_page_could_show_are_left_out_of_the_history(
    workspace: Workspace, elsewhere: Workspace, owner: Principal, tmp_path: Path
) -> None:
    fill(workspace, owner)
    content = packed(workspace, owner, wanted=ALL)
    lines = [json.loads(one) for one in entries(content)["history.jsonl"].splitlines()]
    order = next(one for one in lines if one["table"] == "orders")
    order["after"] = {**order["after"], "amount": {"a": 1}, "nope": 1}
    spelled = b"\n".join(json.dumps(one).encode() for one in lines)
    brought(elsewhere, owner, changed(content, history_jsonl=spelled), tmp_path)
    with elsewhere.read(owner) as session:
        (entry,) = history.of_record(session, "shop.orders", order["id"])
        assert not {"amount", "nope"} & set(entry.change.after)
