"""The kanban board, and moving its cards."""

from __future__ import annotations

import re

from tests.web.pages.conftest import Work, text_of

BOARD = "/apps/shop/deals/views/board"


def test_stacks_have_counts_sums_and_cards(work: Work) -> None:
    answer = work.get(BOARD)
    text = text_of(answer)
    assert "Open 4 $1,200.00" in text
    assert "Won 2 $900.00" in text
    assert "Lost 0" in text
    assert "Deal 003 Customer Customer 001 Amount $300.00" in text
    assert f'href="{work.at}/apps/shop/deals/records/new?state=won"' in answer.text
    assert f'data-move="{work.at}{BOARD}/moves/{{id}}"' in answer.text


def test_a_card_is_moved_and_moved_back(work: Work) -> None:
    deal = work.deals()[0]
    answer = work.post(f"{BOARD}/moves/{deal.id}", htmx="div#board", state="lost")
    assert answer.status_code == 200
    assert answer.headers["HX-Trigger"] == "records-changed"
    assert "Moved to Lost" in text_of(answer)
    assert work.deals()[0].values["state"] == "lost"
    undo = re.search(r'action="/w/\w+(/undo/\w+)"', answer.text)
    assert undo
    assert "Undone" in text_of(work.post(undo[1], htmx="div"))
    assert work.deals()[0].values["state"] == "open"


def test_without_script_the_cards_menu_moves_it(work: Work) -> None:
    deal = work.deals()[0]
    answer = work.post(f"{BOARD}/moves/{deal.id}", state="won")
    assert answer.url.path == work.at + BOARD
    assert "Moved to Won" in text_of(answer)
    work.post(f"{BOARD}/moves/{deal.id}", state="")
    assert work.deals()[0].values["state"] is None
    assert "No State 1" in text_of(work.get(BOARD))


def test_a_move_that_is_refused_says_why(work: Work) -> None:
    deal = work.deals()[0]
    answer = work.post(f"{BOARD}/moves/{deal.id}", htmx="div#board", state="gone")
    assert answer.status_code == 422
    assert answer.headers["HX-Reswap"] == "none"
    assert "must be one of" in text_of(answer)
    assert work.post(f"/apps/shop/deals/views/all/moves/{deal.id}", state="won").status_code == 404


def test_a_long_stack_shows_more_on_demand(work: Work) -> None:
    work.more_deals(60, first=7)
    answer = work.get(BOARD)
    more = re.search(r'hx-get="(/w/\w+)([^"]*stack=open[^"]*)"', answer.text)
    assert more
    path = more[2].replace("&amp;", "&")
    part = work.part(path, "li")
    assert part.text.count('class="card-record"') == 19
    assert "stack-more" not in part.text
    assert "<html" in work.get(path).text


def test_guests_cannot_move(guest: Work) -> None:
    deal = guest.deals()[0]
    assert guest.post(f"{BOARD}/moves/{deal.id}", state="won").status_code == 403
