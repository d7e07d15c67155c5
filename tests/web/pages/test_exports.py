"""Taking along what a view shows, from its page."""

from __future__ import annotations

import csv
import io
import json

import pytest

from engine import audit, exports, sessions
from tests.web import shop
from tests.web.pages.conftest import Work

ALL = "/apps/shop/deals/views/all"


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_file_holds_what_the_view_shows_as_it_is_asked(work: Work) -> None:
    page = f"{ALL}?state__is=won&sort=-amount&shown=title&shown=amount"
    answer = work.post(f"{ALL}/exports?state__is=won&sort=-amount&fields=amount", format="csv")
    assert answer.status_code == 200
    assert [row[0] for row in rows(answer.text)] == ["Title", "Deal 006", "Deal 003"]
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="Deals.csv"' in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "private, no-store"
    assert f"{work.at}{ALL}/exports" in work.get(page).text


def test_labels_follow_the_reader_and_programs_get_keys(work: Work) -> None:
    token = work.visitor.token(work.at)
    given = {"form_token": token, "format": "jsonl"}
    chinese = work.visitor.post(f"{work.at}{ALL}/exports", data=given, headers={"accept-language": "zh"})
    assert any("赢单" in str(json.loads(line)) for line in chinese.text.splitlines())
    by_keys = work.post(f"{ALL}/exports", format="json", by_keys="yes")
    assert {"id", "title", "amount"} <= json.loads(by_keys.text)[0].keys()


def test_looking_takes_nothing_along(work: Work) -> None:
    assert work.get(f"{ALL}/exports").status_code == 405
    assert work.visitor.post(f"{work.at}{ALL}/exports", data={"format": "csv"}).status_code == 403
    with work.site.stores.workspace(work.membership.id).read(shop.principal(work.who)) as session:
        assert [one for one in audit.entries(session) if one.act == "records.exported"] == []


def test_an_unknown_kind_is_refused_in_words(work: Work) -> None:
    answer = work.post(f"{ALL}/exports", format="pdf")
    assert (answer.status_code, "There is no kind of file pdf" in answer.text) == (422, True)


def test_who_is_signed_out_meanwhile_gets_no_further_page(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MAX_PAGE_SIZE", 2)
    complete = work.post(f"{ALL}/exports", format="csv").text
    assert len(rows(complete)) == 7
    told = exports._told

    def sign_out(*given: object, **more: object) -> object:
        sessions.end_all(work.site.stores, work.who)
        return told(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(exports, "_told", sign_out)
    assert len(rows(work.post(f"{ALL}/exports", format="csv").text)) == 3
