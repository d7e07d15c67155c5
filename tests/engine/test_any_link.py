"""A link to a record of any of several tables, as the engine keeps it."""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from engine import apps, history, queries, records, totals, trash, undo, views
from engine.access.principals import Principal, person
from engine.definitions.plan import ChangeField, ConvertField
from engine.errors import Conflict, Refused
from engine.queries import Query
from engine.storage.stores import Workspace
from engine.typecast import typecast
from engine.verifying import verify
from tests.support.crowd import PEOPLE, Deed
from tests.support.workspaces import OWNER_ID, install

OWNER = person(OWNER_ID, "owner")

TABLES: dict[str, Any] = {
    "accounts": {
        "label": "Account",
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "last": {"type": "rollup", "through": "activities", "field": "day", "function": "latest"},
            "calls": {"type": "count", "through": "activities"},
        },
    },
    "leads": {
        "label": "Lead",
        "title": "called",
        "fields": {
            "first": {"type": "text"},
            "number": {"type": "number"},
            "called": {"type": "formula", "formula": '{first} & " #" & {number}'},
            "calls": {"type": "count", "through": "activities"},
        },
    },
    "activities": {
        "title": "subject",
        "fields": {
            "subject": {"type": "text"},
            "day": {"type": "date"},
            "about": {"type": "any_link", "to": ["accounts", "leads"], "inverse": "activities"},
            "says": {"type": "formula", "formula": '{subject} & ": " & {about}'},
            "kind": {"type": "formula", "formula": 'IF({about.table} = "leads", "new", {about.table})'},
            "link": {"type": "formula", "formula": "{about.id}"},
        },
    },
    "notes": {
        "title": "text",
        "fields": {
            "text": {"type": "text"},
            "activity": {"type": "link", "to": "activities"},
            "of": {"type": "formula", "formula": '"of " & {activity.about}'},
            "about": {"type": "lookup", "through": "activity", "field": "about"},
        },
    },
}


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


def held(crm: Workspace, owner: Principal, table: str, record_id: str) -> dict[str, Any]:
    with crm.read(owner) as session:
        assert verify(session) == []
        return records.get(session, f"shop.{table}", record_id).values


def change(crm: Workspace, owner: Principal, table: str, record_id: str, **values: Any) -> str:
    with crm.write(owner) as session:
        records.update(session, f"shop.{table}", {record_id: values})
        return session.transaction_id


def test_it_holds_the_id_of_a_record_of_one_of_the_tables(
    crm: Workspace, owner: Principal, ids: dict[str, str]
) -> None:
    assert held(crm, owner, "activities", ids["call"])["about"] == ids["acme"]
    assert held(crm, owner, "activities", ids["mail"])["about"] == ids["eva"]
    for wrong, code in (
        ("rec00000000000000", "unknown_record"),
        (ids["off"], "unknown_record"),
        ("Acme", "invalid_value"),
    ):
        with pytest.raises(Refused) as refused, crm.write(owner) as session:
            records.update(session, "shop.activities", {ids["call"]: {"about": wrong}})
        assert [(one.at, one.code) for one in refused.value.problems] == [("/0/about", code)]


def test_formulas_follow_the_title_the_table_and_the_link(
    crm: Workspace, owner: Principal, ids: dict[str, str]
) -> None:
    assert held(crm, owner, "activities", ids["call"])["says"] == "Call: Acme"
    mail = held(crm, owner, "activities", ids["mail"])
    assert (mail["says"], mail["kind"], mail["link"]) == ("Mail: Eva #7", "new", ids["eva"])
    off = held(crm, owner, "activities", ids["off"])
    assert (off["says"], off["kind"] or "", off["link"]) == ("Off: ", "", None)
    assert held(crm, owner, "notes", ids["note"])["of"] == "of Eva #7"

    change(crm, owner, "leads", ids["eva"], number=8)  # the title is a formula itself
    assert held(crm, owner, "activities", ids["mail"])["says"] == "Mail: Eva #8"
    assert held(crm, owner, "notes", ids["note"])["of"] == "of Eva #8"
    change(crm, owner, "activities", ids["mail"], about=ids["acme"])
    mail = held(crm, owner, "activities", ids["mail"])
    assert (mail["says"], mail["kind"]) == ("Mail: Acme", "Account")
    assert held(crm, owner, "notes", ids["note"])["of"] == "of Acme"


def test_a_new_label_or_title_is_followed(crm: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    tables = copy.deepcopy(TABLES)
    tables["activities"]["fields"]["kind"]["formula"] = '{about.table} & IF({about.table} = "leads", "!", "")'
    install(crm, owner, tables)
    assert held(crm, owner, "activities", ids["mail"])["kind"] == "Lead!"
    tables = copy.deepcopy(tables)
    tables["leads"] |= {"label": {"en": "Prospect", "zh": "线索"}, "title": "first"}
    install(crm, owner, tables)
    mail = held(crm, owner, "activities", ids["mail"])
    assert (mail["kind"], mail["says"]) == ("Prospect!", "Mail: Eva")


def test_every_table_sees_what_leads_to_it(crm: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    acme = held(crm, owner, "accounts", ids["acme"])
    assert (acme["activities"], acme["last"], acme["calls"]) == ([ids["call"]], "2026-03-01", 1)
    assert held(crm, owner, "leads", ids["eva"])["calls"] == 1
    change(crm, owner, "activities", ids["mail"], about=ids["acme"])
    acme = held(crm, owner, "accounts", ids["acme"])
    assert (set(acme["activities"]), acme["last"], acme["calls"]) == ({ids["call"], ids["mail"]}, "2026-03-02", 2)
    assert held(crm, owner, "leads", ids["eva"])["calls"] == 0
    change(crm, owner, "leads", ids["eva"], activities=[ids["call"]])  # set from the other side
    assert held(crm, owner, "activities", ids["call"])["about"] == ids["eva"]
    assert held(crm, owner, "accounts", ids["acme"])["calls"] == 1


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


def test_verifying_follows_it_and_its_formulas(crm: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    with crm.write(owner) as session:
        layout = session.layout
        leads = layout.sql(layout.table("shop.leads"))
        session.connection.execute(sa.update(leads).values(called="Eve"))
        told = {(one.table, one.field) for one in verify(session)}
        assert told == {("shop.leads", "called"), ("shop.activities", "says"), ("shop.notes", "of")}
        session.connection.execute(sa.delete(leads))
        lost = {(one.table, one.field): one.records for one in verify(session)}
        assert lost["shop.activities", "about"] == [ids["mail"]]


def found(crm: Workspace, owner: Principal, *conditions: Any, sort: str = "subject") -> list[str]:
    with crm.read(owner) as session:
        page = records.find(session, Query("shop.activities", where=conditions, sort=[sort]))
        return [one.values["subject"] for one in page.records]


def test_filters(crm: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    def where(op: str, value: Any = None) -> list[str]:
        return found(crm, owner, {"field": "about", "op": op, **({} if value is None else {"value": value})})

    assert where("is", ids["acme"]) == ["Call"]
    assert where("is_any_of", [ids["acme"], ids["eva"]]) == ["Call", "Mail"]
    assert where("is_not", ids["acme"]) == ["Mail", "Off"]
    assert where("is_empty") == ["Off"]
    assert where("is_not_empty") == ["Call", "Mail"]
    assert where("is_in_table", ["leads"]) == ["Mail"]
    assert where("is_in_table", "accounts") == ["Call"]
    assert where("is_in_table", ["accounts", "leads"]) == ["Call", "Mail"]
    assert where("is_not_in_table", ["leads"]) == ["Call", "Off"]
    assert found(crm, owner, '={about} = "Acme"') == ["Call"]
    assert found(crm, owner, '={about.table} = "Lead"') == ["Mail"]
    assert found(crm, owner, '=FIND("#7", {about}) > 0') == ["Mail"]
    assert found(crm, owner, sort="-about") == ["Mail", "Call", "Off"]
    with pytest.raises(Refused, match="There is no table `notes` here"):
        where("is_in_table", ["notes"])
    with crm.read(owner) as session:
        wanted = Query("shop.activities", search="eva")
        assert [one.id for one in records.find(session, wanted).records] == [ids["mail"]]


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


def test_a_program_may_name_it_by_its_title_where_that_is_unique(
    crm: Workspace, owner: Principal, ids: dict[str, str]
) -> None:
    with crm.write(owner) as session:
        records.create(session, "shop.accounts", [{"name": "Eva #7"}])
        cast = typecast(session, "shop.activities", [{"about": "acme"}, {"about": ["Acme"]}, {"about": "Eva #7"}])
        assert [one["about"] for one in cast] == [ids["acme"], [ids["acme"]], "Eva #7"]
        made = records.create(session, "shop.activities", cast[:2], reading="text")
        assert [one.values["about"] for one in records.get_many(session, "shop.activities", made)] == [ids["acme"]] * 2
        with pytest.raises(Refused, match="must be one record"):
            records.create(session, "shop.activities", cast[2:], reading="text")
        assert queries.count(session, Query("shop.accounts")) == 2


def test_the_first_field_of_its_record_is_looked_up_by_id(
    crm: Workspace, owner: Principal, ids: dict[str, str]
) -> None:
    tables = copy.deepcopy(TABLES)
    found = 'LOOKUP("leads", {leads.id} = {about}, {leads.first})'
    tables["activities"]["fields"]["kind"]["formula"] = found
    install(crm, owner, tables)
    assert held(crm, owner, "activities", ids["mail"])["kind"] == "Eva"
    change(crm, owner, "leads", ids["eva"], first="Eve")
    assert held(crm, owner, "activities", ids["mail"])["kind"] == "Eve"
    assert held(crm, owner, "activities", ids["call"])["kind"] is None


def test_a_check_is_asked_again_when_the_title_changes(crm: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    tables = copy.deepcopy(TABLES)
    tables["activities"]["checks"] = {"named": {"holds": '{about.title} != "Bolt"', "message": "Not about Bolt."}}
    install(crm, owner, tables)
    with pytest.raises(Refused, match="Not about Bolt"), crm.write(owner) as session:
        records.update(session, "shop.accounts", {ids["acme"]: {"name": "Bolt"}})


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


def test_records_are_grouped_and_stacked_by_it(workspace: Workspace, owner: Principal) -> None:
    tables = copy.deepcopy(TABLES)
    tables["activities"]["views"] = {
        "all": {"type": "grid", "group": ["about"]},
        "board": {"type": "kanban", "by": "about"},
    }
    install(workspace, owner, tables)
    with workspace.write(owner) as session:
        (lead,) = records.create(session, "shop.leads", [{"first": "Bo", "number": 1}])
        (account,) = records.create(session, "shop.accounts", [{"name": "Acme"}])
        given = [("b", lead), ("a", lead), ("c", account), ("d", None)]
        records.create(session, "shop.activities", [{"subject": one, "about": about} for one, about in given])
    with workspace.read(owner) as session:
        found = totals.groups(session, Query("shop.activities"), ["about"])
        assert {one.values[0]: one.count for one in found} == {lead: 2, account: 1, None: 1}
        page = records.find(session, Query("shop.activities", sort=["about", "subject"]))
        assert "".join(one.values["subject"] for one in page.records) == "cabd"
        of = session.layout.table("shop.activities")
        stacks = views.stacks(session, of, of.views["board"], Query(of.address))
        assert [(one.label, one.count) for one in stacks] == [("Acme", 1), ("Bo #1", 2), ("No About", 1)]
