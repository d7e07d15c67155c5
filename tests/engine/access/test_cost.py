from __future__ import annotations

import pytest

from engine import history, records, totals
from engine.queries import Query
from tests.engine.access.conftest import Shop
from tests.engine.access.shop import AS_ANA, AS_LEA, AS_REP, REP
from tests.support.statements import counted


@pytest.fixture
def filled(shop: Shop) -> list[str]:
    accounts = shop.create("accounts", *({"name": f"A{n}", "owner": REP, "phone": "1"} for n in range(30)))
    shop.create("deals", *({"title": f"D{n}", "account": accounts[n]} for n in range(30)))
    (tag,) = shop.create("tags", {"name": "vip"})
    shop.update("tags", tag, accounts=accounts)
    return accounts


def test_rules_add_no_statement_to_a_question(shop: Shop, filled: list[str]) -> None:
    def asked(by: object) -> list[int]:
        numbers = []
        for table, limit in (("accounts", 1), ("accounts", 30), ("deals", 30), ("tags", 1)):
            with counted(shop.workspace) as said, shop.workspace.read(by) as session:  # type: ignore[arg-type]
                records.find(session, Query(f"crm.{table}", sort=["-created_at"], limit=limit))
            numbers.append(len(said))
        with counted(shop.workspace) as said, shop.workspace.read(by) as session:  # type: ignore[arg-type]
            totals.groups(session, Query("crm.accounts"), ["level"])
        return [*numbers, len(said)]

    asked(AS_REP)  # who has which role is read once
    assert asked(AS_REP) == asked(AS_LEA) == asked(AS_ANA)


def test_a_write_is_judged_by_one_statement_more_for_any_number_of_records(shop: Shop, filled: list[str]) -> None:
    def changed(count: int, name: str) -> int:
        with counted(shop.workspace) as said, shop.workspace.write(AS_REP) as session:
            records.update(session, "crm.accounts", {one: {"name": f"{name}{one}"} for one in filled[:count]})
        return len(said)

    changed(2, "warm")
    assert changed(2, "a") == changed(30, "b")


def test_history_is_read_at_once(shop: Shop, filled: list[str]) -> None:
    def told() -> int:
        with counted(shop.workspace) as said, shop.workspace.read(AS_REP) as session:
            history.of_record(session, "crm.accounts", filled[0])
        return len(said)

    told()  # who has which role is read once
    before = told()
    for number in range(5):
        shop.update("accounts", filled[0], name=f"Anew {number}")
    assert told() == before
