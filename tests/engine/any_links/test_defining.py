"""What a definition may say of a link to any of several tables, and what a change of it does."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from engine import apps, records, trash
from engine.access.principals import Principal
from engine.definitions.plan import ChangeField, ConvertField
from engine.errors import Refused
from engine.queries import Query
from engine.storage.stores import Workspace
from engine.verifying import verify
from tests.engine.any_links.shop import TABLES, change, held
from tests.support.workspaces import install


def test_what_a_definition_may_say(workspace: Workspace, owner: Principal) -> None:
    def problems(**about: Any) -> dict[str, str]:
        tables = copy.deepcopy(TABLES)
        tables["activities"]["fields"]["about"] = {"type": "any_link", **about}
        tables["activities"]["fields"]["kind"]["formula"] = "{about.table}"
        document = {"formwork": 1, "key": "shop", "label": "Shop", "version": "1.0.0", "tables": tables}
        with workspace.read(owner) as session:
            return {one.at: str(one.says) for one in apps.check(session, document) if one.is_error}

    at = "/tables/activities/fields/about"
    inverse = {"inverse": "activities"}
    assert problems(to=["accounts", "leads"], **inverse) == {}
    assert problems(to=["accounts", "shop.leads"], **inverse) == {}
    assert f"{at}/to/2" in problems(to=["accounts", "leads", "gone"], **inverse)
    assert problems(to=["accounts", "leads", "shop.leads"], **inverse) == {f"{at}/to/2": "Name each table once."}
    assert problems(to=["leads"], **inverse)[f"{at}/to"] == "Name at least two tables; one alone is a `link`."
    assert f"{at}/to" in problems(to=[], **inverse)
    assert f"{at}/to/0" in problems(to=["No table!", "leads"], **inverse)
    taken = problems(to=["accounts", "leads"], inverse="calls")
    assert taken[f"{at}/inverse"] == "Lead already has a field calls."
    assert taken["/tables/leads/fields/calls/through"] == "`activities` is not a link of this table."


def test_nothing_is_worked_out_through_it_and_it_is_no_title(workspace: Workspace, owner: Principal) -> None:
    tables = copy.deepcopy(TABLES)
    tables["activities"]["title"] = "about"
    tables["activities"]["fields"]["name"] = {"type": "lookup", "through": "about", "field": "name"}
    document = {"formwork": 1, "key": "shop", "label": "Shop", "version": "1.0.0", "tables": tables}
    with workspace.read(owner) as session:
        problems = {one.at: one.code for one in apps.check(session, document)}
    assert problems == {
        "/tables/activities/title": "any_table",
        "/tables/activities/fields/name/through": "any_table",
    }


def test_a_bound_table_of_another_app(workspace: Workspace, owner: Principal) -> None:
    """`@customer` is the table that another app provides; filters and formulas go on calling it so."""
    install(workspace, owner, copy.deepcopy(TABLES), provides={"customer": "accounts"})
    desk: dict[str, Any] = {
        "formwork": 1,
        "key": "desk",
        "label": "Desk",
        "version": "1.0.0",
        "requires": {"customer": {"table": "people", "fields": ["name"]}},
        "bindings": {"customer": "shop.accounts"},
        "tables": {
            "people": {"fields": {"name": {"type": "text"}}},
            "assets": {"fields": {"code": {"type": "text"}}},
            "tickets": {
                "title": "no",
                "fields": {
                    "no": {"type": "text"},
                    "about": {"type": "any_link", "to": ["@customer", "assets"], "inverse": "tickets"},
                    "kind": {"type": "formula", "formula": 'IF({about.table} = "@customer", {about.title}, "-")'},
                },
            },
        },
    }
    with workspace.write(owner) as session:
        apps.apply(session, desk)
        (acme,) = records.create(session, "shop.accounts", [{"name": "Acme"}])
        (disk,) = records.create(session, "desk.assets", [{"code": "D"}])
        records.create(session, "desk.tickets", [{"no": "1", "about": acme}, {"no": "2", "about": disk}])
    with workspace.write(owner) as session:
        records.update(session, "shop.accounts", {acme: {"name": "Bolt"}})
        where = {"field": "about", "op": "is_in_table", "value": ["@customer"]}
        (one,) = records.find(session, Query("desk.tickets", where=[where])).records
        assert (one.values["no"], one.values["kind"]) == ("1", "Bolt")
        assert records.get(session, "shop.accounts", acme).values["tickets"] == [one.id]
        assert verify(session) == []
    with pytest.raises(Refused, match="would break"), workspace.write(owner) as session:
        apps.remove(session, "shop")


def planned(crm: Workspace, owner: Principal, *to: str, **more: Any) -> Any:
    """Change `about`, and leave out the tables that it names no longer; what the plan said of it."""
    tables = copy.deepcopy(TABLES)
    tables["activities"]["fields"]["about"] |= {"to": list(to), **more}
    if "leads" not in to:
        del tables["leads"]
        tables["activities"]["fields"]["kind"]["formula"] = "{about.table}"
    document = {"formwork": 1, "key": "shop", "label": "Shop", "version": "1.0.0", "tables": tables}
    with crm.write(owner) as session:
        plan = apps.plan(session, document)
        apps.apply(session, document)
    return next(
        one for one in plan.alterations if isinstance(one, (ConvertField, ChangeField)) and one.field == "about"
    )


def test_the_plan_says_what_is_lost_with_a_table_and_going_back_finds_it_again(
    crm: Workspace, owner: Principal, ids: dict[str, str]
) -> None:
    told = planned(crm, owner, "accounts", "notes")
    assert (told.kept, told.lost) == (1, 1)
    assert str(told.says) == "Changes where about of activities leads; 1 values are kept, 1 cannot be."
    assert told.examples == (("Acme", "Acme"), ("Eva #7", None))
    assert held(crm, owner, "activities", ids["call"])["says"] == "Call: Acme"
    mail = held(crm, owner, "activities", ids["mail"])
    assert (mail["about"], mail["says"]) == (None, "Mail: ")
    with crm.write(owner) as session:
        apps.restore(session, "shop", apps.get(session, "shop").revision - 1)
    assert held(crm, owner, "activities", ids["mail"])["says"] == "Mail: Eva #7"
    assert held(crm, owner, "activities", ids["call"])["kind"] == "Account"


def test_a_table_that_comes_back_from_the_trash_is_led_to_again(
    crm: Workspace, owner: Principal, ids: dict[str, str]
) -> None:
    planned(crm, owner, "accounts", "notes")
    change(crm, owner, "activities", ids["off"], about=ids["note"])
    planned(crm, owner, "accounts", "notes", "activities")  # what was set aside stays there
    with crm.write(owner) as session:
        (table,) = [one for one in trash.entries(session) if one.kind == "table"]
        trash.restore(session, [table.id])
        about = session.layout.table("shop.activities").fields["about"]
        assert about.targets == ("shop.accounts", "shop.leads", "shop.notes", "shop.activities")
    assert held(crm, owner, "activities", ids["mail"])["says"] == "Mail: Eva #7"
    assert held(crm, owner, "activities", ids["off"])["says"] == "Off: n"


def test_another_table_more_loses_nothing(crm: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    told = planned(crm, owner, "notes", "accounts", "leads")
    assert (told.kept, told.lost) == (2, 0)
    change(crm, owner, "activities", ids["call"], about=ids["note"])
    assert held(crm, owner, "activities", ids["call"])["says"] == "Call: n"
    assert isinstance(planned(crm, owner, "leads", "accounts", "notes"), ChangeField)


def test_a_link_becomes_one_to_any_and_back(crm: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    def become(**about: Any) -> ConvertField:
        tables = {key: {"fields": {"name": {"type": "text"}}} for key in ("a", "b")}
        document = {"formwork": 1, "key": "two", "label": "Two", "version": "1.0.0", "tables": tables}
        tables["c"] = {
            "fields": {"no": {"type": "text"}, "about": about, "says": {"type": "formula", "formula": '"-" & {about}'}}
        }
        with crm.write(owner) as session:
            plan = apps.plan(session, document)
            apps.apply(session, document)
        return next((one for one in plan.alterations if isinstance(one, ConvertField)), None)  # type: ignore[return-value]

    def says() -> list[str]:
        with crm.read(owner) as session:
            assert verify(session) == []
            return [one.values["says"] for one in records.find(session, Query("two.c", sort=["created_at"])).records]

    become(type="link", to="a")
    with crm.write(owner) as session:
        _first, second = records.create(session, "two.a", [{"name": "same"}, {"name": "same"}])
        (other,) = records.create(session, "two.b", [{"name": "b"}])
        (one,) = records.create(session, "two.c", [{"about": second}])
    assert (become(type="any_link", to=["a", "b"]).kept, says()) == (1, ["-same"])
    with crm.write(owner) as session:
        assert records.get(session, "two.c", one).values["about"] == second
        records.update(session, "two.c", {one: {"about": other}})
    told = become(type="text")
    assert (told.kept, says()) == (1, ["-b"])
    assert (become(type="any_link", to=["a", "b"]).kept, says()) == (1, ["-b"])
    assert (become(type="link", to="b").lost, says()) == (0, ["-b"])
    with crm.read(owner) as session:
        assert records.get(session, "two.c", one).values["about"] == other
