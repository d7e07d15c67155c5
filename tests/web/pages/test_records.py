"""A record's page and panel: what is shown, saved, refused, created, deleted and told."""

from __future__ import annotations

import re

from engine.queries import Query
from tests.web import shop
from tests.web.pages.conftest import Work, text_of

RECORDS = "/apps/shop/deals/records"


def test_a_record_shows_its_form_what_is_worked_out_and_its_history(work: Work) -> None:
    deal = work.deals()[1]
    answer = work.get(f"{RECORDS}/{deal.id}")
    text = text_of(answer)
    assert 'value="Deal 002"' in answer.text
    assert 'value="50"' in answer.text  # percent as people type it
    assert "Weighted" in text
    assert "Ada created this record" in text
    assert "Customer 001" in text
    assert "urgent" in text


def test_what_links_here_is_listed_with_the_way_to_a_new_one(work: Work) -> None:
    customer = work.find(Query(shop.CUSTOMERS, sort=["name"]))[0]
    text = text_of(work.get(f"/apps/shop/customers/records/{customer.id}"))
    assert "Deals 3" in text
    assert "Deal 001" in text
    assert "Total $600.00" in text
    asked = work.get(f"{RECORDS}/new?customer={customer.id}")
    assert f'name="customer" value="{customer.id}"' in asked.text
    tag = work.find(Query(shop.TAGS, sort=["name"]))[1]
    assert "Deal 002" in text_of(work.get(f"/apps/shop/tags/records/{tag.id}"))


def test_a_record_is_created_with_its_defaults(work: Work) -> None:
    assert re.search(r'<option value="open" selected>', work.get(f"{RECORDS}/new").text)
    customer = work.find(Query(shop.CUSTOMERS, sort=["name"]))[0]
    answer = work.post(
        RECORDS, title="New one", amount="$1,000.50", share="12.5", customer=["", customer.id], hot=["no", "yes"]
    )
    assert "Created New one" in text_of(answer)
    made = work.deals(search="New one")[0]
    assert answer.url.path == f"{work.at}{RECORDS}/{made.id}"
    assert made.values["amount"] == 1000.5
    assert made.values["share"] == 0.125
    assert made.values["hot"] is True
    assert made.values["customer"] == customer.id
    assert made.values["tags"] == []


def test_what_is_wrong_with_a_new_record_stands_at_its_fields_with_what_was_typed(work: Work) -> None:
    answer = work.post(RECORDS, title=" ", amount="12,,5", share="half", notes="keep me")
    assert answer.status_code == 422
    text = text_of(answer)
    assert "Title is needed" in text
    assert "Amount must be a number" in text
    assert "Share must be a number" in text
    assert 'value="12,,5"' in answer.text
    assert "keep me" in answer.text
    assert len(work.deals()) == 6


def test_a_panel_that_created_a_record_shows_it(work: Work) -> None:
    answer = work.post(RECORDS, htmx="div#panel", title="From the panel")
    made = work.deals(search="From the panel")[0]
    assert answer.headers["HX-Replace-Url"] == f"{work.at}{RECORDS}/{made.id}"
    assert answer.headers["HX-Trigger"] == "records-changed"
    assert 'class="panel"' in answer.text
    assert "Created From the panel" in text_of(answer)


def test_a_field_is_saved_by_itself(work: Work) -> None:
    deal = work.deals()[0]
    answer = work.post(f"{RECORDS}/{deal.id}", htmx="div#record-body", amount="200")
    assert answer.status_code == 200
    assert answer.headers["HX-Trigger"] == "records-changed"
    assert "Amount: $100.00 → $200.00" in text_of(answer)
    assert work.deals()[0].values["amount"] == 200
    again = work.post(f"{RECORDS}/{deal.id}", htmx="div#record-body", amount="200")
    assert "HX-Trigger" not in again.headers


def test_what_is_right_is_saved_beside_what_is_wrong(work: Work) -> None:
    deal = work.deals()[0]
    answer = work.post(f"{RECORDS}/{deal.id}", htmx="div#record-body", amount="12,,5", notes="new")
    assert answer.status_code == 422
    assert "Amount must be a number" in text_of(answer)
    assert 'value="12,,5"' in answer.text
    saved = work.deals()[0].values
    assert (saved["amount"], saved["notes"]) == (100, "new")


def test_without_script_the_form_is_saved_as_a_whole(work: Work) -> None:
    deal = work.deals()[0]
    seen = deal.values["updated_at"]
    refused = work.post(f"{RECORDS}/{deal.id}", seen=seen, title="Other", amount="x")
    assert refused.status_code == 422
    assert 'value="Other"' in refused.text
    assert work.deals()[0].values["title"] == "Deal 001"
    saved = work.post(f"{RECORDS}/{deal.id}", seen=seen, title="Other", amount="7", tags=["", ""])
    assert saved.url.path == f"{work.at}{RECORDS}/{deal.id}"
    assert "Saved." in text_of(saved)
    late = work.post(f"{RECORDS}/{deal.id}", seen=seen, title="Too late")
    assert late.status_code == 422
    assert "Somebody changed this record meanwhile" in text_of(late)
    assert 'value="Too late"' in late.text


def test_a_moment_keeps_its_seconds_when_it_is_sent_back_as_it_was_shown(work: Work) -> None:
    deal = work.deals()[0]
    work.post(f"{RECORDS}/{deal.id}", htmx="div#record-body", called="2026-03-01T10:20:30")
    assert work.deals()[0].values["called"] == "2026-03-01T10:20:30.000Z"
    work.post(f"{RECORDS}/{deal.id}", htmx="div#record-body", called="2026-03-01T10:20", notes="x")
    assert work.deals()[0].values["called"] == "2026-03-01T10:20:30.000Z"


def test_deleting_can_be_undone(work: Work) -> None:
    deal = work.deals()[0]
    answer = work.post(f"{RECORDS}/{deal.id}/deletion", htmx="form")
    assert answer.headers["HX-Trigger"] == "records-changed, record-closed"
    assert "Deleted Deal 001" in text_of(answer)
    assert work.get(f"{RECORDS}/{deal.id}").status_code == 404
    undo = re.search(r"/undo/\w+", answer.text)
    assert undo
    assert "Undone" in text_of(work.post(undo[0]))
    assert work.deals()[0].id == deal.id
    gone = work.post(f"{RECORDS}/{deal.id}/deletion", htmx="form", leaves="yes")
    assert gone.headers["HX-Redirect"] == f"{work.at}/apps/shop/deals"


def test_several_are_deleted_and_brought_back_at_once(work: Work) -> None:
    ids = [one.id for one in work.deals()]
    answer = work.post("/apps/shop/deals/deletions", htmx="form#ticked", record=ids[:4])
    assert "4 records deleted" in text_of(answer)
    assert len(work.deals()) == 2
    undo = re.search(r"/undo/\w+", answer.text)
    assert undo
    assert "Undone" in text_of(work.post(undo[0], htmx="div"))
    assert [one.id for one in work.deals()] == ids
    assert work.post("/apps/shop/deals/deletions", htmx="form#ticked").status_code == 422
    plain = work.post("/apps/shop/deals/deletions", record=ids[0], next=f"{work.at}/apps/shop/deals/views/all?q=Deal")
    assert "1 record deleted" in text_of(plain)
    assert str(plain.url).endswith("?q=Deal")


def test_undo_says_when_it_cannot(work: Work) -> None:
    deal = work.deals()[0]
    answer = work.post(f"{RECORDS}/{deal.id}", htmx="div#record-body", amount="200")
    undo = re.search(r"/undo/\w+", answer.text)
    assert undo
    work.post(f"{RECORDS}/{deal.id}", htmx="div#record-body", amount="300")
    refused = work.post(undo[0], htmx="form")
    assert refused.status_code == 409
    assert "Somebody changed this since" in text_of(refused)
    assert work.deals()[0].values["amount"] == 300
    assert work.post("/undo/trx00000000000000").status_code == 404


def test_the_whole_history_has_a_page(work: Work) -> None:
    deal = work.deals()[0]
    for number in range(25):
        work.post(f"{RECORDS}/{deal.id}", htmx="div#record-body", amount=str(1000 + number))
    assert "Show older changes" in text_of(work.get(f"{RECORDS}/{deal.id}"))
    text = text_of(work.get(f"{RECORDS}/{deal.id}/history"))
    assert "Amount: $1,023.00 → $1,024.00" in text
    assert "Ada created this record" in text


def test_a_deleted_record_keeps_its_name_in_the_history_of_what_led_to_it(work: Work) -> None:
    deal, customer = work.deals()[0], work.find(Query(shop.CUSTOMERS, sort=["name"]))[0]
    work.post(f"/apps/shop/customers/records/{customer.id}/deletion")
    assert "Customer: Customer 001 → empty" in text_of(work.get(f"{RECORDS}/{deal.id}/history"))
    thing = re.search(r'name="thing" value="(bin\w+)"', work.get("/trash").text)
    assert thing
    work.post("/trash/restorations", thing=thing[1])
    history = text_of(work.get(f"{RECORDS}/{deal.id}/history"))
    assert re.search(r"Ada restored a record that this one leads to .{0,40} Customer: Customer 001", history)
    assert "Ada restored this record" in text_of(work.get(f"/apps/shop/customers/records/{customer.id}/history"))


def test_a_link_is_found_by_name_or_made(work: Work) -> None:
    found = work.part("/apps/shop/customers/titles?q=004", "div")
    assert "Customer 004" in text_of(found)
    assert "Create 004" in text_of(found)
    assert "Create Customer 004" not in text_of(work.part("/apps/shop/customers/titles?q=customer+004", "div"))
    made = work.post("/apps/shop/customers/titles", htmx="div", title="Customer new")
    assert "data-chosen-at-once" in made.text
    assert work.post("/apps/shop/customers/titles", htmx="div", title="Customer new").status_code == 422
    assert "Customer 001" in text_of(work.get("/apps/shop/customers/titles"))


def test_a_browser_without_script_chooses_links_from_a_list(work: Work) -> None:
    deal = work.deals()[0]
    page = work.get(f"{RECORDS}/{deal.id}")
    assert re.search(r"<noscript>\s*<select[^>]*name=\"customer\"", page.text)
    customer = work.find(Query(shop.CUSTOMERS, sort=["name"]))[1]
    seen = deal.values["updated_at"]
    held = str(deal.values["customer"])
    work.post(f"{RECORDS}/{deal.id}", seen=seen, customer=["", held, customer.id])
    assert work.deals()[0].values["customer"] == customer.id


def test_guests_read_but_find_no_form(guest: Work) -> None:
    deal = guest.deals()[0]
    answer = guest.get(f"{RECORDS}/{deal.id}")
    assert "Deal 001" in text_of(answer)
    assert "data-saves-fields" not in answer.text
    assert guest.post(f"{RECORDS}/{deal.id}", htmx="div#record-body", amount="1").status_code == 403
    assert guest.post(f"{RECORDS}/{deal.id}/deletion").status_code == 403
    assert guest.post(RECORDS, title="x").status_code == 403
