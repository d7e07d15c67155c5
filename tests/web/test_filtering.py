"""Filters as people set them, against real records."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.datastructures import QueryParams

from engine import accounts, records
from engine.queries import Query
from engine.workspaces import Membership
from tests.web import shop
from web.asked import read
from web.filtering import Filters, filterable, filters_of, units, words
from web.site import Site

Find = Callable[[str], list[str]]


@pytest.fixture
def filters(site: Site, membership: Membership) -> Callable[[str], Filters]:
    who = _owner(site)
    shop.install(site.stores, membership, who, deals=6)

    def of(query: str) -> Filters:
        with site.stores.workspace(membership.id).read(shop.principal(who)) as session:
            return filters_of(session.layout, session.layout.table(shop.DEALS), read(QueryParams(query)))

    return of


@pytest.fixture
def find(site: Site, membership: Membership, filters: Callable[[str], Filters]) -> Find:
    def found(query: str) -> list[str]:
        with site.stores.workspace(membership.id).read(shop.principal(_owner(site))) as session:
            wanted = Query(shop.DEALS, where=filters(query).conditions, sort=["title"], fields=["title"])
            return [one.values["title"].removeprefix("Deal 00") for one in records.find(session, wanted).records]

    return found


def _owner(site: Site) -> str:
    found = accounts.person_by_email(site.stores, "ada@example.com")
    assert found
    return found.id


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("state__is=won", "36"),
        ("state__is_any_of=won&state__is_any_of=open", "123456"),
        ("state__is_none_of=won", "1245"),
        ("amount__at_least=300&amount__less=500", "34"),
        ("amount__between=200&amount__between=400", "234"),
        ("share__equals=50", "123456"),
        ("title__contains=003&title__contains=Deal", "3"),
        ("title__contains=003&amount__equals=100&match=any", "13"),
        ("customer.name__ends_with=004", "456"),
        ("customer.total__less=700&state__is=won", "3"),
        ("1~of=has:tags&1~name__is=urgent", "2356"),
        ("1~of=has:tags&1~name__is=urgent&1~name__is=export", ""),
        ("1~of=has:tags&1~name__is=urgent&1~name__is=export&1~match=any", "2356"),
        ("1~of=has_no:tags&1~name__is=urgent", "14"),
        ("1~of=has:tags&1~1~of=has:deals&1~1~amount__equals=600", "2356"),
        ("1~of=has:customer&1~name__ends_with=004", "456"),
        ("1~of=has:customer&1~1~of=has:deals&1~1~customer.name__ends_with=004&1~1~amount__equals=400", "456"),
        ("1~of=has_no:customer&1~name__ends_with=004", "123"),
        ("1~of=:&1~name__is=urgent", "123456"),
        ("1~of=has:nothing&1~name__is=urgent", "123456"),
        ("state__is=open&1~amount__less=200&1~amount__greater=400&1~match=any", "15"),
        ("state__is=won&match=any&1~amount__less=300&1~1~title__contains=1&1~1~match=all", "136"),
        ("1~match=any", "123456"),
        ("title__contains_word=004", "4"),
        ("title__length_at_least=9", ""),
        ("tags__count_at_least=1", "2356"),
        ("amount__is_whole=", "123456"),
        ("close__within=last_months:2000", "123456"),
        ("hot__is=yes", ""),
        ("hot__is=no", "123456"),
        ("close__is=2026-03-01", "123456"),
        ("close__is_after=days_from_now:9999", ""),
        ("owner__is_me=", "123456"),
        ("tags__is_empty=", "14"),
        ("weighted__greater=200", "56"),
    ],
)
def test_what_a_filter_finds(find: Find, query: str, numbers: str) -> None:
    assert "".join(find(query)) == numbers


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("amount__at_least=many", "must be a number"),
        ("amount__contains=3", "does not go with this field"),
        ("amount__at_least=", "is missing"),
        ("amount__between=3", "Two values are needed"),
        ("nothing__is=3", "There is no field nothing"),
        ("state__is=gone", "There is no choice"),
        ("close__is=someday", "must be a day"),
        ("close__within=days_ago:x", "must be a number of days"),
    ],
)
def test_a_filter_that_makes_no_sense_says_so_and_does_not_count(
    filters: Callable[[str], Filters], query: str, says: str
) -> None:
    found = filters(query)
    assert found.conditions == []
    assert found.unclear
    assert found.count == 0
    assert says in found.lines[0].problem


def test_a_line_keeps_what_was_typed(filters: Callable[[str], Filters]) -> None:
    line = filters("close__is_before=days_ago:7").lines[0]
    assert (line.unit, list(line.values)) == ("days_ago", ["7"])
    assert "days_ago" in units(line)
    assert list(filters("amount__at_least=many").lines[0].values) == ["many"]


def test_a_views_own_filter_in_words(site: Site, membership: Membership, filters: Callable[[str], Filters]) -> None:
    with site.stores.workspace(membership.id).read() as session:
        table = session.layout.table(shop.DEALS)
        said = words(session.layout, table, table.views["open"].filter, lambda _field, value: str(value).upper())
        assert [str(one) for one in said] == ["State is OPEN"]
        assert words(session.layout, table, "={amount} > 3", lambda _field, value: str(value)) == ["{amount} > 3"]
        assert {"title", "tags", "created_by"} <= set(filterable(session.layout, table))
