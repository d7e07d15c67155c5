"""What becomes of a link to any of several tables when records go and come back."""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from engine import history, records, trash, undo
from engine.access.principals import Principal, person
from engine.errors import Conflict
from engine.queries import Query
from engine.storage.stores import Workspace
from engine.verifying import verify
from tests.engine.any_links.shop import TABLES, change, held
from tests.support.crowd import PEOPLE, Deed
from tests.support.workspaces import OWNER_ID, install

OWNER = person(OWNER_ID, "owner")


def test_undo_leads_it_back(crm: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    done = change(crm, owner, "activities", ids["mail"], about=ids["acme"])
    with crm.read(owner) as session:
        told = history.of_record(session, "shop.activities", ids["mail"])[0].change
        assert (told.before, told.after) == ({"about": ids["eva"]}, {"about": ids["acme"]})
    with crm.write(owner, cause=f"undo:{done}") as session:
        undo.undo(session, done)
    assert held(crm, owner, "activities", ids["mail"])["says"] == "Mail: Eva #7"
    done = change(crm, owner, "activities", ids["mail"], about=ids["acme"])
    with crm.write(owner) as session:
        records.delete(session, "shop.leads", [ids["eva"]])
    with pytest.raises(Conflict), crm.write(owner) as session:
        undo.undo(session, done)


@pytest.mark.parametrize("table", ["accounts", "leads"])
def test_deleting_what_it_leads_to_clears_it_and_restoring_leads_it_back(
    crm: Workspace, owner: Principal, ids: dict[str, str], table: str
) -> None:
    target, activity = (ids["acme"], ids["call"]) if table == "accounts" else (ids["eva"], ids["mail"])
    before = held(crm, owner, "activities", activity)
    with crm.write(owner) as session:
        records.delete(session, f"shop.{table}", [target])
    cleared = held(crm, owner, "activities", activity)
    assert (cleared["about"], cleared["says"].rpartition(": ")[2]) == (None, "")
    with crm.write(owner) as session:
        trash.restore(session, [one.id for one in trash.entries(session) if one.key == target])
    after = held(crm, owner, "activities", activity)
    assert {key: after[key] for key in ("about", "says", "kind")} == {
        key: before[key] for key in ("about", "says", "kind")
    }


def test_deleting_is_refused_or_takes_it_along(crm: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    tables = copy.deepcopy(TABLES)
    tables["activities"]["fields"]["about"]["on_delete"] = "refuse"
    install(crm, owner, tables)
    with pytest.raises(Conflict, match="1 activities still need it"), crm.write(owner) as session:
        records.delete(session, "shop.leads", [ids["eva"]])
    tables = copy.deepcopy(tables)
    tables["activities"]["fields"]["about"]["on_delete"] = "cascade"
    install(crm, owner, tables)
    with crm.write(owner) as session:
        records.delete(session, "shop.leads", [ids["eva"]])
        assert records.get_many(session, "shop.activities", [ids["mail"]]) == []
        (entry,) = [one for one in trash.entries(session) if one.key == ids["eva"]]
        assert entry.together == 2
    with crm.write(owner) as session:
        trash.restore(session, [entry.id])
    assert held(crm, owner, "activities", ids["mail"])["says"] == "Mail: Eva #7"


@pytest.mark.parametrize("kind", [{"type": "link", "to": "a"}, {"type": "any_link", "to": ["a", "b"]}])
def test_records_that_belong_to_each_other_go_and_come_together(
    workspace: Workspace, owner: Principal, kind: dict[str, Any]
) -> None:
    fields = {"name": {"type": "text"}}
    tables = {"a": {"fields": {**fields, "of": {**kind, "on_delete": "cascade"}}}, "b": {"fields": fields}}
    install(workspace, owner, tables)
    with workspace.write(owner) as session:
        one, other = records.create(session, "shop.a", [{"name": "one"}, {"name": "other"}])
        records.update(session, "shop.a", {one: {"of": other}, other: {"of": one}})
    with workspace.write(owner) as session:
        records.delete(session, "shop.a", [one])
        assert records.get_many(session, "shop.a", [one, other]) == []
    with workspace.write(owner) as session:
        (entry,) = [entry for entry in trash.entries(session) if entry.key == one]
        trash.restore(session, [entry.id])
    with workspace.read(owner) as session:
        assert [one.values["of"] for one in records.get_many(session, "shop.a", [one, other])] == [other, one]
        assert verify(session) == []


def test_what_was_deleted_with_its_records_before_and_after_comes_back_whole(
    crm: Workspace, owner: Principal, ids: dict[str, str]
) -> None:
    """Restoring puts activities back before the account that one of them leads to, and all is right at the end."""
    with crm.write(owner) as session:
        records.delete(session, "shop.activities", [ids["call"]])
        records.delete(session, "shop.accounts", [ids["acme"]])
        records.delete(session, "shop.activities", [ids["mail"]])
        deletion = session.transaction_id
    with crm.write(owner) as session:
        trash.restore(session, [one.id for one in trash.entries(session) if one.transaction_id == deletion])
    assert held(crm, owner, "activities", ids["call"])["says"] == "Call: Acme"
    assert held(crm, owner, "activities", ids["call"])["kind"] == "Account"
    assert held(crm, owner, "accounts", ids["acme"])["calls"] == 1


def link_and_delete(workspace: Workspace, who: int, time: int) -> None:
    dice = random.Random(who * 1000 + time)
    with workspace.read(OWNER) as session:
        some = {
            key: [one.id for one in records.find(session, Query(f"shop.{key}")).records]
            for key in ("accounts", "leads", "activities")
        }
    with workspace.write(OWNER) as session:
        match dice.randrange(4):
            case 0:
                record = {"subject": str(who), "about": dice.choice(some["accounts"] + some["leads"])}
                records.create(session, "shop.activities", [record])
            case 1:
                target = dice.choice(some["leads"] + some["accounts"])
                records.update(session, "shop.activities", {one: {"about": target} for one in some["activities"][:3]})
            case 2:
                records.create(session, "shop.accounts", [{"name": f"{who} {time}"}])
                records.delete(session, "shop.accounts", [dice.choice(some["accounts"])])
            case _:
                records.create(session, "shop.leads", [{"first": f"{who}", "number": time}])
                records.delete(session, "shop.leads", [dice.choice(some["leads"])])


@pytest.mark.usefixtures("ids")
def test_many_at_once_link_what_others_delete(crowd: Callable[[Deed, int], Counter[str]], crm: Workspace) -> None:
    outcomes = crowd(link_and_delete, 6)
    assert outcomes["done"] > PEOPLE
    with crm.read(OWNER) as session:
        assert verify(session) == []
