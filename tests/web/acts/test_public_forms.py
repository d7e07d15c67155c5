"""Forms that anybody may fill in, without signing in."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
from httpx2 import Response

from engine import records
from engine.forms import MOST_CHOICES
from engine.queries import Query
from engine.records import Record
from tests.web import shop
from tests.web.acts.conftest import Acts
from tests.web.conftest import Visitor
from tests.web.pages.conftest import text_of
from web.rate import Rate


@pytest.fixture
def stranger(acts: Acts) -> Iterator[Visitor]:
    visitor = Visitor(acts.visitor.app)  # type: ignore[arg-type]
    yield visitor
    assert not visitor.cookies, "a public form sets no cookie"


def address(acts: Acts, form: str = "enquiry") -> str:
    return f"/f/{acts.membership.id}/shop/deals/{form}"


def deals(acts: Acts) -> list[Record]:
    with acts.store.read(shop.principal(acts.who)) as session:
        return records.find(
            session, Query(shop.DEALS, where=[{"field": "title", "op": "is", "value": "Desks"}])
        ).records


def send(acts: Acts, stranger: Visitor, **fields: str) -> Response:
    return stranger.submit(address(acts), **{"title": "Desks", "notes": "Ten of them", **fields})


def test_it_says_what_it_asks_and_for_whom(acts: Acts, stranger: Visitor) -> None:
    answer = stranger.get(address(acts))
    text = text_of(answer)
    for words in (
        "Acme",
        "Enquiry",
        "Tell us what you need.",
        "Your budget",
        "In dollars.",
        "How can we help? *",
        "Send it",
    ):
        assert words in text
    assert "set-cookie" not in answer.headers
    assert "finder" not in answer.text


def test_it_speaks_the_language_of_the_browser(acts: Acts, stranger: Visitor) -> None:
    answer = stranger.get(address(acts), headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert "咨询" in answer.text
    assert '<html lang="zh-CN"' in answer.text


def test_what_is_sent_becomes_one_record_and_thanks_are_said(acts: Acts, stranger: Visitor) -> None:
    answer = send(acts, stranger, amount="1,200", state="won")
    assert answer.url.path == f"{address(acts)}/thanks"
    assert "Thank you, we will call." in text_of(answer)
    assert "Send another" in text_of(answer)
    (made,) = deals(acts)
    assert (made.values["amount"], made.values["state"], made.values["notes"]) == (1200, "won", "Ten of them")
    assert made.values["created_by"] is None


def test_pressing_twice_stores_one_record(acts: Acts, stranger: Visitor) -> None:
    fields = {"form_token": stranger.token(address(acts)), "title": "Desks", "notes": "Ten"}
    for _time in range(2):
        assert stranger.post(address(acts), data=fields).url.path.endswith("/thanks")
    assert len(deals(acts)) == 1
    # Going back and sending something else is another sending, not a repetition.
    stranger.post(address(acts), data=fields | {"notes": "Twelve"})
    assert sorted(one.values["notes"] for one in deals(acts)) == ["Ten", "Twelve"]


def test_mistakes_stand_at_their_question_with_what_was_typed(acts: Acts, stranger: Visitor) -> None:
    answer = send(acts, stranger, amount="12,,5", notes=" ")
    assert answer.status_code == 422
    assert 'value="12,,5"' in answer.text
    assert 'value="Desks"' in answer.text
    assert "must be a number" in text_of(answer)
    assert "How can we help? is needed." in text_of(answer)
    assert deals(acts) == []


def test_only_what_the_form_asks_is_taken(acts: Acts, stranger: Visitor) -> None:
    send(acts, stranger, hot="yes", owner=acts.who)
    (made,) = deals(acts)
    assert not made.values["hot"]
    assert made.values["owner"] is None


def test_forms_that_are_not_public_are_not_there(acts: Acts, stranger: Visitor) -> None:
    token = stranger.token(address(acts))
    for path in (address(acts, "desk"), address(acts, "nothing"), "/f/wspnothing/shop/deals/enquiry"):
        assert stranger.get(path).status_code == 404
        assert stranger.get(f"{path}/thanks").status_code == 404
        assert stranger.post(path, data={"form_token": token, "title": "Desks"}).status_code in (403, 404)
    assert deals(acts) == []


def test_a_token_is_needed_and_counts_for_its_form_only(acts: Acts, stranger: Visitor) -> None:
    fields = {"title": "Desks", "notes": "x"}
    assert stranger.post(address(acts), data=fields).status_code == 403
    other = acts.site.signer.token("public form /f/somewhere/else")
    assert stranger.post(address(acts), data=fields | {"form_token": other}).status_code == 403
    token = stranger.token(address(acts))
    away = {"Sec-Fetch-Site": "cross-site"}
    assert stranger.post(address(acts), data=fields | {"form_token": token}, headers=away).status_code == 403
    assert deals(acts) == []


def test_a_flood_is_slowed_and_keeps_what_was_typed(acts: Acts, stranger: Visitor) -> None:
    for number in range(10):
        assert send(acts, stranger, notes=str(number)).status_code == 200
    answer = send(acts, stranger, notes="eleven")
    assert answer.status_code == 429
    assert "eleven</textarea>" in answer.text
    assert "Wait a minute" in text_of(answer)
    assert len(deals(acts)) == 10


def test_links_show_names_only_where_the_form_asks_and_people_never(acts: Acts, stranger: Visitor) -> None:
    assert "Customer 001" not in stranger.get(address(acts)).text

    def ask(document: dict[str, object]) -> None:
        document["tables"]["deals"]["forms"]["enquiry"]["fields"] += ["customer", "owner", "tags"]  # type: ignore[index]

    acts.apply(ask)
    answer = stranger.get(address(acts))
    (customer,) = re.findall(r'<option value="(rec\w+)">Customer 001</option>', answer.text)
    assert '<select class="form-select" multiple' in answer.text
    assert 'name="owner"' not in answer.text
    assert "Ada" not in answer.text
    send(acts, stranger, customer=customer, owner=acts.who)
    (made,) = deals(acts)
    assert (made.values["customer"], made.values["owner"]) == (customer, None)


def test_a_link_with_too_many_records_is_not_asked(acts: Acts, stranger: Visitor) -> None:
    def ask(document: dict[str, object]) -> None:
        document["tables"]["deals"]["forms"]["enquiry"]["fields"] += ["customer"]  # type: ignore[index]

    acts.apply(ask)
    with acts.store.write(shop.principal(acts.who)) as session:
        records.create(session, shop.CUSTOMERS, [{"name": f"Secret {number}"} for number in range(MOST_CHOICES)])
    assert "Secret" not in stranger.get(address(acts)).text
    assert "Customer is not asked in public" in text_of(acts.get("/apps/shop/deals/forms"))


def test_a_rate_forgets() -> None:
    now = [0.0]
    rate = Rate(2, 60, lambda: now[0])
    assert [rate.allows("a"), rate.allows("a"), rate.allows("a"), rate.allows("b")] == [True, True, False, True]
    now[0] = 61
    assert rate.allows("a")


def limited(acts: Acts, **options: object) -> None:
    def limit(document: dict[str, object]) -> None:
        document["tables"]["deals"]["forms"]["enquiry"].update(options)  # type: ignore[index]

    acts.apply(limit)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"opens": "2999-01-01T09:00"}, "This form is not open yet. It opens on Jan 1, 2999, 9:00"),
        ({"closes": "2020-01-01T09:00"}, "This form is closed. It was open until Jan 1, 2020, 9:00"),
    ],
    ids=["early", "late"],
)
def test_a_form_that_is_not_open_says_so_and_takes_nothing(
    acts: Acts, stranger: Visitor, options: dict[str, str], words: str
) -> None:
    token = stranger.token(address(acts))
    limited(acts, **options)
    assert words in text_of(stranger.get(address(acts)))
    refused = stranger.post(address(acts), data={"form_token": token, "title": "Desks", "notes": "Ten"})
    assert (refused.status_code, words in text_of(refused)) == (409, True)
    assert deals(acts) == []


def test_a_form_is_open_until_it_is_full(acts: Acts, stranger: Visitor) -> None:
    limited(acts, closes="2999-01-01T09:00", most=1)
    assert "Open until Jan 1, 2999" in text_of(stranger.get(address(acts)))
    token = stranger.token(address(acts))
    assert send(acts, stranger).status_code == 200
    assert "all the answers that it takes" in text_of(stranger.get(address(acts)))
    assert stranger.post(address(acts), data={"form_token": token, "title": "Desks", "notes": "x"}).status_code == 409


def test_who_comes_back_to_the_page_finds_the_receipt(acts: Acts, stranger: Visitor) -> None:
    token = stranger.token(address(acts))
    assert stranger.get(f"{address(acts)}?sent={token}").url.path == address(acts), "nothing came from it yet"
    stranger.post(address(acts), data={"form_token": token, "title": "Desks", "notes": "Ten"})
    assert stranger.get(f"{address(acts)}?sent={token}").url.path == f"{address(acts)}/thanks"


def test_whoever_sent_it_corrects_it_by_the_link_on_the_receipt(acts: Acts, stranger: Visitor) -> None:
    limited(acts, corrections={"days": 3})
    receipt = send(acts, stranger, amount="1200")
    (link,) = set(re.findall(r'value="(http[^"]+/c/[^"]+)"', receipt.text))
    asked = stranger.get(link)
    assert 'value="1200"' in asked.text
    assert "This is what you sent." in text_of(asked)
    (was,) = re.findall(r'name="was" value="([^"]+)"', asked.text)
    token = stranger.token(link)
    given = {
        "form_token": token,
        "was": html.unescape(was),
        "title": "Desks",
        "amount": "1,300",
        "notes": "Ten of them",
    }
    assert "Your corrections are saved." in text_of(stranger.post(link, data=given))
    (made,) = deals(acts)
    assert made.values["amount"] == 1300
    page = f"{acts.at}/apps/shop/deals/records/{made.id}"
    assert "Enquiry" in acts.get(f"/apps/shop/deals/records/{made.id}/history").text
    wrong = stranger.post(link, data=given | {"amount": "many", "form_token": stranger.token(link)})
    assert (wrong.status_code, 'value="many"' in wrong.text) == (422, True)
    assert "can correct it by a link" in text_of(acts.get(f"/apps/shop/deals/records/{made.id}"))
    acts.post(f"/apps/shop/deals/records/{made.id}/correction/revocation")
    assert "can correct it by a link" not in text_of(acts.visitor.get(page))
    for gone in (stranger.get(link), stranger.post(link, data=given)):
        assert gone.status_code in (403, 404)
    assert stranger.get(link[:-1]).status_code == 404


def test_the_receipt_of_another_tells_nothing(acts: Acts, stranger: Visitor) -> None:
    limited(acts, corrections={})
    receipt = send(acts, stranger)
    assert "/c/" in receipt.text
    (made,) = deals(acts)
    assert "/c/" not in stranger.get(f"{address(acts)}/thanks?record={made.id}&mark=x").text
    assert "/c/" not in stranger.get(f"{address(acts)}/thanks?record={made.id}").text


def test_no_link_is_given_where_the_form_does_not_say_so(acts: Acts, stranger: Visitor) -> None:
    assert "/c/" not in send(acts, stranger).text
