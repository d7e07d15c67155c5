from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Refused
from tests.engine.access.conftest import Shop
from tests.engine.access.shop import AS_REP

LINES: dict[str, Any] = {
    "formwork": 1,
    "key": "crm",
    "label": "CRM",
    "tables": {
        "orders": {
            "title": "name",
            "fields": {
                "name": {"type": "text", "required": True},
                "lines": {"type": "line_items", "of": "lines", "by": "order", "fields": ["product", "cost", "kind"]},
            },
        },
        "lines": {
            "title": "product",
            "fields": {
                "order": {"type": "link", "to": "orders", "required": True, "on_delete": "cascade"},
                "product": {"type": "text", "required": True},
                "cost": {"type": "number", "default": 7},
                "kind": {"type": "select", "choices": {"open": {"label": "Open"}, "own": {"label": "Own"}}},
            },
        },
    },
    "roles": {
        "lead": {"tables": {"*": {"read": True}}},
        "rep": {
            "tables": {
                "orders": {"read": True, "create": True, "update": True},
                "lines": {
                    "read": '={kind} = "open"',
                    "create": True,
                    "update": '={kind} = "open"',
                    "delete": '={product} != "fixed"',
                    "fields": {"cost": "hidden"},
                },
            }
        },
    },
}


@pytest.fixture
def shop(shop: Shop) -> Shop:
    shop.install(LINES)
    return shop


def lines_of(shop: Shop, order: str) -> list[tuple[Any, ...]]:
    """The lines by what they hold, whoever may see them."""
    ids = shop.get("orders", order)["lines"]
    found = {one.id: one.values for one in shop.find("lines")}
    return sorted((found[one]["product"], found[one]["kind"], found[one]["cost"]) for one in ids)


def test_lines_are_written_by_the_rules_of_their_table(shop: Shop) -> None:
    (order,) = shop.create("orders", {"name": "A", "lines": [{"product": "pen", "kind": "open"}]}, by=AS_REP)
    shop.update(
        "orders", order, lines=[*shop.get("orders", order)["lines"], {"product": "cup", "kind": "own", "cost": 1}]
    )
    (pen,) = shop.get("orders", order, AS_REP)["lines"]
    shop.update("orders", order, by=AS_REP, lines=[{"id": pen, "product": "ink"}, {"product": "fixed", "kind": "open"}])
    assert lines_of(shop, order) == [("cup", "own", 1), ("fixed", "open", 7), ("ink", "open", 7)]
    ink = next(one.id for one in shop.find("lines") if one.values["product"] == "ink")
    with pytest.raises(Refused) as refused:
        shop.update("orders", order, by=AS_REP, lines=[ink])
    assert [one.at for one in refused.value.problems] == ["/0/lines"]
    with pytest.raises(Refused) as refused:
        shop.update("orders", order, by=AS_REP, lines=[{"id": ink, "kind": "own"}])
    with pytest.raises(Refused) as refused:
        shop.update("orders", order, by=AS_REP, lines=[{"id": ink, "cost": 3}])
    assert [str(one.says) for one in refused.value.problems] == ["There is no field cost here."]
    assert len(lines_of(shop, order)) == 3


def test_a_list_of_lines_shows_the_fields_that_are_seen(shop: Shop) -> None:
    with shop.workspace.read(AS_REP) as session:
        lines = session.layout.table("crm.orders").fields["lines"]
        assert lines.options["fields"] == ["product", "kind"]
