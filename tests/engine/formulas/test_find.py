"""Finding records of another table without a link: the values, and that they follow every write there."""

from __future__ import annotations

from typing import Any

import pytest

from engine import apps, records, undo
from engine.access.principals import Principal
from engine.errors import Refused
from engine.queries import Query
from engine.storage.stores import Workspace
from engine.verifying import verify
from tests.support.workspaces import install

TABLES: dict[str, Any] = {
    "prices": {
        "title": "sku",
        "label": "Price list",
        "fields": {
            "sku": {"type": "text"},
            "amount": {"type": "number", "decimals": 2},
            "group": {"type": "link", "to": "groups"},
            "from_day": {"type": "date"},
        },
    },
    "groups": {"title": "name", "fields": {"name": {"type": "text"}}},
    "products": {
        "title": "sku",
        "fields": {
            "sku": {"type": "text"},
            "least": {"type": "number"},
            "price": {"type": "formula", "formula": 'LOOKUP("prices", {prices.sku} = {sku}, {prices.amount})'},
            "twice": {"type": "formula", "formula": "{price} * 2"},
            "all": {
                "type": "formula",
                "formula": 'LOOKUP_ALL("prices", AND({prices.sku} = {sku}, {prices.amount} > {least}),'
                " {prices.amount})",
            },
            "total": {
                "type": "formula",
                "formula": 'SUM_IF("Price list", {Price list.sku} = {sku}, {Price list.amount})',
            },
            "dearer": {"type": "formula", "formula": 'COUNT_IF("prices", {prices.amount} > {least})'},
            "groups": {
                "type": "formula",
                "formula": 'ARRAYJOIN(LOOKUP_ALL("prices", {prices.sku} = {sku}, {prices.group.name}))',
            },
            "since": {"type": "formula", "formula": 'LOOKUP("prices", {prices.sku} = {sku}, {prices.from_day})'},
            "alike": {"type": "formula", "formula": 'COUNT_IF("products", {products.sku} = {sku})'},
        },
    },
}


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, TABLES)
    return workspace


def read(shop: Workspace, asker: Principal, record: str) -> dict[str, Any]:
    with shop.read(asker) as session:
        assert verify(session) == []
        return records.get(session, "shop.products", record).values


def test_values_of_another_table_are_found_and_follow_every_write(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        (group,) = records.create(session, "shop.groups", [{"name": "Metal"}])
        nut, bolt, nothing = records.create(
            session, "shop.products", [{"sku": "nut", "least": 2}, {"sku": "bolt", "least": 2}, {"least": 2}]
        )
        first, second = records.create(
            session,
            "shop.prices",
            [{"sku": "nut", "amount": 1.1, "from_day": "2026-01-01"}, {"sku": "nut", "amount": 3.2, "group": group}],
        )
    found = read(shop, owner, nut)
    assert (found["price"], found["twice"], found["total"]) == (1.1, 2.2, 4.3)
    assert (found["all"], found["dearer"], found["groups"]) == ([3.2], 1, "Metal")
    assert (found["since"], found["alike"]) == ("2026-01-01", 1)
    assert read(shop, owner, bolt)["price"] is None
    with shop.write(owner) as session:
        records.update(session, "shop.prices", {first: {"sku": "bolt"}})
        records.update(session, "shop.groups", {group: {"name": "Iron"}})
        changed = session.transaction_id
    assert (read(shop, owner, nut)["price"], read(shop, owner, nut)["groups"]) == (3.2, "Iron")
    assert (read(shop, owner, bolt)["price"], read(shop, owner, bolt)["twice"]) == (1.1, 2.2)
    with shop.write(owner) as session:
        undo.undo(session, changed)
    assert read(shop, owner, nut)["total"] == 4.3
    with shop.write(owner) as session:
        records.delete(session, "shop.prices", [first])
        records.update(session, "shop.products", {bolt: {"sku": "nut"}})
    assert (read(shop, owner, nut)["total"], read(shop, owner, bolt)["total"]) == (3.2, 3.2)
    assert read(shop, owner, nut)["alike"] == 2
    with shop.write(owner) as session:
        records.update(session, "shop.prices", {second: {"sku": ""}})
    assert (read(shop, owner, nothing)["price"], read(shop, owner, nut)["price"]) == (3.2, None)
    with shop.read(owner) as session:
        where = ['=COUNT_IF("prices", {prices.sku} = {sku}) = 0']
        assert [one.id for one in records.find(session, Query("shop.products", where=where)).records] == [nut, bolt]


def test_an_error_in_a_record_that_counts_is_the_error_of_the_result(workspace: Workspace, owner: Principal) -> None:
    tables: dict[str, Any] = {
        "parts": {
            "title": "sku",
            "fields": {
                "sku": {"type": "text"},
                "pieces": {"type": "number"},
                "whole": {"type": "link", "to": "wholes", "inverse": "parts"},
                "share": {"type": "formula", "formula": "12 / {pieces}"},
            },
        },
        "wholes": {
            "title": "sku",
            "fields": {
                "sku": {"type": "text"},
                "found": {"type": "formula", "formula": 'SUM_IF("parts", {parts.sku} = {sku}, {parts.share})'},
                "all": {"type": "formula", "formula": 'LOOKUP_ALL("parts", {parts.sku} = {sku}, {parts.share})'},
                "linked": {"type": "formula", "formula": "SUM({parts.share})"},
                "rolled": {"type": "rollup", "through": "parts", "field": "share", "function": "sum"},
                "most": {"type": "rollup", "through": "parts", "field": "share", "function": "max"},
                "said": {"type": "rollup", "through": "parts", "field": "share", "function": "join"},
                "listed": {"type": "lookup", "through": "parts", "field": "share"},
                "counted": {"type": "count", "through": "parts"},
                "caught": {"type": "formula", "formula": "IFERROR({rolled}, -1)"},
            },
        },
    }
    install(workspace, owner, tables)
    with workspace.write(owner) as session:
        (whole,) = records.create(session, "shop.wholes", [{"sku": "a"}])
        given = [{"sku": "a", "pieces": pieces, "whole": whole} for pieces in (2, 3, 0)]
        *_sound, broken = records.create(session, "shop.parts", given)

    def values() -> dict[str, Any]:
        with workspace.read(owner) as session:
            assert verify(session) == []
            return records.get(session, "shop.wholes", whole).values

    failing = ("found", "all", "linked", "rolled", "most", "said", "listed")
    assert [values()[key]["reason"] for key in failing] == ["division_by_zero"] * len(failing)
    assert (values()["counted"], values()["caught"]) == (3, -1)
    with workspace.write(owner) as session:
        records.update(session, "shop.parts", {broken: {"pieces": 4}})
    assert [values()[key] for key in failing] == [13, [6, 4, 3], 13, 13, 6, "6, 4, 3", [6, 4, 3]]
    assert values()["caught"] == 13


def test_a_write_concerns_only_the_records_that_look_for_it(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        nut, _bolt = records.create(session, "shop.products", [{"sku": "nut"}, {"sku": "bolt"}])
        records.create(session, "shop.prices", [{"sku": "nut", "amount": 1}])
    with shop.write(owner) as session:
        document = apps.export(session, "shop")
        fields = dict(document["tables"]["products"]["fields"])
        del fields["dearer"]  # which compares with every price
        tables = {**document["tables"], "products": {**document["tables"]["products"], "fields": fields}}
        apps.apply(session, {**document, "tables": tables})
    with shop.write(owner) as session:
        records.create(session, "shop.prices", [{"sku": "nut", "amount": 2}])
        assert session.touched["shop.products"] == {nut}


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ('LOOKUP("pries", TRUE(), {sku})', "There is no table pries."),
        ("LOOKUP({sku} & 1, TRUE(), {sku})", "Write the table here"),
        ('LOOKUP("prices", {prices.skuu} = {sku}, {prices.amount})', "Did you mean {prices.sku}?"),
        ('SUM_IF("prices", TRUE(), {prices.from_day})', "A number is needed here"),
        ('COUNT_IF("products", {products.price} > 1)', "depends on itself"),
        ("PREVIOUS({sku})", "known only in checks and automations"),
        ("PREVIOUS({skuu})", "Did you mean {sku}?"),
    ],
)
def test_what_cannot_be_found_is_told(shop: Workspace, owner: Principal, formula: str, says: str) -> None:
    fields = {**TABLES["products"]["fields"], "price": {"type": "formula", "formula": formula}}
    with pytest.raises(Refused) as refused:
        install(shop, owner, {**TABLES, "products": {"title": "sku", "fields": fields}})
    assert any(says in one.says for one in refused.value.problems)


STAGES: dict[str, Any] = {
    "orders": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "paid": {"type": "number"},
            "day": {"type": "date"},
            "stage": {"type": "select", "choices": {"open": {"label": "Open"}, "done": {"label": "Done"}}},
        },
        "checks": {
            "no_way_back": {"holds": 'NOT(AND(PREVIOUS({stage}) = "done", {stage} = "open"))', "message": "Done."},
            "never_less": {"holds": "{paid} >= PREVIOUS({paid})", "message": "It cannot be less than before."},
            "never_earlier": {"holds": "OR(ISBLANK(PREVIOUS({day})), {day} >= PREVIOUS({day}))", "message": "Later."},
        },
    }
}


def test_a_check_may_ask_what_was_before(workspace: Workspace, owner: Principal) -> None:
    install(workspace, owner, STAGES)

    def write(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
        try:
            with workspace.write(owner) as session:
                records.update(session, "shop.orders", {first: one, second: other})
        except Refused as refused:
            return [f"{problem.at}: {problem.says}" for problem in refused.problems]
        return []

    with workspace.write(owner) as session:
        first, second = records.create(
            session, "shop.orders", [{"stage": "done", "paid": 5, "day": "2026-01-02"}, {"stage": "open", "paid": 1}]
        )
    assert write({"name": "a"}, {"stage": "done", "day": "2026-01-01"}) == []
    assert write({"stage": "open"}, {"paid": -2}) == ["/0/stage: Done.", "/1/paid: It cannot be less than before."]
    assert write({"paid": 6, "day": "2026-01-01"}, {}) == ["/0/day: Later."]
    assert write({"paid": 6, "day": "2026-01-03"}, {"paid": 2}) == []


@pytest.mark.parametrize("around", ["ARRAYUNIQUE({})", "CONTAINS(ARRAYCOMPACT({}), 'x')", "ARRAYFLATTEN({sku}, {})"])
@pytest.mark.parametrize(
    "found",
    [
        '"x" & LOOKUP("prices", {prices.amount} > CEILING({least}, {least}), {prices.sku})',
        '"x" & ARRAYJOIN(LOOKUP_ALL("prices", {prices.amount} > CEILING({least}, {least}), {prices.sku}))',
        '"x" & COUNT_IF("prices", {prices.amount} > CEILING({least}, {least}))',
    ],
)
def test_what_is_found_is_no_deeper_than_sqlite_can_read(
    shop: Workspace, owner: Principal, around: str, found: str
) -> None:
    with shop.read(owner) as session:
        where = ["=LEN(" + around.replace("{}", found) + ' & "") > 0']
        assert records.find(session, Query("shop.products", where=where)).records == []
