"""Lines edited inside their record: in one form with it, with and without script."""

from __future__ import annotations

import os
import re
from typing import Any

from httpx2 import Response
from playwright.sync_api import expect

from engine import accounts, apps, records
from engine.queries import Query
from tests.web import shop
from tests.web.conftest import PASSWORD, Visitor
from tests.web.pages.conftest import Browsing, Work, text_of
from tests.web.pages.test_shares import link_of

TABLES: dict[str, Any] = {
    "orders": {
        "label": "Order",
        "title": "name",
        "fields": {
            "name": {"type": "text", "required": True},
            "lines": {
                "type": "line_items",
                "label": "Lines",
                "of": "lines",
                "by": "order",
                "order": "position",
                "fields": ["customer", "product", "quantity", "price", "net"],
                "totals": {"net": "sum"},
            },
        },
        "views": {"all": {"type": "grid"}},
    },
    "lines": {
        "title": "product",
        "fields": {
            "order": {"type": "link", "to": "orders", "inverse": "lines", "required": True, "on_delete": "cascade"},
            "position": {"type": "number"},
            "customer": {"type": "link", "to": "shop.customers"},
            "product": {"type": "text", "required": True},
            "quantity": {"type": "number", "default": 1},
            "price": {"type": "currency", "currency": "EUR"},
            "net": {
                "type": "formula",
                "formula": "{quantity} * {price}",
                "format": {"type": "currency", "currency": "EUR"},
            },
        },
    },
}
ORDERS = "/apps/desk/orders/records"


def install(work: Work) -> None:
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        apps.apply(session, {"formwork": 1, "key": "desk", "label": "Desk", "tables": TABLES})


def an_order(work: Work, *lines: dict[str, Any]) -> str:
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        return records.create(session, "desk.orders", [{"name": "One", "lines": list(lines)}])[0]


def lines(work: Work) -> list[tuple[Any, ...]]:
    found = work.find(Query("desk.lines", sort=["position"]))
    return [(one.values["product"], one.values["quantity"], one.values["net"]) for one in found]


def test_an_order_is_made_with_its_lines_in_one_form(work: Work) -> None:
    install(work)
    page = work.get(f"{ORDERS}/new")
    assert page.text.count("data-line>") == 3
    sent = {
        "name": "One",
        "lines": "",
        "lines.0.id": "", "lines.0.place": "2", "lines.0.product": "pear", "lines.0.price": "1.50",
        "lines.1.id": "", "lines.1.place": "1", "lines.1.product": "apple", "lines.1.quantity": "3",
        "lines.1.price": "2",
        "lines.2.id": "", "lines.2.place": "3", "lines.2.product": "", "lines.2.quantity": "", "lines.2.price": "",
    }  # fmt: skip
    made = work.post(ORDERS, **sent)
    assert lines(work) == [("apple", 3, 6), ("pear", 1, 1.5)]
    assert "€7.50" in text_of(made)


def test_what_is_wrong_stands_at_its_line_with_what_was_typed(work: Work) -> None:
    install(work)
    sent = {"name": "", "lines": "", "lines.0.product": "", "lines.0.price": "much", "lines.1.product": "pear"}
    answer = work.post(ORDERS, **sent)
    assert answer.status_code == 422
    assert 'id="lines.0.price-wrong"' in answer.text
    assert 'id="lines.0.product-wrong"' in answer.text
    assert 'id="name-wrong"' in answer.text
    assert 'value="much"' in answer.text
    assert 'value="pear"' in answer.text
    assert lines(work) == []


def test_lines_are_changed_moved_and_taken_out_and_those_of_others_stay(work: Work) -> None:
    install(work)
    order = an_order(work, {"product": "a", "price": 1}, {"product": "b", "price": 2}, {"product": "c", "price": 3})
    a, b, c = (one.id for one in work.find(Query("desk.lines", sort=["position"])))
    seen = work.find(Query("desk.orders"))[0].values["updated_at"]
    sent = {
        "seen": seen, "name": "One", "lines": "",
        "lines.0.id": a, "lines.0.place": "5", "lines.0.product": "a", "lines.0.quantity": "4",
        "lines.1.id": b, "lines.1.place": "1", "lines.1.gone": "yes",
    }  # fmt: skip
    answer = work.post(f"{ORDERS}/{order}", **sent)
    assert "Saved." in text_of(answer)
    assert [one[:2] for one in lines(work)] == [("a", 4), ("c", 1)]  # c came meanwhile, as far as this form knows
    assert re.search(rf'value="{c}"', answer.text)


def test_lines_in_a_browser(browsing: Browsing) -> None:
    install(browsing.work)
    order = an_order(browsing.work, {"product": "a", "price": 1}, {"product": "b", "price": 2})
    page = browsing.open(f"{ORDERS}/{order}")
    rows = page.locator("[data-line]")
    expect(rows).to_have_count(3)
    page.fill("[name='lines.2.product']", "c")
    page.keyboard.press("Tab")
    expect(rows).to_have_count(4)
    page.fill("[name='lines.2.price']", "10")
    page.keyboard.press("Tab")
    expect(page.locator(".lines tfoot")).to_contain_text("€13.00")
    page.locator("[name='lines.2.price']").press("Alt+ArrowUp")
    expect(page.locator("[name='lines.1.product']")).to_have_value("c")
    assert [one[0] for one in lines(browsing.work)] == ["a", "c", "b"]
    rows.nth(0).locator(".line-gone label").click()
    expect(rows).to_have_count(3)
    assert [one[0] for one in lines(browsing.work)] == ["c", "b"]
    expect(page.locator(".line-gone input:checked")).to_have_count(0)
    if folder := os.environ.get("LINES_PICTURES"):
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=f"{folder}/lines-{width}.png", full_page=True)
    page = browsing.open(f"{ORDERS}/new")
    page.fill("[name='lines.2.product']", "z")
    expect(rows).to_have_count(4)
    assert [one for one in browsing.complaints if "status of 4" not in one] == []


def check_lines(page: Response) -> None:
    text = text_of(page)
    assert re.search(r"Lines 2 Customer Product Quantity Price Net", text)
    assert "apple Quantity 2 Price €3.00 Net €6.00" in text
    assert not re.search(r"<(input|select)[^>]* name=.lines", page.text)


def test_whoever_may_only_look_reads_the_lines(work: Work, visitor: Visitor) -> None:
    """By a link to the order or to the view, and who has no role to change it."""
    install(work)
    order = an_order(work, {"product": "apple", "quantity": 2, "price": 3}, {"product": "pear", "price": 1})
    alone = link_of(work.post("/shares", table="desk.orders", view="all", record=order))
    check_lines(visitor.get(alone))
    view = link_of(work.post("/shares", table="desk.orders", view="all"))
    assert "2 lines" in text_of(visitor.get(view))
    check_lines(visitor.get(f"{view}?record={order}"))
    accounts.add_person(
        work.site.stores, work.membership.id, email="gus@example.com", name="Gus", password=PASSWORD, role="guest"
    )
    visitor.sign_in("gus@example.com")
    check_lines(visitor.get(f"/w/{work.membership.id}{ORDERS}/{order}"))
