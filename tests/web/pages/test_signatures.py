"""Signatures: drawn in a browser, typed without a script."""

from __future__ import annotations

import copy
from typing import Any

from playwright.sync_api import expect

from engine import apps, records
from engine.queries import Query
from tests.web import shop
from tests.web.pages.conftest import Browsing, Work

VISITS = "shop.visits"
TABLE: dict[str, Any] = {
    "label": "Visit",
    "title": "name",
    "fields": {
        "name": {"type": "text", "label": "Name", "required": True},
        "signed": {"type": "signature", "label": "Signature"},
    },
    "views": {"all": {"type": "grid", "label": "All"}},
}


def visit(work: Work, **values: Any) -> str:
    document = copy.deepcopy(shop.SHOP)
    document["tables"]["visits"] = TABLE
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        apps.apply(session, document)
        return records.create(session, VISITS, [{"name": "Monday", **values}])[0]


def signed(work: Work) -> Any:
    return work.find(Query(VISITS))[0].values["signed"]


def test_a_name_is_typed_without_script(work: Work) -> None:
    record = visit(work, signed="M1 2L3 4")
    page = work.get(f"/apps/shop/visits/records/{record}")
    assert '<path d="M1 2L3 4"/>' in page.text
    assert '<path d="M1 2L3 4"/>' in work.get("/apps/shop/visits/views/all").text
    seen = work.find(Query(VISITS))[0].values["updated_at"]
    work.post(f"/apps/shop/visits/records/{record}", seen=seen, signed=["", "M1 2L3 4"])
    assert signed(work) == "M1 2L3 4"
    work.post(f"/apps/shop/visits/records/{record}", seen=seen, signed="Ada Lovelace")
    assert signed(work) == "Ada Lovelace"
    assert "Ada Lovelace" in work.get("/apps/shop/visits/views/all").text


def test_strokes_are_drawn(browsing: Browsing) -> None:
    record = visit(browsing.work)
    page = browsing.open(f"/apps/shop/visits/records/{record}")
    box = page.locator("[data-pad]").bounding_box()
    assert box
    for start in (0.1, 0.5):
        page.mouse.move(box["x"] + box["width"] * start, box["y"] + box["height"] * 0.2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * (start + 0.2), box["y"] + box["height"] * 0.8, steps=5)
        page.mouse.up()
    expect(page.locator("#saving")).to_contain_text("Saved")
    assert signed(browsing.work).count("M") == 2
    page.locator("[data-clears-signature]").click()
    expect(page.locator("[data-pad] path")).to_have_attribute("d", "")
    page.fill("#signed", "Ada")
    page.locator("#name").focus()
    expect(page.locator("#saving")).to_contain_text("Saved")
    expect(page.locator(".history")).to_contain_text("Ada")
    assert signed(browsing.work) == "Ada"
    assert browsing.complaints == []
