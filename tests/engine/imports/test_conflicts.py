"""A file that comes again: what somebody changed here meanwhile is not overwritten unseen."""

from __future__ import annotations

from typing import Any

import pytest

from engine import records, undo
from engine.access.principals import Principal
from engine.imports import Import
from engine.imports.carrying import KINDS
from engine.imports.conflicts import changed_here
from engine.storage.stores import Workspace
from tests.engine.imports.test_imports import ORDERS, TABLES, Desk
from tests.support.statements import counted
from tests.support.workspaces import install

FIRST = "no,customer,amount,status,day\nA1,,5,open,2026-01-31\nA2,,6,open,2026-01-31\nA3,,7,open,2026-01-31\n"
SECOND = "no,customer,amount,status,day\nA1,,50,open,2026-01-31\nA2,,60,open,2026-01-31\nA3,,7,open,2026-01-31\n"


@pytest.fixture
def desk(workspace: Workspace, owner: Principal) -> Desk:
    install(workspace, owner, TABLES)
    return Desk(workspace, owner)


def numbers(held: Import) -> dict[str, int]:
    assert held.counts is not None
    return {name: held.counts[name] for name in ("rows", *KINDS, "noted")}


def change(desk: Desk, number: str, values: dict[str, Any]) -> str:
    (found,) = [one for one in desk.all("shop.orders") if one["number"] == number]
    with desk.workspace.write(desk.asker) as session:
        records.update(session, "shop.orders", {found["id"]: values})
        return session.transaction_id


def bring(desk: Desk, content: str, **more: Any) -> Import:
    return desk.bring(content, "shop.orders", ORDERS, match=["number"], **more)


def amounts(desk: Desk) -> dict[str, Any]:
    return {one["number"]: one["amount"] for one in desk.all("shop.orders")}


def test_what_was_changed_here_since_the_last_import_stays_and_is_counted(desk: Desk) -> None:
    bring(desk, FIRST)
    change(desk, "A1", {"amount": 5.5})
    change(desk, "A2", {"status": "paid"})
    change(desk, "A3", {"amount": 8})
    change(desk, "A3", {"amount": 7})  # and back: the file would change nothing
    done = bring(desk, SECOND)
    # Of A2 the status was changed, and the file says another one: no part of the line is taken.
    assert numbers(done) == {"rows": 3, "new": 0, "changed": 0, "same": 1, "conflict": 2, "refused": 0, "noted": 0}
    assert amounts(desk) == {"A1": 5.5, "A2": 6, "A3": 7}
    told = desk.told(done)
    assert [(line, kind, field) for line, kind, field, _says in told] == [
        (2, "conflict", "amount"),
        (3, "conflict", "status"),
    ]
    assert told[0][3].startswith("It was changed here on 20")


def test_the_file_may_overwrite_what_was_changed_here(desk: Desk) -> None:
    bring(desk, FIRST)
    change(desk, "A1", {"amount": 5.5})
    done = bring(desk, SECOND, conflicts="overwrite")
    assert numbers(done)["conflict"] == 1
    assert numbers(done)["changed"] == 1
    assert amounts(desk) == {"A1": 50, "A2": 60, "A3": 7}
    # Since then nobody changed anything here.
    again = bring(desk, FIRST)
    assert (numbers(again)["changed"], numbers(again)["conflict"]) == (2, 0)
    desk.undo(again)
    assert amounts(desk) == {"A1": 50, "A2": 60, "A3": 7}


def test_what_a_line_does_not_say_may_have_been_changed(desk: Desk) -> None:
    bring(desk, FIRST)
    change(desk, "A1", {"urgent": True, "pieces": 4})
    done = bring(desk, SECOND)
    assert (numbers(done)["changed"], numbers(done)["conflict"]) == (2, 0)


def test_records_that_no_import_has_written_are_in_no_conflict(desk: Desk) -> None:
    desk.create("shop.orders", {"number": "A1", "amount": 1})
    change(desk, "A1", {"amount": 2})
    assert numbers(bring(desk, FIRST))["changed"] == 1


def test_an_import_that_was_taken_back_changed_nothing_here(desk: Desk) -> None:
    bring(desk, FIRST)
    second = bring(desk, SECOND)
    desk.undo(second)
    assert numbers(bring(desk, SECOND))["changed"] == 2


def test_taking_back_a_change_of_ones_own_is_a_change(desk: Desk) -> None:
    bring(desk, FIRST)
    transaction = change(desk, "A1", {"amount": 9})
    with desk.workspace.write(desk.asker, cause=f"undo:{transaction}") as session:
        undo.undo(session, transaction)
    assert numbers(bring(desk, SECOND))["conflict"] == 1


def test_conflicts_are_looked_for_in_as_many_statements_for_any_number_of_records(desk: Desk) -> None:
    bring(desk, FIRST)
    transaction = change(desk, "A1", {"amount": 9})
    with desk.workspace.write(desk.asker, cause=f"undo:{transaction}") as session:
        undo.undo(session, transaction)
    ids = [one["id"] for one in desk.all("shop.orders")]
    with desk.workspace.read(desk.asker) as session, counted(desk.workspace) as statements:
        assert set(changed_here(session, "shop.orders", ids)) == {ids[0]}
    assert len([one for one in statements if "_changes" in one]) == 2
