"""A grid in groups by each item of a list: a record has a line below each of its tags, its people, its links."""

from __future__ import annotations

import re
from typing import Any

import pytest

from engine import apps, records
from tests.web import shop
from tests.web.pages.conftest import Work, text_of
from web.views import PAGE_SIZE

TABLES: dict[str, Any] = {
    "books": {
        "label": "Book",
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "pages": {"type": "number"},
            "tags": {
                "type": "multi_select",
                "label": "Tags",
                "choices": {"new": {"label": "New"}, "art": {"label": "Art"}, "old": {"label": "Old"}},
            },
            "team": {"type": "users", "label": "Team"},
            "shelf": {"type": "select", "choices": {"a": {"label": "Shelf A"}, "b": {"label": "Shelf B"}}},
        },
        "views": {
            "all": {"type": "grid", "sort": ["name"]},
            "by_tag": {"type": "grid", "sort": ["name"], "group": ["each:tags"], "totals": {"pages": "sum"}},
        },
    }
}
BOOKS: list[dict[str, Any]] = [
    {"name": "Birds", "tags": ["art"], "pages": 10, "shelf": "b"},
    {"name": "Art now", "tags": ["art", "new"], "pages": 30, "shelf": "a"},
    {"name": "Clay", "tags": ["new"], "pages": 5, "shelf": "a"},
    {"name": "Dust", "shelf": "a"},
]
ALL = "/apps/library/books/views/all"


@pytest.fixture
def library(work: Work) -> Work:
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        apps.apply(session, {"formwork": 1, "key": "library", "label": "Library", "tables": TABLES})
        records.create(session, "library.books", [{**one, "team": [work.who]} for one in BOOKS])
    return work


def test_a_record_stands_below_each_of_its_tags(library: Work) -> None:
    text = text_of(library.get("/apps/library/books/views/by_tag"))
    assert "Grouped by each of Tags" in text
    assert "5 lines" in text
    assert re.search(
        r"New 2 Sum 35 .*Art now .*Clay .*Art 2 Sum 40 .*Art now .*Birds .*Empty 1 .*Dust", text.replace("  ", " ")
    )


def test_a_reader_chooses_it_and_groups_in_groups(library: Work) -> None:
    page = library.get(f"{ALL}?group=each:tags,shelf").text
    assert '<option value="tags">Tags</option>' in page
    assert '<option value="each:tags" selected>each of Tags</option>' in page
    assert '<option value="each:team">each of Team</option>' in page
    text = text_of(library.get(f"{ALL}?group=shelf,each:tags"))
    assert re.search(r"Shelf A 3 .*New 2 .*Art 1 .*Empty 1 .*Shelf B 1 .*Art 1 .*Birds", text)


def test_pages_end_where_they_should(library: Work) -> None:
    with library.site.stores.workspace(library.membership.id).write(shop.principal(library.who)) as session:
        more = [{"name": f"x{number:03}", "tags": ["new", "old"]} for number in range(PAGE_SIZE)]
        records.create(session, "library.books", more)
    first, second = (text_of(library.get(f"{ALL}?group=each:tags&page={page}")) for page in (1, 2))
    last = f"x{PAGE_SIZE - 3:03}"  # two others are new
    assert (last in first, f"x{PAGE_SIZE - 2:03}" in first) == (True, False)
    assert re.search(rf"New {PAGE_SIZE + 2} .*x{PAGE_SIZE - 2:03} .*Art 2 .*Old {PAGE_SIZE} .*x000", second)
