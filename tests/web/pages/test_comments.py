"""Comments on a record's page and panel, with a script and without."""

from __future__ import annotations

import re

import pytest

from engine import notifications
from engine.access.principals import person
from tests.web.pages.conftest import Work, text_of

RECORDS = "/apps/shop/deals/records"


@pytest.fixture
def deal(work: Work) -> str:
    return f"{RECORDS}/{work.deals()[0].id}"


def comment_ids(work: Work, deal: str) -> list[str]:
    return re.findall(r'id="comment-(com\w+)"', work.get(f"{deal}/comments").text)


def test_a_comment_is_written_changed_deleted_and_brought_back(work: Work, deal: str) -> None:
    answer = work.post(f"{deal}/comments", **{"comment-text": "Called <b>them</b>"})
    assert answer.url.path == f"{work.at}{deal}"
    assert "Called &lt;b&gt;them&lt;/b&gt;" in answer.text
    (comment,) = comment_ids(work, deal)
    assert "Called &lt;b&gt;them" in work.get(f"{deal}/comments/{comment}").text
    answer = work.post(f"{deal}/comments/{comment}", **{"comment-text": "Called twice"})
    assert "Called twice" in text_of(answer)
    assert "changed" in text_of(answer)
    assert "Called <b>them</b>" in text_of(work.get(f"{deal}/comments/{comment}"))  # what it said before
    gone = work.post(f"{deal}/comments/{comment}/deletion")
    assert "Deleted the comment." in text_of(gone)
    assert comment_ids(work, deal) == []
    undo = re.search(r'action="[^"]*(/comments/\w+/restoration)"', gone.text)
    assert undo
    assert "Called twice" in text_of(work.post(deal + undo[1]))


def test_in_a_panel_only_the_comments_are_drawn_anew(work: Work, deal: str) -> None:
    part = work.post(f"{deal}/comments", htmx="div#record-comments", **{"comment-text": "Hello"})
    assert "Hello" in part.text
    assert "<h1" not in part.text
    assert "<form" in part.text
    assert "Hello" in work.part(deal, "div#panel").text
    (comment,) = comment_ids(work, deal)
    part = work.post(f"{deal}/comments/{comment}/deletion", htmx="div#record-comments")
    assert "Hello" not in part.text
    assert "Deleted the comment." in part.text


def test_what_is_wrong_stands_below_what_was_typed(work: Work, deal: str) -> None:
    answer = work.post(f"{deal}/comments", **{"comment-text": " "})
    assert answer.status_code == 422
    assert "Write something first." in text_of(answer)
    long = "x" * 10_001
    part = work.post(f"{deal}/comments", htmx="div#record-comments", **{"comment-text": long})
    assert part.status_code == 422
    assert long in part.text


def test_a_name_after_an_at_mentions_its_person(work: Work, guest: Work, deal: str) -> None:
    work.post(f"{deal}/comments", **{"comment-text": "Well, @Gus? Or @Gustav, a@Gus"})
    shown = work.get(f"{deal}/comments").text
    assert shown.count('<span class="mention">@Gus</span>') == 1
    with work.site.stores.workspace(work.membership.id).read(person(guest.who, "guest")) as session:
        assert [one.message for one in notifications.inbox(session)] == [
            "Ada mentioned you: Well, @Gus? Or @Gustav, a@Gus"
        ]
    (comment,) = comment_ids(work, deal)
    assert "Well, @Gus? Or @Gustav, a@Gus</textarea>" in work.get(f"{deal}/comments/{comment}").text


def test_who_only_looks_reads(work: Work, guest: Work, deal: str) -> None:
    work.post(f"{deal}/comments", **{"comment-text": "Hello"})
    page = guest.get(deal).text
    assert "Hello" in page
    assert "comment-text" not in page.replace('class="comment-text"', "")
    assert guest.post(f"{deal}/comments", **{"comment-text": "Me too"}).status_code == 403
    (comment,) = comment_ids(work, deal)
    assert guest.post(f"{deal}/comments/{comment}/deletion").status_code == 403
    assert guest.post(f"{deal}/comments/{comment}", **{"comment-text": "No"}).status_code == 403
    assert guest.get(f"{deal}/comments/{comment}").status_code == 200
    assert guest.get(f"{deal}/comments/comNone").status_code == 404


def test_older_ones_are_a_page_away(work: Work, deal: str) -> None:
    for number in range(12):
        work.post(f"{deal}/comments", **{"comment-text": f"Number {number:02}"})
    text = text_of(work.get(deal))
    assert "Number 01" not in text
    assert text.index("Number 02") < text.index("Number 11")
    assert "Show older comments" in text
    assert "Number 00" in text_of(work.get(f"{deal}/comments"))
