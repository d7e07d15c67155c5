"""Calendar feeds: the entries of a calendar view as iCalendar (RFC 5545), for programs that fetch it again and again.

A feed shows what a share of the view shows, so it is listed, taken back and ended like one, and holds what the person
who made it sees then. It reaches from a year ago to two years ahead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine import entries, records, views
from engine.access.principals import Shared
from engine.definitions.language import Table, View
from engine.entries import ONE_DAY, Entry
from engine.errors import NotFound
from engine.queries import MAX_PAGE_SIZE
from engine.shares import Opened
from engine.showing import Shown
from engine.storage.session import Session
from engine.text import _, label_in
from engine.view_types import view_types

if TYPE_CHECKING:
    from icalendar import Event

BACK, AHEAD = timedelta(days=366), timedelta(days=2 * 366)
MOST = 5_000  # entries of one feed
LONGEST = 2_000  # characters of a description
EVERY = timedelta(hours=1)  # how often programs are asked to fetch it


def has_feed(view: View, shared: Shared | None = None) -> bool:
    """Whether a view, or what is shared of it, is a calendar: its records stand on days."""
    return bool(view_types[view.type].dated_by) and not (shared and shared.record)


def of_share(session: Session, opened: Opened) -> bytes:
    """The feed of a share's view, read in a transaction of the share. Raises `NotFound` where it is no calendar."""
    table = session.layout.table(opened.shared.table)
    view = views.get(session, table.address, opened.shared.view)
    if not has_feed(view, opened.shared):
        raise NotFound(_("This view is no calendar."))
    # Imported where it is used: who has no feed needs none of its 6 MB.
    from icalendar import Calendar

    language = session.workspace.language
    made = Calendar()
    made.add("prodid", "-//Formwork//Formwork//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", f"{label_in(table.plural or table.label, language)} · {label_in(view.label, language)}")
    made.add("refresh-interval", EVERY, {"value": "DURATION"})
    made.add("x-published-ttl", "PT1H")
    listed = list(_entries(session, table, view, session.now.date()))
    rows = Shown(session, table, list(table.fields)).rows([one.record.values for one in listed])
    for entry, texts in zip(listed, rows, strict=True):
        made.add_component(_event(session, table, view, entry, texts))
    return bytes(made.to_ical())


def _entries(session: Session, table: Table, view: View, today: date) -> Iterator[Entry]:
    first, last = today - BACK, today + AHEAD
    query = entries.during(session, table, view, views.query_of(table, view), first, last)
    after, left = None, MOST
    while left > 0:
        page = records.find(session, replace(query, after=after, limit=min(left, MAX_PAGE_SIZE)))
        yield from (one for held in page.records if (one := entries.entry_of(session, table, view, held)) is not None)
        after, left = page.next, left - len(page.records)
        if after is None:
            return


def _event(session: Session, table: Table, view: View, entry: Entry, texts: dict[str, Any]) -> Event:
    from icalendar import Event

    record = entry.record
    changed = datetime.fromisoformat(record.values.get("updated_at") or f"{entry.first}T00:00:00Z")
    made = Event()
    made.add("uid", f"{record.id}@{session.workspace.id}.formwork")
    made.add("dtstamp", changed)
    made.add("last-modified", changed)
    made.add("summary", texts.get(table.title) or record.id)
    if entry.begins is None:
        made.add("dtstart", entry.first)
        made.add("dtend", entry.last + ONE_DAY)
    else:
        made.add("dtstart", _utc(entry.begins))
        if entry.ends is not None:
            made.add("dtend", _utc(entry.ends))
    labels = {key: label_in(one.label, session.workspace.language, key) for key, one in table.fields.items()}
    left_out = {table.title, "updated_at", view.options["date"], view.options.get("end")}
    lines = [f"{labels[key]}: {text}" for key, text in texts.items() if key in labels and text and key not in left_out]
    if lines:
        made.add("description", "\n".join(lines)[:LONGEST])
    choice = texts.get(view.options.get("color", ""))
    if choice:
        made.add("categories", [choice])
    return made


def _utc(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(UTC)
