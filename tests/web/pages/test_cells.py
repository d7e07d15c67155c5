"""Changing a cell where it stands."""

from __future__ import annotations

from engine.queries import Query
from tests.web import shop
from tests.web.pages.conftest import Work, lines_of, text_of

CELLS = "/apps/shop/deals/views/all/cells"


def test_the_answer_is_the_line_with_what_follows_from_the_cell(work: Work) -> None:
    deal = work.deals()[0]
    answer = work.post(f"{CELLS}/{deal.id}", htmx="tr#line", amount="1,234.50")
    assert answer.status_code == 200
    assert lines_of(answer) == ["Deal 001"]
    text = text_of(answer)
    assert "$1,234.50" in text
    assert "617.25" in text  # weighted
    assert "$3,234.50" in answer.text  # the totals below
    assert "data-undo" in answer.text
    assert work.deals()[0].values["amount"] == 1234.5


def test_what_is_wrong_stands_at_the_cell(work: Work) -> None:
    deal = work.deals()[0]
    answer = work.post(f"{CELLS}/{deal.id}", htmx="tr#line", amount="12,,5")
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#cell-error"
    assert answer.text == "Amount must be a number, such as 1234.50."
    assert work.post(f"{CELLS}/{deal.id}", htmx="tr#line", title="").text == "Title is needed."
    assert work.deals()[0].values["amount"] == 100


def test_an_input_comes_from_the_server_for_links_alone(work: Work) -> None:
    cell = f"{CELLS}/{work.deals()[0].id}"
    assert 'type="search"' in work.part(f"{cell}/customer", "td#editor").text
    assert {work.part(f"{cell}/{field}", "td#editor").status_code for field in ("amount", "hot", "nothing")} == {404}


def test_only_writable_fields_are_taken(work: Work) -> None:
    deal = work.deals()[0]
    answer = work.post(f"{CELLS}/{deal.id}", htmx="tr#line", weighted="9", id="rec1", nothing="x")
    assert answer.status_code == 200
    assert "data-undo" not in answer.text


def test_a_links_editor_comes_with_the_names(work: Work) -> None:
    deal = work.deals()[0]
    answer = work.part(f"{CELLS}/{deal.id}/customer", "td#editor")
    assert "Customer 001" in text_of(answer)
    assert f"{work.at}/apps/shop/customers/titles" in answer.text
    assert work.part(f"{CELLS}/{deal.id}/weighted", "td#editor").status_code == 404


def test_links_are_set_and_emptied(work: Work) -> None:
    deal = work.deals()[0]
    tags = [one.id for one in work.find(Query(shop.TAGS))]
    work.post(f"{CELLS}/{deal.id}", htmx="tr#line", tags=",".join(tags))
    assert work.deals()[0].values["tags"] == tags
    work.post(f"{CELLS}/{deal.id}", htmx="tr#line", tags="")
    assert work.deals()[0].values["tags"] == []
    work.post(f"{CELLS}/{deal.id}", htmx="tr#line", customer="")
    assert work.deals()[0].values["customer"] is None


def test_guests_cannot_change_anything(guest: Work) -> None:
    deal = guest.deals()[0]
    assert guest.post(f"{CELLS}/{deal.id}", htmx="tr#line", amount="1").status_code == 403
