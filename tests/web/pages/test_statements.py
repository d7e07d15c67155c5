"""How many SQL statements a page takes: as many with 120 records as with 6. On both databases, with one whole flow."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from engine.queries import Query
from engine.settings import Settings
from tests.support.databases import Database
from tests.support.statements import counted
from tests.web import shop
from tests.web.conftest import Visitor
from tests.web.pages.conftest import HTMX, Work, lines_of, text_of
from web.app import create_app

DEALS = "/apps/shop/deals"
MOST = 40  # of the workspace's own statements, for any page


@pytest.fixture
def app(database_url: Database) -> Iterator[FastAPI]:
    """The application over each database."""
    settings = {"FORMWORK_DATA": str(database_url.folder), "FORMWORK_DATABASE_URL": database_url.url}
    app = create_app(Settings.from_environment({key: value for key, value in settings.items() if value}))
    yield app
    app.state.site.background.close()
    app.state.site.stores.close()


def test_pages_take_as_many_statements_with_many_records_as_with_few(work: Work) -> None:
    customer = work.find(Query(shop.CUSTOMERS, sort=["name"]))[0].id
    deal = work.deals()[1].id
    pages = [
        f"{DEALS}/views/all",
        f"{DEALS}/views/by_state",
        f"{DEALS}/views/all?state__is=open&group=customer&sort=-amount",
        f"{DEALS}/views/board",
        f"{DEALS}/views/all?record={deal}",
        f"{DEALS}/records/{deal}",
        f"/apps/shop/customers/records/{customer}",
        "/apps/shop/customers/views/all",
        "/apps/shop",
    ]
    few = _statements(work, pages)
    work.more_deals(114, first=7)
    assert _statements(work, pages) == few
    assert max(few.values()) <= MOST, few


def _statements(work: Work, pages: list[str]) -> dict[str, int]:
    counts = {}
    for page in pages:
        assert work.get(page).status_code == 200
        with counted(work.site.stores.workspace(work.membership.id)) as said:
            work.get(page)
        counts[page] = sum(any(word in one for word in ("shop__", "people", "changes")) for one in said)
    return counts


def test_any_field_can_stand_in_an_address(work: Work) -> None:
    with work.site.stores.workspace(work.membership.id).read() as session:
        fields = list(session.layout.table(shop.DEALS).fields)
    for field in fields:
        for asked in (
            f"sort={field}",
            f"sort=-{field}",
            f"group={field}",
            f"fields={field}",
            f"{field}__is_not_empty=",
        ):
            answer = work.get(f"{DEALS}/views/all?{asked}")
            assert answer.status_code == 200, (asked, text_of(answer)[:300])
    every = ",".join(fields)
    assert lines_of(work.get(f"{DEALS}/views/all?sort={every}"))
    assert lines_of(work.get(f"{DEALS}/views/all?tag_names__contains=urgent")) == [
        "Deal 002",
        "Deal 003",
        "Deal 005",
        "Deal 006",
    ]


def test_one_flow_from_the_form_to_undo(work: Work) -> None:
    made = work.post(f"{DEALS}/records", title="Flow", amount="10", share="20", state="won")
    assert "Created Flow" in text_of(made)
    found = work.get(f"{DEALS}/views/all?title__contains=flow&weighted__equals=2")
    assert lines_of(found) == ["Flow"]
    record = work.deals(search="Flow")[0].id
    cell = work.post(f"{DEALS}/views/all/cells/{record}", htmx="tr#line", amount="30")
    assert "$30.00" in text_of(cell)
    moved = work.post(f"{DEALS}/views/board/moves/{record}", htmx="div#board", state="lost")
    undo = re.search(r"/undo/\w+", moved.text)
    assert undo
    assert "Undone" in text_of(work.post(undo[0], htmx="form"))
    panel = work.visitor.get(
        f"{work.at}{DEALS}/views/by_state?record={record}", headers=HTMX | {"HX-Target": "div#panel"}
    )
    text = text_of(panel)
    assert "Amount: $10.00 → $30.00" in text
    assert "took a change back" in text
    work.post(f"{DEALS}/records/{record}/deletion")
    assert lines_of(work.get(f"{DEALS}/views/all?q=Flow")) == []


def test_shared_pages_do_too(work: Work) -> None:
    stranger, links = Visitor(work.visitor.app), []  # type: ignore[arg-type]
    for view in ("all", "by_state", "board"):
        made = work.post("/shares", table=shop.DEALS, view=view).text
        links.append(re.findall(r'id="link" value="[^"]+(/s/[^"]+)"', made)[0])
    pages = [*links, f"{links[0]}?record={work.deals()[0].id}", f"{links[2]}/stacks?stack=open", f"{links[1]}?q=Deal"]
    for path in pages:
        assert "Deal 001" in stranger.get(path).text
    few = [_statements_of(work, stranger, path) for path in pages]
    work.more_deals(114, first=7)
    assert [_statements_of(work, stranger, path) for path in pages] == few
    assert max(few) <= MOST
    for odd in (
        "?record=%00",
        "?q=%00",
        "?page=%00",
        "/files/%00",
        "/stacks?stack=%00",
        "/stacks?start=-1",
        "?sort=%00",
    ):
        assert stranger.get(links[2] + odd).status_code in (200, 404, 422), odd


def _statements_of(work: Work, visitor: Visitor, path: str) -> int:
    with counted(work.site.stores.workspace(work.membership.id)) as said:
        assert visitor.get(path).status_code == 200
    return len(said)
