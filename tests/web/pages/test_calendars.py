"""Calendar views: records on the days of a month or a week or as a list, and their feeds for calendar programs."""

from __future__ import annotations

import copy
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from engine import apps, records
from engine.definitions.documents import merged
from tests.web import shop
from tests.web.conftest import BASE, Visitor
from tests.web.pages.conftest import Work, text_of

CLOSING, CALLS = "/apps/shop/deals/views/closing", "/apps/shop/deals/views/calls"
VIEWS: dict[str, Any] = {
    "closing": {
        "type": "calendar",
        "label": "Closing",
        "date": "close",
        "color": "state",
        "fields": ["title", "amount"],
    },
    "calls": {"type": "calendar", "label": "Calls", "date": "called", "end": "until", "fields": ["customer", "notes"]},
}


@pytest.fixture
def days(work: Work) -> Work:
    """The shop with two calendars, one of days and one of moments that end."""
    changes = {"tables": {"deals": {"fields": {"until": {"type": "date_time"}}, "views": VIEWS}}}
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        apps.apply(session, merged(copy.deepcopy(shop.SHOP), changes))
    return work


def put(work: Work, **values: Any) -> str:
    with work.site.stores.workspace(work.membership.id).write(shop.principal(work.who)) as session:
        return records.create(session, shop.DEALS, [values])[0]


def day(work: Work, path: str, wanted: str) -> str:
    """What stands on a day of the page; in a week at whichever hour."""
    cells = re.findall(r"<td[^>]*>.*?</td>", work.get(path).text, re.DOTALL)
    found = [one for one in cells if f'data-day="{wanted}"' in one]
    assert found, wanted
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(found))).strip().replace("\u202f", " ")


def called(work: Work, record: str) -> tuple[str, str | None]:
    """When it begins and ends."""
    (one,) = [one for one in work.deals() if one.id == record]
    return one.values["called"], one.values["until"]


def test_a_month_shows_what_is_on_its_days(days: Work) -> None:
    answer = days.get(f"{CLOSING}?day=2026-03-15")
    text = text_of(answer)
    assert "March 2026" in text
    assert "Sun Mon Tue Wed Thu Fri Sat" in text
    on_first = day(days, f"{CLOSING}?day=2026-03-15", "2026-03-01")
    assert "Deal 001" in on_first
    assert "Deal 004" in on_first
    assert "Deal 005" not in on_first
    assert "2 more" in on_first
    assert "6 records Open Won" in text
    assert "Deal" not in day(days, f"{CLOSING}?day=2026-03-15", "2026-03-02")
    assert f'href="{days.at}{CLOSING}?day=2026-02-01' in answer.text
    assert f'href="{days.at}{CLOSING}?day=2026-04-01' in answer.text
    assert "Nothing on these days." in text_of(days.get(f"{CLOSING}?day=2026-05-15"))


def test_filters_narrow_it_and_stay_from_month_to_month(days: Work) -> None:
    answer = days.get(f"{CLOSING}?state__is=won&day=2026-03-15")
    assert "2 records" in text_of(answer)
    assert "state__is=won&amp;day=2026-04-01" in answer.text
    assert "Deal 003" in text_of(days.get(f"{CLOSING}?q=003&day=2026-03-15"))
    assert "1 record without Close" not in text_of(answer)
    put(days, title="Some day", state="won")
    assert "1 record without Close" in text_of(days.get(f"{CLOSING}?state__is=won&day=2026-03-15"))


def test_a_list_shows_all_of_a_day_with_the_fields_of_the_view(days: Work) -> None:
    text = text_of(days.get(f"{CLOSING}?day=2026-03-15&span=list"))
    assert "Sunday, March 1, 2026" in text
    assert "Deal 006" in text
    assert "$600.00" in text


def test_a_moment_stands_on_the_day_of_the_workspaces_clock(days: Work) -> None:
    put(days, title="Late call", called="2026-03-10T23:30:00Z", until="2026-03-12T00:00:00Z")
    week = f"{CALLS}?day=2026-03-10&span=week"
    assert "11:30 PM Late call" in day(days, week, "2026-03-10")
    assert "Late call" in day(days, week, "2026-03-11")
    assert "Late call" not in day(days, week, "2026-03-12")
    assert "Mar 8 – 14, 2026" in text_of(days.get(week)).replace("\u2009", " ").replace("\u202f", " ")


def test_what_began_before_is_shown_while_it_lasts(days: Work) -> None:
    put(days, title="Long one", called="2026-02-20T09:00:00Z", until="2026-03-03T10:00:00Z")
    assert "Long one" in day(days, f"{CALLS}?day=2026-03-15", "2026-03-03")
    assert "Long one" not in day(days, f"{CALLS}?day=2026-03-15", "2026-03-04")


def test_a_week_of_moments_has_hours(days: Work) -> None:
    week = f"{CALLS}?day=2026-03-10&span=week"
    put(days, title="Early", called="2026-03-10T06:15:00Z", until="2026-03-10T07:45:00Z")
    put(days, title="Noon", called="2026-03-10T12:00:00Z")
    rows = [re.sub(r"\s", " ", one) for one in re.findall(r'<th scope="row"[^>]*>(.*?)</th>', days.get(week).text)]
    assert rows[:3] == ["All day", "6:00 AM", "7:00 AM"]
    assert len(rows) == 1 + 13  # from six to six in the evening
    assert "6:15 AM – 7:45 AM Early" in day(days, week, "2026-03-10")
    at_noon = re.search(r'data-day="2026-03-10" data-time="12:00">(.*?)</ul>', days.get(week).text, re.DOTALL)
    assert at_noon
    assert "Noon" in at_noon[1]
    assert "data-time" not in days.get(f"{CLOSING}?day=2026-03-10&span=week").text


def test_an_entry_is_moved_to_a_day_and_an_hour_and_lasts_as_long(days: Work) -> None:
    record = put(days, title="Call", called="2026-03-10T09:30:00Z", until="2026-03-10T10:00:00Z")
    moved = days.post(f"{CALLS}/moves/{record}", htmx="div#view", day="2026-03-12")
    assert "Moved to Thursday, March 12, 2026, 9:30" in text_of(moved)
    assert called(days, record) == ("2026-03-12T09:30:00.000Z", "2026-03-12T10:00:00.000Z")
    days.post(f"{CALLS}/moves/{record}", day="2026-03-11", time="14:00")
    assert called(days, record) == ("2026-03-11T14:00:00.000Z", "2026-03-11T14:30:00.000Z")
    undo = re.search(r'action="(/w/\w+/undo/\w+)"', moved.text)
    assert undo
    assert days.visitor.submit(undo[1], on=days.at).status_code == 409  # somebody has moved it since


def test_undo_puts_an_entry_back(days: Work) -> None:
    record = put(days, title="Due", close="2026-03-10")
    moved = days.post(f"{CLOSING}/moves/{record}", htmx="div#view", day="2026-03-12")
    undo = re.search(r'action="(/w/\w+/undo/\w+)"', moved.text)
    assert undo
    assert "Due" in day(days, f"{CLOSING}?day=2026-03-12", "2026-03-12")
    days.visitor.submit(undo[1], on=days.at)
    assert "Due" in day(days, f"{CLOSING}?day=2026-03-12", "2026-03-10")


def test_one_that_takes_days_is_moved_by_any_of_them(days: Work) -> None:
    record = put(days, title="Fair", called="2026-03-10T09:00:00Z", until="2026-03-12T17:00:00Z")
    days.post(f"{CALLS}/moves/{record}", **{"day": "2026-03-13", "from": "2026-03-11"})
    assert called(days, record) == ("2026-03-12T09:00:00.000Z", "2026-03-14T17:00:00.000Z")


def test_the_clock_stays_where_summer_begins(days: Work) -> None:
    changes = {"tables": {"deals": {"fields": {"called": {"time_zone": "Europe/Berlin"}}}}}
    with days.site.stores.workspace(days.membership.id).write(shop.principal(days.who)) as session:
        apps.apply(session, merged(copy.deepcopy(dict(apps.export(session, "shop"))), changes))
    record = put(days, title="Call", called="2026-03-28T09:00:00Z", until="2026-03-28T10:00:00Z")
    days.post(f"{CALLS}/moves/{record}", day="2026-03-29")
    assert called(days, record) == ("2026-03-29T08:00:00.000Z", "2026-03-29T09:00:00.000Z")


@pytest.mark.parametrize("given", [{"day": "soon"}, {"day": "9999-12-31"}, {"day": "2026-03-12", "time": "late"}, {}])
def test_where_an_entry_cannot_be_moved_is_refused(days: Work, given: dict[str, str]) -> None:
    record = put(days, title="Call", called="2026-03-10T09:30:00Z")
    assert days.post(f"{CALLS}/moves/{record}", **given).status_code == 422
    undated = put(days, title="No day")
    assert days.post(f"{CALLS}/moves/{undated}", day="2026-03-12").status_code == 404
    assert days.post(f"/apps/shop/deals/views/all/moves/{record}", day="2026-03-12").status_code == 404
    assert called(days, record)[0] == "2026-03-10T09:30:00.000Z"


def test_a_record_is_made_on_a_day(days: Work) -> None:
    page = days.get(f"{CLOSING}?day=2026-03-15").text
    assert f'href="{days.at}/apps/shop/deals/records/new?close=2026-03-17"' in page
    assert 'value="2026-03-17"' in days.get("/apps/shop/deals/records/new?close=2026-03-17").text
    page = days.get(f"{CALLS}?day=2026-03-15").text
    new = re.search(r'href="/w/\w+(/apps/shop/deals/records/new\?called=2026-03-17[^"]+)"', page)
    assert new
    assert 'value="2026-03-17T09:00"' in days.get(new[1]).text


def test_a_record_opens_over_it_with_those_before_and_after(days: Work) -> None:
    first, second = days.deals(sort=["title"])[:2]
    answer = days.get(f"{CLOSING}?day=2026-03-15&record={first.id}")
    assert f"day=2026-03-15&amp;record={second.id}" in answer.text


def test_what_makes_no_sense_in_an_address_is_as_if_it_were_not_there(days: Work) -> None:
    for wrong in (
        "day=2026-02-31",
        "day=9999-12-31",
        "day=0001-01-01",
        "span=century",
        "day=1900-01-01",
        "day=2199-12-31",
    ):
        assert days.get(f"{CLOSING}?{wrong}").status_code == 200


@pytest.mark.parametrize(
    ("option", "field", "says"),
    [
        ("date", "amount", "holds no day and no moment"),
        ("end", "gone", "has no field"),
        ("color", "title", "has no choices"),
    ],
)
def test_a_definition_that_names_other_fields_is_refused(days: Work, option: str, field: str, says: str) -> None:
    changes = {"tables": {"deals": {"views": {"closing": {**VIEWS["closing"], option: field}}}}}
    with days.site.stores.workspace(days.membership.id).read(shop.principal(days.who)) as session:
        problems = apps.check(session, merged(copy.deepcopy(shop.SHOP), changes))
    assert [one.at for one in problems] == [f"/tables/deals/views/closing/{option}"]
    assert says in problems[0].says


def share(work: Work, view: str, **more: str) -> tuple[str, str]:
    """The path of a new link and that of its feed."""
    page = work.post("/shares", table=shop.DEALS, view=view, days="30", **more)
    link = re.search(rf'id="link" value="{BASE}(/s/[^"]+)"', page.text)
    feed = re.search(rf'id="feed" value="{BASE}(/s/[^"]+)"', page.text)
    assert link
    return link[1], feed[1] if feed else ""


def events(visitor: Visitor, feed: str) -> dict[str, Any]:
    """The entries of a feed by what they are called, as a calendar program reads them."""
    answer = visitor.get(feed)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    return {str(one["summary"]): one for one in Calendar.from_ical(answer.content).walk("VEVENT")}


SOON = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=3)


def test_a_calendar_program_subscribes(days: Work, visitor: Visitor) -> None:
    ends = (SOON + timedelta(hours=2)).isoformat()
    long = "Sehr lange Notiz, mit Komma; Strichpunkt und 中文 " * 5
    made = put(days, title="Call, then; meet \\ greet", called=SOON.isoformat(), until=ends, notes=f"{long}\nsecond")
    put(days, title="Long ago", called="2019-01-01T10:00:00Z")
    _link, feed = share(days, "calls")
    assert feed.endswith("/calendar.ics")
    (one,) = events(visitor, feed).values()
    assert str(one["summary"]) == "Call, then; meet \\ greet"
    assert one["uid"] == f"{made}@{days.membership.id}.formwork"
    assert (one["dtstart"].dt, one["dtend"].dt) == (SOON, SOON + timedelta(hours=2))
    assert one["last-modified"].dt == one["dtstamp"].dt
    assert f"Notes: {long}\nsecond" in str(one["description"])


def test_days_are_whole_days_in_a_feed(days: Work, visitor: Visitor) -> None:
    put(days, title="Due", close=SOON.date().isoformat(), state="won", amount=5)
    one = events(visitor, share(days, "closing")[1])["Due"]
    assert one["dtstart"].to_ical() == SOON.strftime("%Y%m%d").encode()
    assert one["dtend"].dt - one["dtstart"].dt == timedelta(days=1)
    assert one["categories"].to_ical() == b"Won"
    assert str(one["description"]) == "State: Won\nAmount: $5.00"


def test_a_record_that_is_looked_up_is_called_by_its_name(days: Work, visitor: Visitor) -> None:
    fields = {"sub": {"type": "link", "to": "deals"}, "its": {"type": "lookup", "through": "sub", "field": "customer"}}
    view = {"type": "calendar", "label": "Closing", "date": "close", "fields": ["its"]}
    changes = {"tables": {"deals": {"fields": fields, "views": {"closing": view}}}}
    with days.site.stores.workspace(days.membership.id).write(shop.principal(days.who)) as session:
        apps.apply(session, merged(copy.deepcopy(shop.SHOP), changes))
    put(days, title="Due", close=SOON.date().isoformat(), sub=days.deals(sort=["title"])[0].id)
    assert str(events(visitor, share(days, "closing")[1])["Due"]["description"]) == "Its: Customer 001"


def test_a_feed_that_did_not_change_is_not_sent_again(days: Work, visitor: Visitor) -> None:
    made = put(days, title="Due", close=SOON.date().isoformat())
    _link, feed = share(days, "closing")
    tag = visitor.get(feed).headers["etag"]
    again = visitor.get(feed, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    with days.site.stores.workspace(days.membership.id).write(shop.principal(days.who)) as session:
        records.update(session, shop.DEALS, {made: {"title": "Due soon"}})
    assert "Due soon" in events(visitor, feed)
    assert visitor.get(feed, headers={"If-None-Match": tag}).status_code == 200


def test_a_feed_is_there_as_long_as_its_link_and_shows_no_more(days: Work, visitor: Visitor) -> None:
    put(days, title="Due", close=SOON.date().isoformat(), notes="canary")
    link, feed = share(days, "closing")
    assert b"canary" not in visitor.get(feed).content
    assert "March 2026" in text_of(visitor.get(f"{link}?day=2026-03-01"))
    (one,) = re.findall(r"/shares/(\w+)/revocation", days.get("/shares").text)
    days.post(f"/shares/{one}/revocation")
    assert visitor.get(feed).status_code == 404


def test_only_calendars_without_a_password_have_feeds(days: Work, visitor: Visitor) -> None:
    link, feed = share(days, "open")
    assert feed == ""
    assert visitor.get(f"{link}/calendar.ics").status_code == 404
    link, feed = share(days, "closing", password="correct horse battery")
    assert feed == ""
    assert visitor.get(f"{link}/calendar.ics").status_code == 404
    deal = days.deals()[0].id
    link, _feed = share(days, "closing", record=deal)
    assert visitor.get(f"{link}/calendar.ics").status_code == 404
