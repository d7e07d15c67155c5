"""Around the hours in which clocks change: both databases and a plain evaluator agree, whatever time it is."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import formulas
from engine.formulas import dates, sql
from engine.formulas.functions import functions
from engine.formulas.types import DATE, DATE_TIME
from tests.engine.formulas.evaluating import NOW, json_value, readable
from tests.engine.formulas.generated import FIELDS
from tests.engine.formulas.plain import Failed, Unknown, World, value_of
from tests.engine.formulas.test_agreement import CALENDAR, PRICE_ROWS, Both, Columns, _json, _same
from tests.engine.formulas.test_agreement import TABLE as AGREEING

# Clocks that change at midnight, by half an hour, twice a year the other way round, across a day, in and out of summer.
ZONES = (
    "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Europe/Dublin", "Asia/Tehran",
    "Asia/Beirut", "America/Havana", "Africa/Casablanca", "Pacific/Apia", "Asia/Shanghai", "Antarctica/Troll",
)  # fmt: skip
UNITS = ("milliseconds", "seconds", "minutes", "hours", "days", "weeks", "months", "quarters", "years")
EXPRESSIONS = (
    "CREATED_TIME()", "NOW()", "TODAY()", "DATE(YEAR({m}), MONTH({m}), DAY({m}))",
    *(f'DATEADD({{m}}, {count}, "{unit}")' for unit in UNITS for count in (1, -1)),
    *(f'DATEADD({{d}}, {{a}}, "{unit}")' for unit in UNITS),
    *(f'DATETIME_DIFF({{m}}, {{n}}, "{unit}")' for unit in UNITS),
    'DATETIME_DIFF(NOW(), {m}, "days")', 'DATETIME_DIFF({d}, {m}, "hours")',
    *(f'IS_SAME({{m}}, {{n}}, "{unit}")' for unit in UNITS[2:]), "IS_SAME({m}, {d})", "IS_SAME(NOW(), {m})",
    "IS_AFTER({m}, {n})", "IS_BEFORE({m}, {d})", "{m} < {d}", "{m} = {d}", "{m} > NOW()", "MAX({m}, {n})",
    "YEAR({m})", "MONTH({m})", "DAY({m})", "HOUR({m})", "MINUTE({m})", "SECOND({m})", "QUARTER({m})",
    "WEEKDAY({m})", 'WEEKDAY({m}, "Monday")', "WEEKNUM({m})", "EOMONTH({m}, 0)", "EOMONTH(TODAY(), 1)",
    "DATESTR({m})", "TIMESTR({m})", '{m} & ""', 'NOW() & ""', 'DATETIME_FORMAT({m}, "YYYY-MM-DD HH:mm:ss.SSS Z X")',
    'DATETIME_FORMAT({d}, "YYYY-MM-DD HH:mm Z")', 'DATETIME_FORMAT(NOW(), "dddd h:mm A Z")',
    'DATETIME_PARSE(DATETIME_FORMAT({m}, "YYYY-MM-DD HH:mm"), "YYYY-MM-DD HH:mm")', 'DATETIME_PARSE({m} & "")',
    "FROMNOW({m})", "TONOW({m})", "FROMNOW({d})",
    "WORKDAY({m}, 1)", "WORKDAY({d}, -2)", "WORKDAY_DIFF({m}, {n})", "BUSINESS_HOURS_ADD({m}, 1.5)",
    "BUSINESS_HOURS_ADD({m}, -30)", "BUSINESS_MINUTES({m}, {n})", 'DATETIME_FORMAT(SET_LOCALE({m}, "de"), "LLLL")',
)  # fmt: skip
ELSEWHERE = ("Australia/Lord_Howe", "America/New_York")  # where the same is asked of a moment with a zone of its own


@functools.cache
def changes(zone: str) -> Sequence[datetime.datetime]:
    """The instants at which the zone's clocks are put on or back, from 2009 to 2027, to the second."""
    there, found = ZoneInfo(zone), []
    hour, here = datetime.timedelta(hours=1), datetime.datetime(2009, 1, 1, tzinfo=datetime.UTC)
    while here.year < 2028:
        following = here + 24 * hour
        if here.astimezone(there).utcoffset() != following.astimezone(there).utcoffset():
            low, high = here, following
            while high - low > datetime.timedelta(seconds=1):
                middle = low + (high - low) / 2
                same = middle.astimezone(there).utcoffset() == here.astimezone(there).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append((high + datetime.timedelta(milliseconds=500)).replace(microsecond=0))
        here = following
    return found or [datetime.datetime(2026, 3, 29, 1, tzinfo=datetime.UTC)]


NEAR = [
    datetime.timedelta(**one)
    for one in (
        {}, {"milliseconds": -1}, {"minutes": 1}, {"minutes": 30}, {"minutes": -30}, {"hours": 1}, {"hours": -1},
        {"minutes": 59, "seconds": 59}, {"hours": 2}, {"hours": 24}, {"hours": -24}, {"hours": 23}, {"hours": 25},
        {"days": 7}, {"days": -31},
    )
]  # fmt: skip


def written(moment: datetime.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


@st.composite
def situations(draw: st.DrawFn) -> tuple[str, str, list[dict[str, Any]]]:
    """A zone, a time that the clock shows, and records around hours in which clocks change in some zone."""
    zone = draw(st.sampled_from(ZONES))
    moments = st.sampled_from([zone, zone, *ZONES]).flatmap(
        lambda one: st.builds(lambda at, near: at + near, st.sampled_from(changes(one)), st.sampled_from(NEAR))
    )
    days = st.builds(
        lambda at, off: str(at.astimezone(ZoneInfo(zone)).date() + datetime.timedelta(days=off)),
        moments,
        st.integers(-1, 1),
    )
    record = st.fixed_dictionaries(
        {"m": moments.map(written), "n": moments.map(written), "d": days, "a": st.integers(-400, 400)}
    )
    return zone, written(draw(moments)), draw(st.lists(record, min_size=3, max_size=6))


@dataclass
class AtMoment(Columns):
    """The fields of the table, at another time than the other tests."""

    moment: str = NOW

    def now(self) -> sql.Element:
        return dates.constant(self.moment, DATE_TIME)


def test_every_function_with_a_zone_or_a_clock_is_among_them() -> None:
    """What takes a date, or asks for the time, and is not below reads no clock and no zone."""
    asked = {
        name
        for name, one in functions().items()
        if one.asks in {"clock", "calendar"} or any(each.takes == "date" for each in one.parameters)
    }
    told = " ".join(EXPRESSIONS) + " SET_TIMEZONE("
    assert {name for name in asked if f"{name}(" not in told} <= {"SET_TIMEZONE"}


@pytest.fixture(scope="module")
def both_at(on_sqlite: sa.Engine, on_postgresql: sa.Engine) -> Iterator[Both]:
    with on_sqlite.connect() as one, on_postgresql.connect() as other:
        for connection in (one, other):
            AGREEING.create(connection, checkfirst=True)
        yield {"sqlite": one, "postgresql": other}


def answers(connection: sa.Connection, compiled: Sequence[Any], records: Sequence[Mapping[str, Any]]) -> list[Any]:
    connection.execute(AGREEING.delete())
    connection.execute(
        AGREEING.insert(), [{"place": at, "created_at": one["m"], **one} for at, one in enumerate(records)]
    )
    columns = [column for one in compiled for column in (readable(one), sa.null() if one.error is None else one.error)]
    named = [one.label(f"x{at}") for at, one in enumerate(columns)]
    found = connection.execute(sa.select(*named).select_from(AGREEING).order_by(AGREEING.c.place)).all()
    return [[Failed if row[at + 1] else json_value(row[at]) for row in found] for at in range(0, len(columns), 2)]


@given(situation=situations(), own=st.booleans())
@settings(
    max_examples=settings().max_examples // 12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_all_agree_around_changes_of_clocks(
    both_at: Both, situation: tuple[str, str, list[dict[str, Any]]], own: bool
) -> None:
    zone, moment, records = situation
    scope = AtMoment({key: (kind, None) for key, kind in FIELDS.items()}, zone, CALENDAR, moment=moment)
    elsewhere = f'SET_TIMEZONE({{m}}, "{ELSEWHERE[len(records) % 2]}")'
    texts = [one.replace("{m}", elsewhere) if own else one for one in EXPRESSIONS]
    checked = [formulas.check(one, scope) for one in texts]
    compiled = [formulas.compile(one, scope) for one in checked]
    sqlite, postgresql = (answers(both_at[name], compiled, records) for name in ("sqlite", "postgresql"))
    now = datetime.datetime.fromisoformat(moment)
    for formula, left, right in zip(checked, sqlite, postgresql, strict=True):
        for record, one, other in zip(records, left, right, strict=True):
            held = {**dict.fromkeys(FIELDS), "created_at": record["m"], **record}
            try:
                wanted = value_of(formula.tree, World(held, ZoneInfo(zone), CALENDAR, now, PRICE_ROWS))
            except (Failed, Unknown) as found:
                wanted = type(found)
            told = f"{formula.text} in {zone} at {moment}\n{one!r}, {other!r}, plainly {wanted!r}\n{record}"
            assert _same(one, other), told
            assert wanted is Unknown or _same(_json(wanted, formula), one), told
    assert DATE in {one.type for one in checked}
