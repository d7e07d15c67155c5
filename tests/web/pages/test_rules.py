"""What pages make of the rules of a table: closed records, states that may follow, entries reversed and added up."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest

from engine import apps, records
from engine.queries import Query
from tests.web import shop
from tests.web.pages.conftest import Work, text_of

STATES = {name: {"label": name.capitalize()} for name in ("draft", "sent", "posted")}
BOOKS: dict[str, Any] = {
    "formwork": 1,
    "key": "books",
    "label": "Books",
    "version": "1.0.0",
    "tables": {
        "orders": {
            "label": "Order",
            "fields": {
                "number": {"type": "text"},
                "note": {"type": "text"},
                "state": {
                    "type": "status",
                    "choices": STATES,
                    "default": "draft",
                    "start": ["draft", "posted"],
                    "transitions": {"draft": ["sent"], "sent": ["draft", "posted"]},
                },
            },
            "locks": {
                "posted": {
                    "when": {"field": "state", "op": "is", "value": "posted"},
                    "message": {"en": "It is posted.", "zh": "已过账。"},
                    "free": ["note"],
                }
            },
            "views": {"all": {"type": "grid"}, "board": {"type": "kanban", "by": "state"}},
            "forms": {"enter": {"fields": ["number", "state"]}},
        },
        "stock": {
            "label": "Entry",
            "fields": {
                "item": {"type": "text"},
                "day": {"type": "date"},
                "quantity": {"type": "number"},
                "reversal_of": {"type": "link", "to": "stock"},
            },
            "ledger": {"date": "day", "amounts": ["quantity"], "by": ["item"], "reversal": "reversal_of"},
        },
    },
}


@pytest.fixture
def books(work: Work) -> Work:
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        apps.apply(session, BOOKS)
    return work


def create(work: Work, table: str, *given: dict[str, Any]) -> list[str]:
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        return records.create(session, table, given)


def test_a_form_and_a_board_offer_only_the_states_that_may_follow(books: Work) -> None:
    (order,) = create(books, "books.orders", {"number": "7"})
    at = f"/apps/books/orders/records/{order}"
    assert re.findall(r'<option value="(\w+)"', books.get(at).text) == ["draft", "sent"]
    for new in ("/apps/books/orders/records/new", "/apps/books/orders/forms/enter"):
        assert re.findall(r'<option value="(\w+)"', books.get(new).text) == ["draft", "posted"]
    answer = books.post("/apps/books/orders/views/board/moves/" + order, htmx="div#board", state="posted")
    assert "State cannot go from Draft to Posted, only to Sent." in answer.text
    board = books.get("/apps/books/orders/views/board").text
    ways = json.loads(html.unescape(re.findall(r"data-ways='([^']*)'", board)[0]))
    assert ways["sent"] == ["draft", "sent", "posted"]
    assert re.findall(r'<button class="menu-item" name="state" value="(\w*)"', board) == ["draft", "sent"]
    books.post("/apps/books/orders/views/board/moves/" + order, htmx="div#board", state="sent")
    assert books.find(Query("books.orders"))[0].values["state"] == "sent"


def test_a_locked_record_says_why_and_takes_only_what_is_free(books: Work) -> None:
    (order,) = create(books, "books.orders", {"number": "7", "state": "posted"})
    at = f"/apps/books/orders/records/{order}"
    page = books.get(at)
    assert "It is posted." in text_of(page)
    assert 'name="note"' in page.text
    assert 'name="number"' not in page.text
    assert "/deletion" not in page.text
    assert books.post(at, htmx="form#record", number="8").status_code in {200, 422}
    assert books.find(Query("books.orders"))[0].values["number"] == "7"
    assert "It is posted." in books.post(at + "/deletion", leaves="yes").text
    answer = books.post(f"/apps/books/orders/views/all/cells/{order}", htmx="tr#line", number="8")
    assert "It is posted." in answer.text
    books.post(at, htmx="form#record", note="paid")
    assert books.find(Query("books.orders"))[0].values["note"] == "paid"


def test_an_entry_is_reversed_by_a_button_once_and_balances_follow(books: Work) -> None:
    given = [{"item": "Nut", "day": "2026-01-05", "quantity": 5}, {"item": "Bolt", "day": "2026-02-05", "quantity": 2}]
    entry, _other = create(books, "books.stock", *given)
    at = f"/apps/books/stock/records/{entry}"
    assert "Reverse" in text_of(books.get(at))
    balances = "/apps/books/stock/balances"
    told = text_of(books.get(balances))
    assert all(line in told for line in ("Bolt 1 2", "Nut 1 5", "Together 2 7"))
    assert "Bolt" not in text_of(books.get(f"{balances}?as_of=2026-01-31"))
    answer = books.post(at + "/reversal")
    assert "Reversed by this entry." in answer.text
    assert books.find(Query("books.stock", sort=["quantity"]))[0].values["quantity"] == -5
    assert f'action="{books.at}{at}/reversal"' not in books.get(at).text
    assert "This entry is reversed already." in books.post(at + "/reversal").text
    told = text_of(books.get(balances))
    assert all(line in told for line in ("Bolt 1 2", "Nut 2 0", "Together 3 2"))


def test_the_trash_lists_what_was_deleted_restores_it_and_deletes_it_for_good(books: Work) -> None:
    (first, second) = create(books, "books.orders", {"number": "Seven"}, {"number": "Eight"})
    at = "/apps/books/orders"
    books.post(f"{at}/deletions", record=[first, second])
    text = text_of(books.get("/trash"))
    assert "Seven" in text
    assert "Order · Ada" in text
    things = re.findall(r'<li id="(bin\w+)">', books.get("/trash").text)
    assert "Restored Seven." in books.post("/trash/restorations", thing=_of("Seven", books, things)).text
    assert "Seven" in text_of(books.get(at))
    assert "1 thing is gone for good." in books.post("/trash/purges", thing=_of("Eight", books, things)).text
    assert "The trash is empty" in text_of(books.get("/trash"))


def test_the_trash_is_emptied_of_what_was_there_when_it_was_looked_at(books: Work) -> None:
    several = create(books, "books.orders", *({"number": number} for number in ("Eight", "Nine", "Ten")))
    for one in several[:2]:
        books.post("/apps/books/orders/deletions", record=[one])
    page = books.get("/trash").text
    assert "Delete all 2 for good: this cannot be undone" in page
    (seen,) = re.findall(r'name="until" value="([^"]+)"', page)
    books.post("/apps/books/orders/deletions", record=[several[2]])
    assert "2 things are gone for good." in books.post("/trash/purges", until=seen).text
    assert re.findall(r"Eight|Nine|Ten", text_of(books.get("/trash"))) == ["Ten"]


def _of(name: str, books: Work, things: list[str]) -> str:
    page = books.get("/trash").text
    return next(
        one for one in things if f'id="{one}"' in page and name in page.split(f'id="{one}"')[1].split("</li>")[0]
    )
