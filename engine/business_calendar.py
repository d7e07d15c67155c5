"""The workspace's business calendar: read, and changed by owners; what is worked out by it follows at once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from engine import apps, audit, computed
from engine.access import door
from engine.errors import Problem, Refused
from engine.formulas.calendar import MOST_DAYS, WEEKDAYS, read_spans
from engine.formulas.conversions import read_date
from engine.storage import layout as layouts
from engine.storage import workspace_tables
from engine.storage.layout import Layout
from engine.storage.session import Session
from engine.text import Text, _
from engine.written import Written

_calendar = workspace_tables.calendar
_HOURS = re.compile(r"\d{1,2}:\d\d\s*[-–]\s*\d{1,2}:\d\d(?:\s*[,，;；]\s*\d{1,2}:\d\d\s*[-–]\s*\d{1,2}:\d\d)*")


@dataclass(frozen=True)
class Day:
    """A day (`2026-10-01`) that differs: its working hours (empty: free) and what it is."""

    day: str
    hours: str = ""
    label: str = ""


@dataclass(frozen=True)
class Document:
    """The calendar as people write it: `hours` by weekday (`monday`), such as `09:00-12:00, 13:00-17:00`."""

    hours: Mapping[str, str]
    days: list[Day] = field(default_factory=list)


def get(session: Session) -> Document:
    """The calendar; Monday to Friday from 9 to 17, until somebody changes it."""
    kept = layouts.calendar_document(session)
    return Document(kept["hours"], [Day(**one) for one in kept["days"]])


def change(session: Session, hours: Mapping[str, str], days: str) -> None:
    """Set the hours by weekday, and the days that differ, one a line: `2026-10-01 National Day` is free,
    `2026-10-10 09:00-17:00 Instead of Friday` is worked.

    Raises `Refused` with every problem at `/hours/<weekday>` or `/days/<line, counted from 0>`, `Forbidden` for who may
    not build.
    """
    door.enter_builder(session.principal)
    problems = [one for weekday, text in hours.items() for one in _hours_problems(weekday, text)]
    if not problems and not any(hours.get(weekday, "").strip() for weekday in WEEKDAYS):
        problems.append(Problem("/hours/monday", _("At least one day of the week must be worked."), "required"))
    read = [(at, _day(at, line.strip())) for at, line in enumerate(days.splitlines()) if line.strip()]
    problems += [one for _at, one in read if isinstance(one, Problem)]
    found: dict[str, Day] = {}
    for at, one in read:
        if isinstance(one, Day) and found.setdefault(one.day, one) is not one:
            problems.append(Problem(f"/days/{at}", _("{day} is there twice.", day=one.day), "twice", one.day))
    if len(found) > MOST_DAYS:
        problems.append(Problem("/days", _("At most {count} days.", count=MOST_DAYS), "too_many"))
    if problems:
        raise Refused(problems)
    document = {
        "hours": {weekday: hours.get(weekday, "").strip() for weekday in WEEKDAYS},
        "days": [vars(one) for _day, one in sorted(found.items())],
    }
    _keep(session, document)
    audit.note(session, "calendar.changed", _("changed the business calendar"))


def shown_days(document: Document) -> str:
    """The days that differ as lines, as `change` reads them."""
    return "\n".join(" ".join(" ".join((one.day, one.hours, one.label)).split()) for one in document.days)


def _keep(session: Session, document: dict[str, Any]) -> None:
    apps.lock(session)
    old = session.layout
    session.connection.execute(sa.delete(_calendar))
    session.connection.execute(sa.insert(_calendar).values(id=1, document=json.dumps(document, ensure_ascii=False)))
    version = old.version + 1
    session.connection.execute(sa.update(workspace_tables.layout).values(version=version))
    session.use_layout(Layout(old.apps, version, layouts.calendar_of(document)))
    fields = [one for table in old.apps.tables.values() for one in table.declared if one.kind.computed]
    following = {(one.table, one.key) for one in fields if old.stored(one) and old.types.uses_calendar(one)}
    computed.refresh(session, Written(), following)


def _hours_problems(weekday: str, text: str) -> list[Problem]:
    if weekday not in WEEKDAYS:
        says = _("There is no day {day}. Write one of {days}.", day=weekday, days=", ".join(WEEKDAYS))
        return [Problem(f"/hours/{weekday}", says, "weekday", text)]
    if read_spans(text) is not None:
        return []
    return [Problem(f"/hours/{weekday}", _WRITE_HOURS, "hours", text)]


def _day(at: int, line: str) -> Day | Problem:
    day, _space, rest = line.partition(" ")
    if read_date(day) != day:
        says: Text = _('"{text}" is no date. Begin each line with one, such as 2026-10-01.', text=day)
        return Problem(f"/days/{at}", says, "date", line)
    match = _HOURS.match(rest.strip())
    hours = match[0] if match else ""
    if read_spans(hours) is None:
        return Problem(f"/days/{at}", _WRITE_HOURS, "hours", line)
    return Day(day, hours, rest.strip()[len(hours) :].strip())


_WRITE_HOURS = _("Write hours such as 09:00-12:00, 13:00-17:00, one after the other.")
