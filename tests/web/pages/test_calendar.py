"""The page of the business calendar."""

from __future__ import annotations

from engine.formulas.calendar import WEEKDAYS
from tests.web.pages.conftest import Work, text_of

HOURS = {**dict.fromkeys(WEEKDAYS, "09:00-17:00"), "sunday": ""}


def test_the_calendar_is_changed_and_what_is_wrong_comes_back(work: Work) -> None:
    assert 'value="09:00-17:00"' in work.get("/calendar").text
    wrong = work.post("/calendar", **{**HOURS, "monday": "nine"}, days="2026-10-01 National Day\n1 May")
    assert wrong.status_code == 422
    assert "Line 2: &#34;1&#34; is no date." in wrong.text
    assert 'value="nine"' in wrong.text
    saved = work.post("/calendar", **HOURS, days="2026-10-01 National Day")
    assert "The calendar is changed." in text_of(saved)
    assert "2026-10-01 National Day</textarea>" in saved.text


def test_guests_only_look(guest: Work) -> None:
    assert "Save calendar" not in guest.get("/calendar").text
    assert guest.post("/calendar", **HOURS, days="").status_code == 403
