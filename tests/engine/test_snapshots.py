"""Copies of linked values: taken when the link is set, kept, taken again when asked."""

from __future__ import annotations

from typing import Any

import pytest

from engine import apps, copies, history, records, undo
from engine.access.principals import Principal
from engine.errors import Refused
from engine.queries import Query
from engine.storage.stores import Workspace
from tests.support.workspaces import install

LINE: dict[str, Any] = {"name": {"type": "text"}, "product": {"type": "link", "to": "products"}}
COPY = {"type": "snapshot", "through": "product", "field": "price"}
NET = {"type": "formula", "formula": "{price} * 2"}


def tables(lines: dict[str, Any]) -> dict[str, Any]:
    price = {"type": "currency", "currency": "EUR"}
    return {
        "products": {"title": "name", "fields": {"name": {"type": "text"}, "price": price}},
        "lines": {"title": "name", "fields": lines},
    }


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, tables({**LINE, "price": COPY, "net": NET}))
    return workspace


def line(shop: Workspace, owner: Principal, record: str) -> tuple[Any, Any]:
    with shop.read(owner) as session:
        values = records.get(session, "shop.lines", record).values
    return values["price"], values["net"]


def test_a_copy_is_taken_when_the_link_is_set_and_then_kept(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        pear, fig = records.create(
            session, "shop.products", [{"name": "pear", "price": 3}, {"name": "fig", "price": 5}]
        )
        one, none = records.create(session, "shop.lines", [{"product": pear}, {"name": "empty"}])
    with shop.write(owner) as session:
        records.update(session, "shop.products", {pear: {"price": 4}})
        records.update(session, "shop.lines", {one: {"name": "first"}, none: {"product": fig}})
    assert line(shop, owner, one) == (3, 6)
    assert line(shop, owner, none) == (5, 10)
    with shop.read(owner) as session:
        (entry,) = history.of_record(session, "shop.lines", none)[:1]
        assert entry.change.after == {"product": fig, "price": 5}
        where = {"field": "price", "op": "at_least", "value": 4}
        assert [each.id for each in records.find(session, Query("shop.lines", where=[where])).records] == [none]
    with shop.write(owner) as session:
        assert copies.refresh(session, "shop.lines", [one, none]) == [one]
        refreshed = session.transaction_id
    assert line(shop, owner, one) == (4, 8)
    with shop.write(owner) as session:
        undo.undo(session, refreshed)
    assert line(shop, owner, one) == (3, 6)
    with shop.write(owner) as session:
        records.update(session, "shop.lines", {one: {"product": None}})
        unlinked = session.transaction_id
    assert line(shop, owner, one)[0] is None
    with shop.write(owner) as session:
        undo.undo(session, unlinked)
    assert line(shop, owner, one) == (3, 6)


def test_a_new_snapshot_copies_what_is_linked_now(workspace: Workspace, owner: Principal) -> None:
    install(workspace, owner, tables(LINE))
    with workspace.write(owner) as session:
        (pear,) = records.create(session, "shop.products", [{"name": "pear", "price": 3}])
        (one,) = records.create(session, "shop.lines", [{"product": pear}])
    install(workspace, owner, tables({**LINE, "price": COPY, "net": NET}))
    assert line(workspace, owner, one) == (3, 6)


def test_nobody_sets_a_copy(shop: Workspace, owner: Principal) -> None:
    with pytest.raises(Refused) as refused, shop.write(owner) as session:
        records.create(session, "shop.lines", [{"price": 1}])
    assert [(one.at, one.code) for one in refused.value.problems] == [("/0/price", "computed")]
    many = {**LINE["product"], "many": True}
    with shop.read(owner) as session:
        document = {"formwork": 1, "key": "shop", "tables": tables({**LINE, "product": many, "price": COPY})}
        assert [one.at for one in apps.check(session, document)] == ["/tables/lines/fields/price/through"]
