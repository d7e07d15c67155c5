"""Records on their days: a month, a week, or a list day by day. Which days is in the address (`?day=...&span=week`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine import entries, queries, records
from engine.days import shifted
from engine.definitions.language import Field
from engine.entries import ONE_DAY, Entry
from engine.errors import Problem, Refused
from engine.field_types import field_types
from engine.storage.record_rows import Values
from engine.text import Label, _
from engine.view_types.calendar import SPANS
from web.asked import YEARS
from web.fields import Shown, shown_field
from web.formats import day_name, day_time
from web.names import names_of
from web.views import Drawing, Looking

MOST = 500  # entries of one page
MOST_OF_A_DAY = 4  # that a month shows; the list has all
MAX_NEIGHBOURS = 1_000  # among which the one before and the one after are looked for
BEGIN = 9  # o'clock, of a new record on a day
FIRST_HOUR, LAST_HOUR = 8, 18  # that a week always shows


@dataclass
class Day:
    """A day with what is on it. `left_off`: how many more the list shows; `new`: where a record on it is made."""

    day: str
    within: bool
    is_today: bool
    at: str
    new: str
    entries: list[Entry] = field(default_factory=list)
    left_off: int = 0


class Calendar(Drawing):
    """The calendar."""

    def content(self, at: Looking) -> dict[str, Any]:
        today, span, day = _today(at), _span(at), _day(at)
        first, last = _reach(day, span)
        fields = [shown_field(at.session.layout, one) for one in at.fields]
        chosen = at.table.fields.get(at.view.options.get("color", ""))
        keys = list(dict.fromkeys([*(one.key for one in fields), *([chosen.key] if chosen else [])]))
        found, more = entries.between(at.session, at.table, at.view, at.query, first, last, keys, MOST)
        days = {
            one: Day(one.isoformat(), span != "month" or one.month == day.month, one == today, "", "")
            for one in _days(first, last)
        }
        for entry in found:
            for one in _days(max(entry.first, first), min(entry.last, last)):
                days[one].entries.append(entry)
        for one, shown in days.items():
            shown.at = f"{at.address(at.asked.but(day=shown.day, span='list'))}#day-{shown.day}"
            shown.new = _new(at, one)
            if span == "month":
                shown.left_off = max(0, len(shown.entries) - MOST_OF_A_DAY)
                shown.entries = shown.entries[:MOST_OF_A_DAY]
        listed = list(days.values())
        return {
            "span": span,
            "around": day.isoformat(),
            "first_day": first.isoformat(),
            "last_day": last.isoformat(),
            "weeks": [listed[number : number + 7] for number in range(0, len(listed), 7)] if span != "list" else [],
            "days": [one for one in listed if one.entries],
            "colors": _colors(chosen, found),
            "color_of": chosen.key if chosen else "",
            "card_fields": fields,
            "names": names_of(at.session, at.place.at, at.table, keys, [one.record.values for one in found]),
            "total": len(found),
            "more": more,
            "hours": _hours(list(days), found) if span == "week" and _has_times(at) else [],
            "moves": f"{at.here}/moves/{{id}}" if at.may_write and _held(at).writable else "",
            "spans": [
                (SPANS[one], at.address(at.asked.but(span=one, day=day.isoformat())), one == span) for one in SPANS
            ],
            "before": _address(at, _moved(day, span, -1)),
            "after": _address(at, _moved(day, span, 1)),
            "to_today": at.address(at.asked.but(day="")),
            **_undated(at),
        }

    def moved(self, at: Looking, record: str, given: Mapping[str, str]) -> tuple[Values, str]:
        """`day` and perhaps `time` say where it begins; `from` which of its days was taken there, else its first."""
        held = records.get(at.session, at.table.address, record)
        entry = entries.entry_of(at.session, at.table, at.view, held)
        day, time = _read_day(given.get("day", "")), _read_time(given.get("time", ""))
        taken = _read_day(given["from"]) if given.get("from") else entry.first if entry else day
        values = entries.moved(at.session, at.table, at.view, held, (day - taken).days, time)
        begins = entries.entry_of(at.session, at.table, at.view, held._replace(values={**held.values, **values}))
        when = day_name((begins.first if begins else day).isoformat())
        if begins and begins.time:
            return values, _("Moved to {day}, {time}.", day=when, time=day_time(begins.time))
        return values, _("Moved to {day}.", day=when)

    def neighbours(self, at: Looking, record: str) -> tuple[str, str]:
        first, last = _reach(_day(at), _span(at))
        query = entries.during(at.session, at.table, at.view, at.query, first, last)
        ids = [one.id for one in records.find(at.session, replace(query, fields=(), limit=MAX_NEIGHBOURS)).records]
        if record not in ids:
            return "", ""
        place = ids.index(record)
        before, _this, after = ["", *ids, ""][place : place + 3]
        return at.address(record=before) if before else "", at.address(record=after) if after else ""


@dataclass(frozen=True)
class Hour:
    """A row of a week: `time` is empty for what takes the whole day; the entries of each day that begin in the hour."""

    time: str
    days: list[tuple[str, list[Entry]]]


def _hours(days: list[date], found: list[Entry]) -> list[Hour]:
    """The rows of a week: what takes whole days, then the hours of a working day and those in which anything begins."""
    begun = [int(one.time[:2]) for one in found if one.time and one.first in days]
    hours = range(min([FIRST_HOUR, *begun]), max([LAST_HOUR, *begun]) + 1)
    whole = [(one.isoformat(), [each for each in found if _takes_day(each, one)]) for one in days]
    return [
        Hour("", whole),
        *(
            Hour(
                f"{hour:02}:00",
                [(one.isoformat(), [each for each in found if _begins_in(each, one, hour)]) for one in days],
            )
            for hour in hours
        ),
    ]


def _takes_day(entry: Entry, day: date) -> bool:
    return entry.first <= day <= entry.last and (entry.time is None or day > entry.first)


def _begins_in(entry: Entry, day: date, hour: int) -> bool:
    return entry.first == day and entry.time is not None and int(entry.time[:2]) == hour


def _held(at: Looking) -> Field:
    return at.table.fields[at.view.options["date"]]


def _has_times(at: Looking) -> bool:
    return at.session.layout.held_type(_held(at)).name == "date_time"


def _read_day(typed: str) -> date:
    try:
        found = date.fromisoformat(typed)
    except ValueError:
        found = None
    if found is None or found.year not in YEARS:
        raise Refused([Problem("/day", _("This is not a day."), "day", typed)])
    return found


def _read_time(typed: str) -> time | None:
    try:
        return time.fromisoformat(typed) if typed else None
    except ValueError as error:
        raise Refused([Problem("/time", _("This is not a time of day."), "time", typed)]) from error


def _span(at: Looking) -> str:
    return at.asked.span or str(at.view.options.get("span", "month"))


def _today(at: Looking) -> date:
    return datetime.now(ZoneInfo(at.session.workspace.time_zone)).date()


def _day(at: Looking) -> date:
    return date.fromisoformat(at.asked.day) if at.asked.day else _today(at)


def _reach(day: date, span: str) -> tuple[date, date]:
    """The first and the last day that are shown. Weeks begin on Sunday, as everywhere."""
    if span == "week":
        return _sunday(day), _sunday(day) + timedelta(days=6)
    first = day.replace(day=1)
    last = shifted(first, "months", 1) - ONE_DAY
    return (first, last) if span == "list" else (_sunday(first), _sunday(last) + timedelta(days=6))


def _sunday(day: date) -> date:
    return day - timedelta(days=(day.weekday() + 1) % 7)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _moved(day: date, span: str, by: int) -> date:
    return shifted(day, "weeks", by) if span == "week" else shifted(day.replace(day=1), "months", by)


def _address(at: Looking, day: date) -> str:
    return at.address(at.asked.but(day=day.isoformat())) if day.year in YEARS else ""


def _new(at: Looking, day: date) -> str:
    """Where a record on the day is made; empty where the reader makes none."""
    held = at.table.fields[at.view.options["date"]]
    if not at.may_create or not held.writable:
        return ""
    return at.place.at.new_record(at.table.app, at.table.key, **{held.key: _begin(at, held, day)})


def _begin(at: Looking, held: Field, day: date) -> str:
    if held.kind.holds == "date":
        return day.isoformat()
    zone = ZoneInfo(str(held.options.get("time_zone") or at.session.workspace.time_zone))
    moment = datetime(day.year, day.month, day.day, BEGIN, tzinfo=zone)
    return str(field_types["date_time"].read(moment.isoformat(), {}))


def _colors(chosen: Field | None, found: list[Entry]) -> Mapping[str, tuple[Label, str]]:
    """What the choices are called that are there, and their colours."""
    if chosen is None:
        return {}
    held = {one.record.values.get(chosen.key) for one in found}
    return {key: (one["label"], str(one.get("color", "gray"))) for key, one in chosen.choices.items() if key in held}


def _undated(at: Looking) -> dict[str, Any]:
    """How many records of the view have no day, and where they are seen: as a list of what is empty."""
    held: Shown = shown_field(at.session.layout, at.table.fields[at.view.options["date"]])
    empty = {"field": held.key, "op": "is_empty"}
    query = replace(at.query, where=[*at.query.where, empty])
    return {"undated": queries.count(at.session, query), "dated_by": held}
