from __future__ import annotations

from typing import Any

from engine.definitions.check import check
from engine.definitions.plan import plan
from tests.engine.access.shop import APP, app


def wrong(**role: Any) -> dict[str, str]:
    """What is wrong with a role that gives these tables, by place."""
    return {one.at: one.code for one in check(app(odd={"tables": role}))}


def test_the_app_is_right() -> None:
    assert check(APP) == []


def test_problems_of_roles_stand_at_their_places() -> None:
    assert wrong(nope={"read": True}) == {"/roles/odd/tables/nope": "unknown_table"}
    assert wrong(accounts={"read": True, "fields": {"nope": "hidden"}}) == {
        "/roles/odd/tables/accounts/fields/nope": "unknown_field"
    }
    assert wrong(accounts={"read": "={nope} = 1"}) == {"/roles/odd/tables/accounts/read": "formula"}
    assert wrong(accounts={"read": {"field": "name", "op": "is_under", "value": 1}}) == {
        "/roles/odd/tables/accounts/read/op": "operator"
    }
    assert wrong(accounts={"read": "={name}"}) == {"/roles/odd/tables/accounts/read": "type"}
    assert wrong(accounts={"read": True, "views": ["nope"]}) == {"/roles/odd/tables/accounts/views": "unknown"}
    assert wrong(accounts={"read": True, "fields": {"tags": "={claimed}"}}) == {
        "/roles/odd/tables/accounts/fields/tags": "masked"
    }


def test_what_is_said_of_records_and_fields_is_checked_at_its_place() -> None:
    at = "/roles/odd/tables/accounts"
    assert wrong(accounts={"where": "={nope}", "read": True}) == {f"{at}/where": "formula"}
    assert wrong(accounts={"where": {"all": []}, "read": True}) == {f"{at}/where": "empty"}
    assert wrong(accounts={"read": True, "fields": {"level": {"set": "={nope}"}}}) == {
        f"{at}/fields/level/set": "formula"
    }
    assert wrong(accounts={"read": True, "fields": {"*": "open"}}) == {f"{at}/fields/*": "enum"}
    assert wrong(accounts={"read": True, "fields": {"*": "hidden", "name": "open"}}) == {}


def test_what_is_not_read_is_not_changed_either() -> None:
    assert wrong(accounts={"update": True, "create": True}) == {"/roles/odd/tables/accounts/update": "not_read"}


def test_an_empty_condition_lets_nobody_think_that_it_holds_nothing_back() -> None:
    empty = {"any": [{"field": "name", "op": "is", "value": "x"}, {"all": []}]}
    assert wrong(accounts={"read": {"all": []}}) == {"/roles/odd/tables/accounts/read": "empty"}
    assert wrong(accounts={"read": empty}) == {"/roles/odd/tables/accounts/read": "empty"}


def test_a_list_of_nothing_is_no_condition() -> None:
    empty = {"field": "level", "op": "is_any_of", "value": []}
    assert wrong(accounts={"read": empty}) == {"/roles/odd/tables/accounts/read/value": "invalid_value"}


def test_all_tables_not_named_are_checked_too() -> None:
    places = wrong(**{"*": {"read": {"field": "level", "op": "is", "value": "a"}}, "accounts": {"read": True}})
    assert places == {"/roles/odd/tables/*/read/field": "unknown_field"}


def test_a_way_of_a_status_is_for_roles_that_there_are() -> None:
    found = check(app(lead=None))
    assert [one.at for one in found] == ["/tables/deals/fields/stage/transitions/won/1/by"]


def test_a_plan_says_what_roles_gain_and_lose() -> None:
    rep = {
        "label": "Sales rep",
        "default": True,
        "tables": {
            "accounts": {"read": True, "update": "={owner} = ME()", "fields": {"level": "hidden"}},
            "deals": {
                "where": {"field": "stage", "op": "is", "value": "won"},
                "read": "{amount} > 5",
                "update": True,
                "fields": {"*": "read_only", "title": "open", "amount": {"set": "={amount} < 9"}},
            },
            "tags": {"read": True},
        },
    }
    assert [str(one.says) for one in plan(APP, app(rep=rep))] == [
        "Changes the role Sales rep.",
        "Role Sales rep: is now everybody's who has no other.",
        "Role Sales rep: may now read all records of Accounts.",
        "Role Sales rep: may no longer create records of Accounts.",
        "Role Sales rep: level of Accounts is now hidden.",
        "Role Sales rep: credit of Accounts is now as open as its records.",
        "Role Sales rep: phone of Accounts is now as open as its records.",
        "Role Sales rep: may now read records of Deals where (stage is won) and ({amount} > 5).",
        "Role Sales rep: may no longer create records of Deals.",
        "Role Sales rep: may now change records of Deals where stage is won.",
        "Role Sales rep: may no longer delete records of Deals.",
        "Role Sales rep: every field not named of Deals can now be seen but not set.",
        "Role Sales rep: title of Deals is now as open as its records.",
        "Role Sales rep: amount of Deals is now set only where {amount} < 9.",
    ]


def test_a_plan_says_what_is_released() -> None:
    changed = app()
    changed["tables"]["accounts"]["fields"]["twice"]["released"] = True
    del changed["tables"]["accounts"]["fields"]["rating"]["released"]
    assert [str(one.says) for one in plan(APP, changed)] == [
        "Releases twice of Accounts: also roles that may not see what it is worked out from see it now.",
        "rating of Accounts is no longer shown to roles that may not see what it is worked out from.",
    ]
