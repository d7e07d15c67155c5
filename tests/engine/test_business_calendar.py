"""The workspace's business calendar: changed by builders, followed by every computed field that uses it."""

from __future__ import annotations

from typing import Any

import pytest

from engine import business_calendar, records
from engine.access.principals import Principal, person
from engine.business_calendar import Day
from engine.errors import Forbidden, Refused
from engine.formulas.calendar import WEEKDAYS
from engine.storage.stores import Workspace
from engine.verifying import verify
from tests.support.workspaces import install

TABLES: dict[str, Any] = {
    "tickets": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "opened": {"type": "date_time"},
            "due": {"type": "formula", "formula": "BUSINESS_HOURS_ADD({opened}, 8)"},
            "follow_up": {"type": "formula", "formula": "WORKDAY({due}, 1)"},
            "day_of_follow_up": {"type": "formula", "formula": "DAY({follow_up})"},
        },
    }
}
HOURS = {**dict.fromkeys(WEEKDAYS, "09:00-12:00, 13:00-18:00"), "saturday": "", "sunday": ""}


def test_what_is_worked_out_by_the_calendar_follows_it(workspace: Workspace, owner: Principal) -> None:
    install(workspace, owner, TABLES)
    with workspace.write(owner) as session:
        (ticket,) = records.create(session, "shop.tickets", [{"name": "x", "opened": "2026-09-30T14:00:00.000Z"}])
    assert values(workspace, owner, ticket) == ("2026-10-01T14:00:00.000Z", "2026-10-02", 2)
    with workspace.write(owner) as session:
        business_calendar.change(session, HOURS, "2026-10-01 National Day\n2026-10-10 09:00-12:00 Instead of Friday\n")
    assert values(workspace, owner, ticket) == ("2026-10-02T14:00:00.000Z", "2026-10-05", 5)
    with workspace.read(owner) as session:
        kept = business_calendar.get(session)
        assert kept.days == [
            Day("2026-10-01", "", "National Day"),
            Day("2026-10-10", "09:00-12:00", "Instead of Friday"),
        ]
        assert business_calendar.shown_days(kept).endswith("\n2026-10-10 09:00-12:00 Instead of Friday")


def values(workspace: Workspace, asker: Principal, ticket: str) -> tuple[Any, ...]:
    with workspace.read(asker) as session:
        assert verify(session) == []
        found = records.get(session, "shop.tickets", ticket).values
    return found["due"], found["follow_up"], found["day_of_follow_up"]


@pytest.mark.parametrize(
    ("hours", "days", "at"),
    [
        ({**HOURS, "monday": "9 to 5"}, "", "/hours/monday"),
        ({}, "", "/hours/monday"),
        (HOURS, "2026-13-01 x", "/days/0"),
        (HOURS, "\n2026-12-01 12:00-09:00", "/days/1"),
        (HOURS, "2026-12-01\n2026-12-02\n2026-12-01", "/days/2"),
        ({**HOURS, "mondy": "09:00-17:00"}, "", "/hours/mondy"),
    ],
)
def test_what_cannot_be_is_told(workspace: Workspace, owner: Principal, hours: Any, days: str, at: str) -> None:
    with pytest.raises(Refused) as refused, workspace.write(owner) as session:
        business_calendar.change(session, hours, days)
    assert [one.at for one in refused.value.problems] == [at]


def test_only_builders_change_it(workspace: Workspace) -> None:
    with pytest.raises(Forbidden), workspace.write(person("usr1", "member")) as session:
        business_calendar.change(session, HOURS, "")
