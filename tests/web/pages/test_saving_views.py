"""What a reader has changed in a view goes into the view, or into a new one, and comes back."""

from __future__ import annotations

import re
from typing import Any

from engine import apps
from tests.web import shop
from tests.web.pages.conftest import Work, text_of

ALL = "/apps/shop/deals/views/all"
ASKED = (
    "?state__is=open&amount__at_least=200&sort=-amount&group=customer"
    "&totals=amount:average&fields=state,amount&height=tall"
)


def saved(work: Work) -> dict[str, Any]:
    with work.site.stores.workspace(work.membership.id).read(shop.principal(work.who)) as session:
        views: dict[str, Any] = apps.export(session, "shop")["tables"]["deals"]["views"]
        return views


def test_the_tool_bar_says_what_differs(work: Work, guest: Work) -> None:
    assert "not saved" not in text_of(work.get(ALL))
    assert "not saved" not in text_of(work.get(f"{ALL}?sort=title&q=Deal&height=short"))  # as it is saved
    text = text_of(work.get(ALL + ASKED))
    assert "2 filters, order, groups, totals, fields, height of the lines: not saved" in text
    assert "Save to view" in text
    seen = text_of(guest.get(f"{ALL}?sort=-amount"))
    assert "order: not saved" in seen
    assert "Save to view" not in seen
    assert guest.post(f"{ALL}/options?sort=-amount").status_code == 403


def test_it_is_saved_into_the_view_and_taken_back(work: Work) -> None:
    before = saved(work)
    page = work.post(f"{ALL}/options{ASKED}")
    assert str(page.url).endswith(ALL)
    conditions = [
        {"field": "state", "op": "is", "value": "open"},
        {"field": "amount", "op": "at_least", "value": 200},
    ]
    assert saved(work)["all"] == {
        "type": "grid",
        "label": {"en": "All deals", "zh": "全部"},
        "filter": {"all": conditions},
        "sort": ["-amount"],
        "group": ["customer"],
        "totals": {"amount": "average"},
        "fields": ["title", "state", "amount"],
        "height": "tall",
    }
    assert [*saved(work)] == [*before]
    assert "not saved" not in text_of(page)
    assert "Saved to the view All deals." in text_of(page)
    undo = re.search(r'action="[^"]*(/apps/shop/-/revisions/\d+/restoration)"', page.text)
    assert undo
    work.post(undo[1])
    assert saved(work) == before


def test_more_filters_join_those_of_the_view_and_groups_go_away(work: Work) -> None:
    work.post("/apps/shop/deals/views/open/options?amount__at_least=200")
    assert [one["field"] for one in saved(work)["open"]["filter"]["all"]] == ["state", "amount"]
    work.post("/apps/shop/deals/views/by_state/options?group=-&totals=-")
    assert saved(work)["by_state"] == {"type": "grid", "label": "By state"}
    work.post("/apps/shop/deals/views/open/options?match=any&amount__at_least=200&hot__is=yes")
    assert len(saved(work)["open"]["filter"]["all"]) == 3
    assert len(saved(work)["open"]["filter"]["all"][2]["any"]) == 2


def test_a_new_view_stands_behind_the_one_that_it_is_like(work: Work) -> None:
    refused = work.post(f"{ALL}/copies?sort=-amount", label=" ")
    assert refused.status_code == 422
    assert "Give the view a name." in text_of(refused)
    answer = work.post(f"{ALL}/copies?sort=-amount&q=Deal", label="大单 Big deals")
    assert str(answer.url).endswith("/views/big_deals?q=Deal")
    assert [*saved(work)] == ["all", "big_deals", "open", "by_state", "board"]
    assert saved(work)["big_deals"] == {
        "type": "grid",
        "label": "大单 Big deals",
        "sort": ["-amount"],
        "totals": {"title": "count", "amount": "sum"},
    }
    work.post("/apps/shop/deals/views/board/copies?state__is=open", label="Open board")
    assert saved(work)["open_board"]["type"] == "kanban"


def test_a_table_without_saved_views_keeps_the_one_it_had(work: Work) -> None:
    work.post("/apps/shop/tags/views/all/copies?sort=-name", label="Backwards")
    with work.site.stores.workspace(work.membership.id).read(shop.principal(work.who)) as session:
        views = apps.export(session, "shop")["tables"]["tags"]["views"]
    assert [*views] == ["all", "backwards"]
