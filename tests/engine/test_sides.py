"""The other sides of links are set like any field; lines are made, changed and deleted inside their record."""

from __future__ import annotations

from typing import Any

import pytest

from engine import apps, history, records, undo
from engine.access.principals import Principal
from engine.errors import Refused
from engine.queries import Query
from engine.storage.stores import Workspace
from engine.verifying import verify
from tests.support.workspaces import install

TABLES: dict[str, Any] = {
    "customers": {"title": "name", "fields": {"name": {"type": "text"}}},
    "orders": {
        "title": "name",
        "fields": {
            "name": {"type": "text", "required": True},
            "customer": {"type": "link", "to": "customers", "inverse": "orders"},
            "tags": {"type": "link", "to": "tags", "many": True, "inverse": "orders"},
            "lines": {
                "type": "line_items",
                "of": "lines",
                "by": "order",
                "order": "position",
                "fields": ["product", "quantity", "price", "net"],
                "totals": {"net": "sum"},
            },
            "total": {"type": "rollup", "through": "lines", "field": "net", "function": "sum"},
            "products": {"type": "lookup", "through": "lines", "field": "product"},
            "last": {"type": "rollup", "through": "lines", "field": "product", "function": "last"},
        },
        "checks": {"small": {"holds": "{total} <= 1000", "message": "An order may be worth 1000 at most."}},
    },
    "lines": {
        "title": "product",
        "fields": {
            "order": {
                "type": "link",
                "to": "orders",
                "inverse": "lines",
                "required": True,
                "on_delete": "cascade",
            },
            "position": {"type": "number"},
            "product": {"type": "text", "required": True},
            "quantity": {"type": "number", "default": 1, "min": 0},
            "price": {"type": "currency", "currency": "EUR"},
            "net": {"type": "formula", "formula": "{quantity} * {price}"},
        },
    },
    "tags": {"title": "name", "fields": {"name": {"type": "text"}}},
    "parts": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "of": {"type": "link", "to": "tags", "inverse": "parts", "required": True},
        },
    },
}


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, TABLES)
    return workspace


class Desk:
    """Short words for what the tests do; computed fields are compared after each."""

    def __init__(self, shop: Workspace, owner: Principal) -> None:
        self.shop, self.owner = shop, owner

    def create(self, table: str, *given: dict[str, Any]) -> list[str]:
        with self.shop.write(self.owner) as session:
            ids = records.create(session, f"shop.{table}", given)
        self.right()
        return ids

    def update(self, table: str, record: str, **values: Any) -> str:
        with self.shop.write(self.owner) as session:
            records.update(session, f"shop.{table}", {record: values})
        self.right()
        return session.transaction_id

    def get(self, table: str, record: str) -> dict[str, Any]:
        with self.shop.read(self.owner) as session:
            return dict(records.get(session, f"shop.{table}", record).values)

    def all(self, table: str) -> list[dict[str, Any]]:
        with self.shop.read(self.owner) as session:
            found = records.find(session, Query(f"shop.{table}", limit=1000)).records
            return [{"id": one.id, **one.values} for one in found]

    def right(self) -> None:
        with self.shop.read(self.owner) as session:
            assert verify(session) == []


@pytest.fixture
def desk(shop: Workspace, owner: Principal) -> Desk:
    return Desk(shop, owner)


def test_the_other_side_of_a_link_to_one_is_set(desk: Desk) -> None:
    one, two, three = desk.create("orders", {"name": "1"}, {"name": "2"}, {"name": "3"})
    (ann,) = desk.create("customers", {"name": "Ann", "orders": [one, two]})
    (ben,) = desk.create("customers", {"name": "Ben", "orders": [three]})
    assert desk.get("orders", one)["customer"] == ann
    done = desk.update("customers", ben, orders=[one, three])
    assert desk.get("customers", ann)["orders"] == [two]
    assert desk.get("customers", ben)["orders"] == [one, three]
    with desk.shop.write(desk.owner) as session:
        undo.undo(session, done)
    assert desk.get("customers", ann)["orders"] == [one, two]
    desk.update("customers", ann, orders=[])
    assert desk.get("orders", two)["customer"] is None


def test_the_other_side_of_a_link_to_many_is_set(desk: Desk) -> None:
    red, blue = desk.create("tags", {"name": "red"}, {"name": "blue"})
    one, two = desk.create("orders", {"name": "1", "tags": [blue]}, {"name": "2"})
    desk.update("tags", red, orders=[one, two])
    assert desk.get("orders", one)["tags"] == [blue, red]
    desk.update("tags", blue, orders=[two])
    assert (desk.get("orders", one)["tags"], desk.get("orders", two)["tags"]) == ([red], [red, blue])


def test_what_the_other_side_refuses_is_told_at_the_list(desk: Desk) -> None:
    (red,) = desk.create("tags", {"name": "red"})
    (part,) = desk.create("parts", {"name": "p", "of": red})
    (one,) = desk.create("orders", {"name": "1"})
    with pytest.raises(Refused) as refused:
        desk.update("tags", red, parts=[])
    assert [(each.at, each.code) for each in refused.value.problems] == [("/0/parts", "required")]
    with pytest.raises(Refused) as refused:
        desk.create("customers", {"orders": [one]}, {"orders": [one, "recNOSUCHRECORD00"]})
    found = [(each.at, each.code) for each in refused.value.problems]
    assert found == [("/1/orders", "taken"), ("/1/orders", "unknown_record")]
    assert desk.get("tags", red)["parts"] == [part]


def test_a_record_and_its_lines_are_made_in_one_save(desk: Desk) -> None:
    lines = [{"product": "pear", "quantity": 2, "price": 1.5}, {"product": "apple", "price": 0.1}]
    (order,) = desk.create("orders", {"name": "1", "lines": lines})
    made = desk.get("orders", order)
    assert (made["total"], made["products"], made["last"]) == (3.1, ["pear", "apple"], "apple")
    assert [(one["product"], one["quantity"], one["position"], one["order"]) for one in desk.all("lines")] == [
        ("pear", 2, 1, order),
        ("apple", 1, 2, order),
    ]


def test_lines_are_changed_moved_added_and_left_out(desk: Desk) -> None:
    lines = [{"product": name, "price": 1} for name in ("a", "b", "c")]
    (order,) = desk.create("orders", {"name": "1", "lines": lines})
    a, b, c = desk.get("orders", order)["lines"]
    done = desk.update("orders", order, lines=[c, {"id": a, "quantity": 5}, {"product": "d", "price": 2}])
    changed = desk.get("orders", order)
    assert (changed["lines"][:2], changed["products"], changed["total"]) == ([c, a], ["c", "a", "d"], 8)
    with desk.shop.write(desk.owner) as session:
        undo.undo(session, done)
    desk.right()
    assert desk.get("orders", order)["lines"] == [a, b, c]
    with desk.shop.write(desk.owner) as session:
        records.delete(session, "shop.orders", [order])
    assert desk.all("lines") == []
    with desk.shop.write(desk.owner) as session:
        undo.undo(session, history.of_record(session, "shop.orders", order)[0].transaction_id)
    desk.right()
    assert desk.get("orders", order)["products"] == ["a", "b", "c"]


def test_every_problem_is_told_at_its_line_and_nothing_is_written(desk: Desk) -> None:
    other = desk.create("orders", {"name": "2", "lines": [{"product": "x"}]})
    (foreign,) = desk.get("orders", other[0])["lines"]
    lines = [{"product": "a", "quantity": -1}, {"price": "much"}, {"id": foreign}, {"product": "b", "colour": "red"}]
    with pytest.raises(Refused) as refused:
        desk.create("orders", {"lines": lines})
    assert sorted((one.at, one.code) for one in refused.value.problems) == [
        ("/0/lines/0/quantity", "invalid_value"),
        ("/0/lines/1/price", "invalid_value"),
        ("/0/lines/1/product", "required"),
        ("/0/lines/2", "unknown_record"),
        ("/0/lines/3/colour", "unknown_field"),
        ("/0/name", "required"),
    ]
    assert [one["product"] for one in desk.all("lines")] == ["x"]


def test_a_check_of_the_record_sees_its_lines(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        desk.create("orders", {"name": "0"}, {"name": "1", "lines": [{"product": "gold", "price": 1001}]})
    assert [(one.at.split("/")[1], one.code) for one in refused.value.problems] == [("1", "check")]
    assert desk.all("orders") == []


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"by": "nowhere"}, "by"),
        ({"by": "product"}, "by"),
        ({"of": "parts", "by": "of"}, "by"),
        ({"order": "product"}, "order"),
        ({"fields": ["colour"]}, "fields/0"),
        ({"totals": {"colour": "sum"}}, "totals/colour"),
    ],
)
def test_lines_that_could_not_work_are_refused(
    workspace: Workspace, owner: Principal, change: dict[str, Any], at: str
) -> None:
    orders = TABLES["orders"]
    plain = {key: field for key, field in orders["fields"].items() if field["type"] not in {"rollup", "lookup"}}
    fields = {**plain, "lines": {**plain["lines"], **change}}
    document = {"formwork": 1, "key": "shop", "tables": {**TABLES, "orders": {"title": "name", "fields": fields}}}
    with workspace.read(owner) as session:
        found = [problem.at for problem in apps.check(session, document)]
    assert f"/tables/orders/fields/lines/{at}" in found
