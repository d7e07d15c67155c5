"""A link to many records of any of several tables: whom a message goes to."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from engine import apps, history, records, trash, undo
from engine.access.principals import Principal
from engine.errors import Refused
from engine.queries import Query
from engine.storage.stores import Workspace
from engine.typecast import typecast
from engine.verifying import verify
from tests.support.workspaces import install

MESSAGES: dict[str, Any] = {
    "accounts": {
        "label": "Account",
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "worth": {"type": "number"},
            "got": {"type": "count", "through": "messages"},
            "last": {"type": "rollup", "through": "messages", "field": "subject", "function": "max"},
        },
    },
    "leads": {
        "label": "Lead",
        "title": "called",
        "fields": {
            "first": {"type": "text"},
            "called": {"type": "formula", "formula": '{first} & "!"'},
            "worth": {"type": "number"},
        },
    },
    "messages": {
        "title": "subject",
        "fields": {
            "subject": {"type": "text"},
            "to": {"type": "any_link", "label": "To", "to": ["accounts", "leads"], "many": True, "inverse": "messages"},
            "says": {"type": "formula", "formula": '{subject} & ": " & {to}'},
            "kinds": {"type": "formula", "formula": "ARRAYJOIN(ARRAYUNIQUE({to.table}), '+')"},
            "number": {"type": "count", "through": "to"},
            "accounts": {"type": "count", "through": "to.accounts"},
            "rich": {
                "type": "count",
                "through": "to.accounts",
                "where": {"field": "worth", "op": "greater", "value": 10},
            },
            "worth": {"type": "rollup", "through": "to.leads", "field": "worth", "function": "sum"},
            "names": {"type": "lookup", "through": "to.leads", "field": "first", "sort": ["-worth"]},
            "most": {"type": "formula", "formula": "MAX({to.leads.worth}) + SUM({to.accounts.worth})"},
        },
    },
}


@pytest.fixture
def post(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, copy.deepcopy(MESSAGES))
    return workspace


@pytest.fixture
def ids(post: Workspace, owner: Principal) -> dict[str, str]:
    """A message to two leads with an account between them, one to an account, and one to nobody."""
    with post.write(owner) as session:
        acme, bolt = records.create(
            session, "shop.accounts", [{"name": "Acme", "worth": 100}, {"name": "Bolt", "worth": 1}]
        )
        eva, max_ = records.create(session, "shop.leads", [{"first": "Eva", "worth": 5}, {"first": "Max", "worth": 7}])
        offer, bill, none = records.create(
            session,
            "shop.messages",
            [{"subject": "Offer", "to": [eva, acme, max_]}, {"subject": "Bill", "to": [acme]}, {"subject": "None"}],
        )
    return {"acme": acme, "bolt": bolt, "eva": eva, "max": max_, "offer": offer, "bill": bill, "none": none}


def held(post: Workspace, owner: Principal, table: str, record_id: str) -> dict[str, Any]:
    with post.read(owner) as session:
        assert verify(session) == []
        return records.get(session, f"shop.{table}", record_id).values


def change(post: Workspace, owner: Principal, table: str, record_id: str, **values: Any) -> str:
    with post.write(owner) as session:
        records.update(session, f"shop.{table}", {record_id: values})
        return session.transaction_id


def test_it_keeps_its_records_in_their_order(post: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    assert held(post, owner, "messages", ids["offer"])["to"] == [ids["eva"], ids["acme"], ids["max"]]
    change(post, owner, "messages", ids["offer"], to=[ids["max"], ids["eva"], ids["max"]])
    assert held(post, owner, "messages", ids["offer"])["to"] == [ids["max"], ids["eva"]]
    with pytest.raises(Refused, match="To leads to a record that does not exist"):
        change(post, owner, "messages", ids["offer"], to=[ids["max"], ids["bill"]])


def test_what_follows_from_all_of_them_and_from_those_of_one_table(
    post: Workspace, owner: Principal, ids: dict[str, str]
) -> None:
    offer = held(post, owner, "messages", ids["offer"])
    assert (offer["says"], offer["kinds"]) == ("Offer: Eva!, Acme, Max!", "Lead+Account")
    assert (offer["number"], offer["accounts"], offer["rich"]) == (3, 1, 1)
    assert (offer["worth"], offer["names"], offer["most"]) == (12, ["Max", "Eva"], 107)
    none = held(post, owner, "messages", ids["none"])
    assert (none["says"], none["number"], none["names"], none["most"]) == ("None: ", 0, [], 0)

    change(post, owner, "leads", ids["eva"], first="Eve", worth=9)
    change(post, owner, "accounts", ids["acme"], worth=2)
    offer = held(post, owner, "messages", ids["offer"])
    assert (offer["says"], offer["rich"], offer["worth"]) == ("Offer: Eve!, Acme, Max!", 0, 16)
    assert (offer["names"], offer["most"]) == (["Eve", "Max"], 11)
    change(post, owner, "messages", ids["offer"], to=[ids["bolt"]])
    offer = held(post, owner, "messages", ids["offer"])
    assert (offer["says"], offer["number"], offer["worth"], offer["most"]) == ("Offer: Bolt", 1, 0, 1)


def test_the_other_side_is_seen_and_set(post: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    acme = held(post, owner, "accounts", ids["acme"])
    assert (set(acme["messages"]), acme["got"], acme["last"]) == ({ids["offer"], ids["bill"]}, 2, "Offer")
    change(post, owner, "accounts", ids["acme"], messages=[ids["none"]])
    assert held(post, owner, "messages", ids["offer"])["to"] == [ids["eva"], ids["max"]]
    assert held(post, owner, "messages", ids["bill"])["to"] == []
    assert held(post, owner, "messages", ids["none"])["says"] == "None: Acme"


def test_deleting_takes_one_out_and_restoring_puts_it_back(
    post: Workspace, owner: Principal, ids: dict[str, str]
) -> None:
    with post.write(owner) as session:
        records.delete(session, "shop.accounts", [ids["acme"]])
    assert held(post, owner, "messages", ids["offer"])["says"] == "Offer: Eva!, Max!"
    with post.write(owner) as session:
        trash.restore(session, [one.id for one in trash.entries(session) if one.key == ids["acme"]])
    offer = held(post, owner, "messages", ids["offer"])
    assert (set(offer["to"]), offer["number"]) == ({ids["eva"], ids["acme"], ids["max"]}, 3)


def test_undo_leads_it_back(post: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    done = change(post, owner, "messages", ids["offer"], to=[ids["bolt"]])
    with post.write(owner, cause=f"undo:{done}") as session:
        told = history.of_record(session, "shop.messages", ids["offer"])[0].change
        assert (told.before["to"], told.after["to"]) == ([ids["eva"], ids["acme"], ids["max"]], [ids["bolt"]])
        undo.undo(session, done)
    assert held(post, owner, "messages", ids["offer"])["says"] == "Offer: Eva!, Acme, Max!"


def found(post: Workspace, owner: Principal, *conditions: Any, sort: str = "subject", search: str = "") -> list[str]:
    with post.read(owner) as session:
        page = records.find(session, Query("shop.messages", where=conditions, sort=[sort], search=search))
        return [one.values["subject"] for one in page.records]


def test_filters(post: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    def where(op: str, value: Any = None, field: str = "to") -> list[str]:
        return found(post, owner, {"field": field, "op": op, **({} if value is None else {"value": value})})

    assert where("contains", [ids["acme"], ids["eva"]]) == ["Offer"]
    assert where("is_any_of", [ids["acme"], ids["eva"]]) == ["Bill", "Offer"]
    assert where("does_not_contain", ids["eva"]) == ["Bill", "None"]
    assert where("count_at_least", 2) == ["Offer"]
    assert where("count_equals", 0) == where("is_empty") == ["None"]
    assert where("is_not_empty") == ["Bill", "Offer"]
    assert where("is_in_table", ["leads"]) == ["Offer"]
    assert where("is_not_in_table", "accounts") == ["None"]
    rich = {"field": "worth", "op": "greater", "value": 6}
    assert where("has", rich, "to.leads") == ["Offer"]
    assert where("has_no", rich, "to.leads") == ["Bill", "None"]
    assert where("contains", "Max", "to.leads.first") == ["Offer"]
    assert found(post, owner, "=SUM({to.leads.worth}) = 12") == ["Offer"]
    assert found(post, owner, '=CONTAINS({to.table}, "Lead")') == ["Offer"]
    assert found(post, owner, search="max!") == ["Offer"]
    assert found(post, owner, search="acme") == ["Bill", "Offer"]
    with pytest.raises(Refused, match="There is no table `notes` here"):
        where("is_in_table", ["notes"])


def test_a_program_names_several(post: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    with post.write(owner) as session:
        cast = typecast(session, "shop.messages", [{"subject": "S", "to": ["bolt", "Eva!"]}])
        (made,) = records.create(session, "shop.messages", cast, reading="text")
        assert records.get(session, "shop.messages", made).values["to"] == [ids["bolt"], ids["eva"]]


def become(post: Workspace, owner: Principal, **to: Any) -> Any:
    """Change what the field `to` is; what the plan said of it."""
    tables = {key: copy.deepcopy(MESSAGES[key]) for key in ("accounts", "leads", "messages")}
    tables["accounts"]["fields"] = {"name": {"type": "text"}, "worth": {"type": "number"}}
    fields = MESSAGES["messages"]["fields"]
    tables["messages"]["fields"] = {"subject": fields["subject"], "to": {"label": "To", **to}, "says": fields["says"]}
    document = {"formwork": 1, "key": "shop", "label": "Shop", "version": "1.0.0", "tables": tables}
    with post.write(owner) as session:
        plan = apps.plan(session, document)
        apps.apply(session, document)
    return next((one for one in plan.alterations if getattr(one, "field", "") == "to"), None)


def test_it_becomes_other_links_and_back(post: Workspace, owner: Principal, ids: dict[str, str]) -> None:
    any_of = {"type": "any_link", "to": ["accounts", "leads"]}
    with post.write(owner) as session:
        records.update(session, "shop.accounts", {ids["bolt"]: {"name": "Acme"}})  # so no name tells them apart

    def to(key: str) -> Any:
        return held(post, owner, "messages", ids[key])["to"]

    told = become(post, owner, **any_of)
    assert (told.kept, told.lost) == (1, 1)  # one of three is no choice that a program may make
    assert (to("offer"), to("bill")) == (None, ids["acme"])
    become(post, owner, **any_of, many=True)
    assert (to("offer"), to("bill")) == ([ids["eva"], ids["acme"], ids["max"]], [ids["acme"]])
    told = become(post, owner, type="link", to="leads", many=True)
    assert (told.kept, told.lost) == (1, 1)
    assert (to("offer"), to("bill")) == ([ids["eva"], ids["max"]], [])
    become(post, owner, **any_of, many=True)
    assert (to("offer"), to("bill")) == ([ids["eva"], ids["acme"], ids["max"]], [ids["acme"]])
