"""Access tests in a definition: what they expect, what they tell, and that nothing comes of them."""

from __future__ import annotations

from typing import Any

import pytest

from engine import access_tests, apps, audit
from engine.definitions.check import check
from engine.errors import Forbidden, Refused
from tests.engine.access.conftest import Shop
from tests.engine.access.shop import APP, AS_ANA, AS_REP, app

GIVEN: dict[str, Any] = {
    "mine": {"table": "accounts", "values": {"name": "Mine", "owner": "@me", "phone": "1", "credit": 5}},
    "theirs": {"table": "accounts", "values": {"name": "Other", "owner": "@other", "claimed": True}},
    "deal": {"table": "deals", "values": {"title": "A", "account": "@mine"}},
}
HOLDS: dict[str, Any] = {
    "label": "A rep sees own accounts",
    "as": {"roles": ["rep"]},
    "given": GIVEN,
    "sees": ["mine", "deal"],
    "does_not_see": ["theirs"],
    "readable": {"mine": ["name", "level"], "deal": ["account"]},
    "hidden": {"mine": ["credit", "phone"], "theirs": ["name"]},
    "writable": {"mine": ["name"]},
    "read_only": {"mine": ["level"]},
    "may": [
        {"act": "create", "table": "accounts", "values": {"name": "New"}},
        {"act": "update", "record": "mine", "values": {"name": "Other name"}},
        {"act": "delete", "record": "deal"},
    ],
    "may_not": [
        {"act": "create", "table": "accounts", "values": {"name": "New", "owner": "@other"}},
        {"act": "update", "record": "mine", "values": {"owner": "@colleague"}},
        {"act": "update", "record": "theirs", "values": {"name": "Mine"}},
        {"act": "update", "record": "mine", "values": {"credit": 9}},
        {"act": "delete", "record": "mine"},
        {"act": "create", "table": "secrets", "values": {"name": "x"}},
    ],
    "finds": [
        {"table": "accounts", "count": 1},
        {"table": "deals", "where": {"field": "title", "op": "is", "value": "B"}, "count": 0},
        {"table": "secrets", "count": 0},
    ],
}


def with_tests(document: dict[str, Any] | None = None, **tests: Any) -> dict[str, Any]:
    return {**(document or APP), "access_tests": tests}


def told(shop: Shop, document: dict[str, Any]) -> dict[str, str]:
    """What does not hold in a definition, by place."""
    with shop.workspace.read(AS_ANA) as session:
        return {one.at.removeprefix("/access_tests/"): str(one.says) for one in apps.plan(session, document).broken}


def test_what_holds_is_told_by_nothing(shop: Shop) -> None:
    assert check(with_tests(rep=HOLDS)) == []
    assert told(shop, with_tests(rep=HOLDS)) == {}


def test_each_expectation_that_does_not_hold_is_named_with_what_came_instead(shop: Shop) -> None:
    wrong = {
        "label": "Wrong",
        "as": {"roles": ["rep"]},
        "given": GIVEN,
        "sees": ["theirs"],
        "does_not_see": ["mine"],
        "readable": {"mine": ["credit"], "theirs": ["name"]},
        "hidden": {"mine": ["name"], "deal": ["title"]},
        "writable": {"mine": ["level"]},
        "read_only": {"mine": ["name"]},
        "may": [
            {"act": "create", "table": "accounts", "values": {"name": "New", "owner": "@other"}},
            {"act": "delete", "record": "mine"},
        ],
        "may_not": [
            {"act": "update", "record": "mine", "values": {"name": "Better"}},
            {"act": "update", "record": "mine", "values": {"name": ""}},
        ],
        "finds": [{"table": "accounts", "count": 2}],
    }
    assert told(shop, with_tests(x=wrong)) == {
        "x/sees/0": "Wrong: `theirs` is not seen.",
        "x/does_not_see/0": "Wrong: `mine` is seen.",
        "x/readable/mine/0": "Wrong: Credit of `mine` is not seen.",
        "x/readable/theirs/0": "Wrong: `theirs` is not seen.",
        "x/hidden/mine/0": "Wrong: Name of `mine` is seen.",
        "x/hidden/deal/0": "Wrong: Title of `deal` is seen.",
        "x/writable/mine/0": "Wrong: Level of `mine` cannot be set.",
        "x/read_only/mine/0": "Wrong: Name of `mine` can be set.",
        "x/may/0": "Wrong: A record of `accounts` cannot be created. "
        "Your role does not let you create a record like this.",
        "x/may/1": "Wrong: `mine` cannot be deleted. Your role lets you delete no records here. "
        "Ask an owner for another role.",
        "x/may_not/0": "Wrong: `mine` can be changed.",
        "x/may_not/1": "Wrong: `mine`: it is refused, but not by the role. Name is needed.",
        "x/finds/0": "Wrong: 1 are found instead of 2.",
    }


def test_departments_and_guests_are_somebody_too(shop: Shop) -> None:
    changed = app(rep={"tables": {"accounts": {"read": {"field": "owner", "op": "is_in_my_department"}}}})
    given = {
        name: {"table": "accounts", "values": {"name": name, "owner": f"@{name}"}}
        for name in ("me", "colleague", "other")
    }
    given = {f"of_{name}": one for name, one in given.items()}
    team = {"given": given, "sees": ["of_me", "of_colleague"], "does_not_see": ["of_other"]}
    alone = {"given": given, "finds": [{"table": "accounts", "count": 0}]}
    tests = {
        "member": {"as": {"roles": ["rep"]}, **team},
        "head": {"as": {"roles": ["rep"], "department": "head"}, **team},
        "nowhere": {"as": {"roles": ["rep"], "department": "none"}, **alone},
        "guest": {
            "as": {"roles": ["lead"], "guest": True},
            "given": given,
            "sees": ["of_other"],
            "may_not": [{"act": "create", "table": "accounts", "values": {"name": "x"}}],
        },
        "default": {"finds": [{"table": "accounts", "count": 0}], "given": given},
    }
    assert told(shop, with_tests(changed, **tests)) == {}


def test_an_edit_that_breaks_one_is_refused_unless_somebody_says_otherwise(shop: Shop) -> None:
    shop.install(with_tests(rep=HOLDS))
    opened = with_tests(app(rep={"tables": {"accounts": {"read": True}}}), rep=HOLDS)
    with shop.workspace.write(AS_ANA) as session, pytest.raises(Refused) as refused:
        apps.apply(session, opened)
    assert "/access_tests/rep/does_not_see/0" in [one.at for one in refused.value.problems]
    with shop.workspace.write(AS_ANA) as session:
        apps.apply(session, opened, despite_tests=True)
    with shop.workspace.read(AS_ANA) as session:
        assert str(next(iter(audit.entries(session))).says) == "changed the app CRM although its access tests fail"
        assert not all(one.holds for one in access_tests.run(session, "crm"))
    with shop.workspace.write(AS_ANA) as session:
        apps.restore(session, "crm", 2)


def test_nothing_of_it_stays_and_nobodys_records_count(shop: Shop) -> None:
    shop.create("accounts", {"name": "Real", "owner": "usrRep"})
    before = len(shop.find("accounts"))
    shop.install(with_tests(rep=HOLDS))
    with shop.workspace.read(AS_ANA) as session:
        assert [one.holds for one in access_tests.run(session, "crm")] == [True]
    assert len(shop.find("accounts")) == before
    with shop.workspace.read(AS_REP) as session, pytest.raises(Forbidden):
        access_tests.run(session, "crm")


def test_changes_that_no_test_can_notice_cost_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.install(with_tests(rep=HOLDS))
    monkeypatch.setattr(access_tests, "run", None)
    renamed = with_tests({**APP, "label": "Customers"}, rep=HOLDS)
    renamed["tables"] = {**renamed["tables"], "tags": {**renamed["tables"]["tags"], "views": {"all": {"type": "grid"}}}}
    assert told(shop, renamed) == {}


def test_a_record_that_cannot_be_made_is_told(shop: Shop) -> None:
    test = {"label": "Odd", "given": {"one": {"table": "accounts"}}, "sees": ["one"]}
    assert told(shop, with_tests(odd=test)) == {"odd/given/one": "Odd: the record cannot be made. Name is needed."}


def test_problems_of_access_tests_stand_at_their_places() -> None:
    test = {
        "as": {"roles": ["nope", "rep"]},
        "given": {
            "me": {"table": "accounts"},
            "a": {"table": "nope"},
            "b": {"table": "accounts", "values": {"nope": 1, "owner": "@nobody"}},
        },
        "sees": ["c"],
        "hidden": {"b": ["name", "nix"]},
        "may": [{"act": "create", "table": "nix", "values": {}}, {"act": "delete", "record": "d"}],
        "finds": [{"table": "accounts", "where": "={nope} = 1", "count": 0}],
    }
    assert {one.at.removeprefix("/access_tests/x/"): one.code for one in check(with_tests(x=test))} == {
        "as/roles/0": "unknown_role",
        "given/me": "reserved",
        "given/a/table": "unknown_table",
        "given/b/values/nope": "unknown_field",
        "given/b/values/owner": "unknown_record",
        "sees/0": "unknown_record",
        "hidden/b/1": "unknown_field",
        "may/0/table": "unknown_table",
        "may/1/record": "unknown_record",
        "finds/0/where": "formula",
    }
    shapeless = check(with_tests(x={"may": [{"act": "read"}], "sees": "a"}))
    assert {one.at for one in shapeless} == {"/access_tests/x/may/0/act", "/access_tests/x/sees"}
