"""Links to any of several tables, of which somebody sees some records, and some tables not at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from engine import totals
from engine.access.principals import Principal
from engine.errors import Refused
from engine.queries import Query
from tests.engine.access.conftest import Shop
from tests.engine.access.shop import AS_ANA, AS_REP, REP, app

# A rep sees their own accounts, all deals, and no secret.
NOTES: dict[str, Any] = {
    "title": "text",
    "fields": {
        "text": {"type": "text"},
        "about": {"type": "any_link", "label": "About", "to": ["accounts", "deals", "secrets"], "many": True},
        "one": {"type": "any_link", "to": ["accounts", "secrets"]},
        "says": {"type": "formula", "formula": "{about.table} & {about}"},
        "number": {"type": "count", "through": "about"},
        "deals": {"type": "count", "through": "about.deals"},
        "phones": {"type": "lookup", "through": "about.accounts", "field": "phone"},
    },
}


def install(shop: Shop) -> dict[str, str]:
    document = app()
    document["tables"]["notes"] = NOTES
    document["roles"]["rep"]["tables"]["notes"] = {"read": True, "create": True, "update": True}
    shop.install(document)
    mine, other = shop.create("accounts", {"name": "Mine", "owner": REP, "phone": "1"}, {"name": "Other", "phone": "2"})
    (deal,) = shop.create("deals", {"title": "Deal"})
    (secret,) = shop.create("secrets", {"name": "Secret"})
    (note, hidden) = shop.create(
        "notes", {"text": "a", "about": [secret, other, mine, deal], "one": other}, {"text": "b", "about": [secret]}
    )
    return {"mine": mine, "other": other, "deal": deal, "secret": secret, "note": note, "hidden": hidden}


def notes(shop: Shop, by: Principal, *where: Any) -> Sequence[str]:
    return shop.names("notes", by, "text", where=list(where))


def test_what_is_not_seen_is_not_among_its_records(shop: Shop) -> None:
    ids = install(shop)
    assert shop.get("notes", ids["note"], AS_REP)["about"] == [ids["mine"], ids["deal"]]
    assert shop.get("notes", ids["hidden"], AS_REP)["about"] == []
    assert shop.get("notes", ids["note"], AS_REP)["one"] is None
    assert len(shop.get("notes", ids["note"], AS_ANA)["about"]) == 4


def test_what_is_worked_out_from_it_is_as_secret_as_what_it_leads_to(shop: Shop) -> None:
    ids = install(shop)
    seen = shop.get("notes", ids["note"], AS_REP).keys()
    assert "deals" in seen  # reads nothing but deals, which are seen
    assert not {"says", "number", "phones"} & seen


def test_filters_ask_only_what_is_seen(shop: Shop) -> None:
    ids = install(shop)
    about = {"field": "about"}
    assert notes(shop, AS_REP, {**about, "op": "is_any_of", "value": [ids["other"], ids["secret"]]}) == []
    assert notes(shop, AS_REP, {**about, "op": "contains", "value": [ids["mine"]]}) == ["a"]
    assert notes(shop, AS_REP, {**about, "op": "is_empty"}) == ["b"]
    assert notes(shop, AS_REP, {**about, "op": "count_equals", "value": 2}) == ["a"]
    assert notes(shop, AS_REP, {**about, "op": "is_in_table", "value": ["accounts"]}) == ["a"]
    name = {"field": "name", "op": "is", "value": "Other"}
    assert notes(shop, AS_ANA, {"field": "about.accounts", "op": "has", "value": name}) == ["a"]
    assert notes(shop, AS_REP, {"field": "about.accounts", "op": "has", "value": name}) == []
    assert notes(shop, AS_REP, {"field": "one.accounts.name", "op": "is", "value": "Other"}) == []
    assert notes(shop, AS_REP, '=CONTAINS({about.accounts.name}, "Mine")') == ["a"]
    assert notes(shop, AS_REP, '=CONTAINS({about.title}, "Other")') == []
    with pytest.raises(Refused):
        notes(shop, AS_REP, {"field": "about.secrets.name", "op": "is", "value": "Secret"})
    with pytest.raises(Refused):
        notes(shop, AS_REP, "=COUNTA({about.secrets.name}) > 0")


def test_who_changes_it_leaves_what_they_do_not_see(shop: Shop) -> None:
    ids = install(shop)
    shop.update("notes", ids["note"], AS_REP, about=[ids["deal"]])
    assert set(shop.get("notes", ids["note"])["about"]) == {ids["secret"], ids["other"], ids["deal"]}


def test_groups_by_one_tell_of_nothing_hidden(shop: Shop) -> None:
    install(shop)
    with shop.workspace.read(AS_REP) as session:
        found = totals.groups(session, Query("crm.notes"), ["one"])
        assert {one.values[0]: one.count for one in found} == {None: 2}
