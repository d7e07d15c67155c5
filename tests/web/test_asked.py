"""What a reader asks of a view, as the address holds it."""

from __future__ import annotations

import pytest
from starlette.datastructures import QueryParams

from web.asked import Asked, Test, is_form, read, read_form


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?state__is=won",
        "?state__is_any_of=won&state__is_any_of=lost&match=any",
        "?amount__between=10&amount__between=20&sort=-amount,title&q=acme&page=3",
        "?state__is=won&match=any&1~amount__less=5&1~hot__is=yes&1~match=all&1~1~title__is=x&1~1~match=any",
        "?1~match=any",
        "?customer.city__is=Oslo&1~of=has:tags&1~name__is=urgent&1~match=all",
        "?close__is_before=days_ago:7&group=-&fields=title,state&height=tall",
    ],
)
def test_an_address_says_what_is_asked_and_the_other_way_round(query: str) -> None:
    assert read(QueryParams(query.removeprefix("?"))).query() == query


def test_nonsense_in_an_address_asks_nothing() -> None:
    asked = read(QueryParams("page=-3&height=huge&sort=,,&nothing=here"))
    assert asked == Asked()
    assert read(QueryParams("page=99999999999999999999")).page == 1


def test_a_change_leads_to_the_first_page() -> None:
    assert Asked(page=4).but(search="x").page == 1
    assert Asked(search="x").but(page=4) == Asked(search="x", page=4)


def test_forms_become_short_addresses() -> None:
    lines = "a.where=state&a.op=is_any_of&a.value=won&a.value=lost&new.where=&match=all&sort=-amount"
    assert is_form(QueryParams(lines))
    assert read_form(QueryParams(lines)).query() == "?state__is_any_of=won&state__is_any_of=lost&sort=-amount"
    order = "sort=amount&direction=desc&sort=&direction=asc&sort=title&direction=asc&state__is=won"
    assert read_form(QueryParams(order)).query() == "?state__is=won&sort=-amount,title"
    fields = "shown=&shown=title&shown=amount&q=x&page=7"
    assert read_form(QueryParams(fields)).query() == "?fields=title,amount&q=x"
    assert read_form(QueryParams("q=&sort=title")).query() == "?sort=title"


def test_groups_of_a_form_keep_their_places() -> None:
    top = "match=all&0.where=state&0.op=is&0.value=won"
    inner = "x~match=any&x~0.where=amount&x~0.op=less&x~0.value=5&x~new.where="
    deep = "x~y~match=all&x~y~0.where=hot&x~y~0.op=is&x~y~0.value=yes"
    asked = read_form(QueryParams(f"{top}&{inner}&{deep}"))
    assert asked.query() == "?state__is=won&1~amount__less=5&1~match=any&1~1~hot__is=yes&1~1~match=all"
    more = read_form(QueryParams(f"{top}&{inner}&{deep}&group_in=x~y~"))
    assert more.query() == asked.query() + "&1~1~1~match=any"
    assert read_form(QueryParams(f"{top}&group_in=")).query() == "?state__is=won&1~match=any"


def test_groups_nest_to_five_levels() -> None:
    deepest = "&".join(f"{'1~' * level}amount__less={level}" for level in range(8))
    assert read(QueryParams(deepest)).query().count("amount__less") == 5


def test_days_in_words_keep_their_number() -> None:
    form = "a.where=close&a.op=is_after&a.unit=days_ago&a.value=7&b.where=close&b.op=within&b.unit=this_month&b.value=3"
    tests = read_form(QueryParams(form)).tests.tests
    assert tests == (Test("close", "is_after", ("days_ago:7",)), Test("close", "within", ("this_month",)))


def test_a_form_takes_along_what_it_does_not_ask_itself() -> None:
    asked = read(QueryParams("state__is=won&match=any&sort=-amount&q=acme&page=2"))
    assert asked.kept("tests") == {"sort": ["-amount"], "q": ["acme"]}
    assert asked.kept("sort") == {"state__is": ["won"], "match": ["any"], "q": ["acme"]}
