"""Working days and hours by a business calendar, against a plain walk through days and minutes."""

from __future__ import annotations

import datetime

import pytest
import sqlalchemy as sa
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from engine.formulas.calendar import ORDINARY, Calendar, Span, read_spans, shown_spans
from engine.formulas.types import DATE, DATE_TIME
from tests.engine.formulas.evaluating import Fields, evaluate_over

MORNING, AFTERNOON = (9 * 60, 12 * 60), (13 * 60, 17 * 60 + 30)
CHINA = Calendar(
    (*[(MORNING, AFTERNOON)] * 5, (), ()),
    {"2026-10-01": (), "2026-10-02": (), "2026-10-05": (), "2026-10-10": (MORNING,), "2026-10-13": (AFTERNOON,)},
)
FIRST, LAST = map(datetime.datetime.fromisoformat, ("2026-09-25", "2026-10-20"))
MOMENTS = st.datetimes(FIRST, LAST).map(lambda one: one.replace(second=0, microsecond=0))
SPANS: st.SearchStrategy[tuple[Span, ...]] = st.sampled_from([(), (MORNING,), (MORNING, AFTERNOON), ((0, 1440),)])
CALENDARS = st.builds(
    lambda hours, days: Calendar(((MORNING,), *hours), days),
    st.tuples(*[SPANS] * 6),
    st.dictionaries(st.dates(FIRST.date(), LAST.date()).map(str), SPANS, max_size=6),
)


def works(calendar: Calendar, moment: datetime.datetime) -> bool:
    minute = moment.hour * 60 + moment.minute
    return any(start <= minute < end for start, end in calendar.spans_of(moment.date().isoformat()))


def minutes_between(calendar: Calendar, one: datetime.datetime, other: datetime.datetime) -> int:
    if one > other:
        return -minutes_between(calendar, other, one)
    count = int((other - one).total_seconds() // 60)
    return sum(works(calendar, one + datetime.timedelta(minutes=number)) for number in range(count))


def hours_later(calendar: Calendar, start: datetime.datetime, minutes: int) -> datetime.datetime:
    step = datetime.timedelta(minutes=1 if minutes > 0 else -1)
    left, moment = abs(minutes), start
    while left:
        left -= works(calendar, moment if minutes > 0 else moment + step)
        moment += step
    return moment


def days_later(calendar: Calendar, day: datetime.date, count: int) -> datetime.date:
    step = datetime.timedelta(days=1 if count > 0 else -1)
    left = abs(count)
    while left:
        day += step
        left -= bool(calendar.spans_of(day.isoformat()))
    return day


def text(moment: datetime.datetime) -> str:
    return f"{moment.isoformat()}.000Z"


@settings(max_examples=40, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(calendar=CALENDARS, one=MOMENTS, other=MOMENTS, minutes=st.integers(-1500, 1500), count=st.integers(-12, 12))
def test_both_databases_agree_with_a_walk(
    on_sqlite: sa.Engine,
    on_postgresql: sa.Engine,
    calendar: Calendar,
    one: datetime.datetime,
    other: datetime.datetime,
    minutes: int,
    count: int,
) -> None:
    day = one.date()
    worked = sum(
        bool(calendar.spans_of(str(min(day, other.date()) + datetime.timedelta(days=number))))
        for number in range(abs((other.date() - day).days) + 1)
    )
    expected = {
        "BUSINESS_MINUTES({one}, {other})": minutes_between(calendar, one, other),
        f"BUSINESS_HOURS_ADD({{one}}, {minutes} / 60)": text(hours_later(calendar, one, minutes)),
        f"WORKDAY({{day}}, {count})": str(days_later(calendar, day, count)),
        "WORKDAY_DIFF({day}, {other})": worked if day <= other.date() else -worked,
    }
    fields = Fields(
        {"one": (DATE_TIME, text(one)), "other": (DATE_TIME, text(other)), "day": (DATE, str(day))}, calendar=calendar
    )
    for engine in (on_sqlite, on_postgresql):
        for formula, value in expected.items():
            assert evaluate_over(engine, formula, fields).value == value, (engine.dialect.name, formula)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ('BUSINESS_HOURS_ADD("2026-09-30 16:30", 8)', "2026-10-06T09:00:00.000Z"),  # over the holidays, in China's zone
        ('BUSINESS_HOURS_ADD("2026-10-09 17:00", 1)', "2026-10-10T01:30:00.000Z"),  # into the Saturday that is worked
        ('BUSINESS_HOURS_ADD("2026-10-08 09:30", -1)', "2026-10-07T09:00:00.000Z"),
        ('BUSINESS_HOURS_ADD("2026-10-08 03:00", 0)', "2026-10-07T19:00:00.000Z"),
        ('BUSINESS_MINUTES("2026-09-30", "2026-10-12")', 5 * 450 + 180),
        ('WORKDAY("2026-09-30", 1)', "2026-10-06"),
        ('WORKDAY("2026-09-30", 1, "2026-10-06")', "2026-10-07"),
        ('WORKDAY_DIFF("2026-10-01", "2026-10-10")', 5),
        ("BUSINESS_MINUTES(BLANK(), TODAY())", None),
    ],
)
def test_holidays_and_days_worked_instead(formula: str, value: object, engine: sa.Engine) -> None:
    assert evaluate_over(engine, formula, Fields({}, "Asia/Shanghai", CHINA)).value == value


@pytest.mark.parametrize("formula", ["BUSINESS_HOURS_ADD(TODAY(), 20001)", "WORKDAY(TODAY(), 5001)"])
def test_what_is_too_far_is_an_error(formula: str, engine: sa.Engine) -> None:
    assert evaluate_over(engine, formula, Fields({})).error == "out_of_range"


def test_hours_are_read_as_they_are_written() -> None:
    assert read_spans("9:00-12:00, 13:00–17:30") == (MORNING, AFTERNOON)
    assert shown_spans((MORNING, AFTERNOON)) == "09:00-12:00, 13:00-17:30"
    assert read_spans("") == ()
    for wrong in ("9-12", "12:00-09:00", "09:00-12:00, 11:00-13:00", "09:61-10:00", "20:00-25:00"):
        assert read_spans(wrong) is None, wrong
    assert ORDINARY.working == [1, 2, 3, 4, 5]
