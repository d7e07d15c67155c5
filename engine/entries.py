"""Entries of a calendar view: its records with the days that they take, from a day to a day."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine import queries, records
from engine.definitions.language import Condition, Field, Table, View
from engine.errors import NotFound
from engine.queries import Query
from engine.records import Record
from engine.storage.record_rows import Values
from engine.storage.session import Session, timestamp
from engine.text import _

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Entry:
    """A record from its first day to its last. `begins` and `ends` are moments; None where there are only days."""

    record: Record
    first: date
    last: date
    begins: str | None = None
    ends: str | None = None
    zone: str = "UTC"  # whose clock its days are of

    @property
    def until(self) -> str | None:
        """When it ends by that clock, where that is on the day on which it begins."""
        ends = _local(self.ends, self.zone) if self.ends else None
        return ends.strftime("%H:%M:%S") if ends and ends.date() == self.first else None

    @property
    def time(self) -> str | None:
        """When it begins by that clock, such as `14:30:00`."""
        return _local(self.begins, self.zone).strftime("%H:%M:%S") if self.begins else None


def between(
    session: Session, table: Table, view: View, query: Query, first: date, last: date, keys: Sequence[str], limit: int
) -> tuple[list[Entry], bool]:
    """The entries that touch one of the days, in order, with the values of `keys`; and whether there are more."""
    wanted = during(session, table, view, query, first, last)
    held = [view.options[name] for name in ("date", "end") if name in view.options]
    found = records.find(session, replace(wanted, fields=list(dict.fromkeys([*keys, *held])), limit=limit))
    entries = [entry for one in found.records if (entry := entry_of(session, table, view, one)) is not None]
    return [one for one in entries if one.first <= last and one.last >= first], found.next is not None


def during(session: Session, table: Table, view: View, query: Query, first: date, last: date) -> Query:
    """The records that may touch one of the days, by when they begin."""
    options = view.options
    # Days are counted by the workspace's clock here, and a field may have another one.
    around = ONE_DAY if any(_is_moment(session, table, options.get(name)) for name in ("date", "end")) else timedelta()
    after = [
        {"field": options[name], "op": "is_on_or_after", "value": (first - around).isoformat()}
        for name in ("date", "end")
        if name in options
    ]
    until = {"field": options["date"], "op": "is_on_or_before", "value": (last + around).isoformat()}
    condition: Condition = {"all": [until, {"any": after}]}
    sort = [options["date"], *(one for one in query.sort if one.removeprefix("-") != options["date"])]
    return replace(query, where=[*query.where, condition], sort=sort[: queries.MAX_SORTS])


def entry_of(session: Session, table: Table, view: View, record: Record) -> Entry | None:
    """The record as an entry; None for one without a day."""
    field = table.fields[view.options["date"]]
    begins = record.values.get(field.key)
    if not isinstance(begins, str):  # empty, or an error
        return None
    zone = _zone_of(session, field)
    first = _local(begins, zone).date() if _is_moment(session, table, field.key) else date.fromisoformat(begins)
    ends = record.values.get(view.options.get("end", ""))
    if not isinstance(ends, str):
        return Entry(record, first, first, begins if "T" in begins else None, None, zone)
    last = _last_day(ends, _zone_of(session, table.fields[view.options["end"]]))
    return Entry(
        record, first, max(first, last), begins if "T" in begins else None,
        ends if "T" in ends and "T" in begins and ends > begins else None, zone,
    )  # fmt: skip


def moved(session: Session, table: Table, view: View, record: Record, days: int, time: datetime.time | None) -> Values:
    """What the record holds once it begins so many days later, at `time` if that is given; as long as before.

    Raises `NotFound` for one without a day.
    """
    entry = entry_of(session, table, view, record)
    if entry is None:
        raise NotFound(_("This record is on no day."))
    begin, end = table.fields[view.options["date"]], table.fields.get(view.options.get("end", ""))
    shift, values = timedelta(days=days), dict[str, Any]()
    if entry.begins is None:
        values[begin.key] = (entry.first + shift).isoformat()
    else:
        zone = ZoneInfo(entry.zone)
        local = _local(entry.begins, entry.zone)
        moment = datetime.datetime.combine(local.date() + shift, time or local.time(), zone)
        shift = moment.astimezone(datetime.UTC) - datetime.datetime.fromisoformat(entry.begins)
        values[begin.key] = timestamp(moment.astimezone(datetime.UTC))
    ends = record.values.get(end.key) if end else None
    if end and end.writable and isinstance(ends, str):
        values[end.key] = _later(ends, shift, days)
    return values


def _later(ends: str, shift: timedelta, days: int) -> str:
    if "T" not in ends:
        return (date.fromisoformat(ends) + timedelta(days=days)).isoformat()
    return timestamp(datetime.datetime.fromisoformat(ends) + shift)


def _last_day(ends: str, zone: str) -> date:
    """What ends at midnight does not take the day that begins then."""
    if "T" not in ends:
        return date.fromisoformat(ends)
    return (_local(ends, zone) - timedelta(microseconds=1)).date()


def _local(moment: str, zone: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(moment).astimezone(ZoneInfo(zone))


def _zone_of(session: Session, field: Field) -> str:
    return str(field.options.get("time_zone") or session.workspace.time_zone)


def _is_moment(session: Session, table: Table, key: Any) -> bool:
    return key in table.fields and session.layout.held_type(table.fields[key]).name == "date_time"
