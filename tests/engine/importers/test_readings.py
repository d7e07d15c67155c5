"""What a cell's text comes to; what a value could not keep is refused with the reason."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.importers import READINGS, Unreadable, reading_from


def read(text: str, **options: Any) -> Any:
    return reading_from({"as": options.pop("as_", "number"), **options}).read(text)


@pytest.mark.parametrize(
    ("text", "options", "value"),
    [
        ("5", {}, 5),
        (" -5 ", {}, -5),
        ("\u22125", {}, -5),
        ("1234.50", {}, 1234.5),
        (".5", {}, 0.5),
        ("0.1", {}, 0.1),
        ("14.0", {}, 14),
        ("1,234,567.89", {"thousands": ","}, 1234567.89),
        ("1234567.89", {"thousands": ","}, 1234567.89),
        ("1.234,5", {"decimal": ",", "thousands": "."}, 1234.5),
        ("1 234,5", {"decimal": ",", "thousands": " "}, 1234.5),
        ("1\u202f234,5", {"decimal": ",", "thousands": " "}, 1234.5),
        ("1’234.5", {"thousands": "'"}, 1234.5),
        ("123456789012345", {}, 123456789012345),
        ("", {}, None),
        ("0.00999999978", {"rounded": True}, 0.0099999998),
        ("", {"as_": "text"}, None),
        (" Ada ", {"as_": "text"}, "Ada"),
        ("12.5 %", {"as_": "percent"}, 0.125),
        ("7%", {"as_": "percent"}, 0.07),
        ("0.07", {"as_": "percent"}, 0.07),
        ("$1,234.50", {"as_": "currency", "thousands": ",", "currency": "USD"}, 1234.5),
        ("-$5", {"as_": "currency"}, -5),
        ("$-5", {"as_": "currency"}, -5),
        ("($5.25)", {"as_": "currency"}, -5.25),
        ("1.234,50 €", {"as_": "currency", "decimal": ",", "thousands": ".", "currency": "EUR"}, 1234.5),
        ("CHF 5", {"as_": "currency", "currency": "CHF"}, 5),
        ("5", {"as_": "currency", "currency": "CHF"}, 5),
        ("Yes", {"as_": "checkbox"}, True),
        ("否", {"as_": "checkbox"}, False),
        ("0", {"as_": "checkbox"}, False),
        ("", {"as_": "checkbox"}, None),
    ],
)
def test_values(text: str, options: dict[str, Any], value: Any) -> None:
    found = read(text, **options)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "options", "reason"),
    [
        ("007", {}, "007 begins with a zero that a number would lose."),
        ("1e5", {}, "1e5 may be a code as well as a number."),
        ("-0", {}, "-0 would become 0 and lose its sign."),
        ("-0.00", {}, "-0.00 would become 0 and lose its sign."),
        ("NaN", {}, "NaN is no number."),
        ("1234567890123456", {}, "1234567890123456 has more than 15 digits; a number would lose some."),
        (
            "110101199003074258",
            {"rounded": True},
            "110101199003074258 has more than 15 digits; a number would lose some.",
        ),
        ("0.00999999978", {}, "0.00999999978 has more than 10 decimals."),
        ("1,234", {}, "1,234 is no number."),
        ("1,23", {"thousands": ","}, "1,23 is no number."),
        ("1.2.3", {}, "1.2.3 is no number."),
        ("=1+1", {}, "=1+1 is no number."),
        ("5 pieces", {}, "5 pieces is no number."),
        ("٣", {}, "٣ is no number."),
        ("x" * 100, {}, "x" * 57 + "... is no number."),
        ("%", {"as_": "percent"}, "% is no percentage."),
        ("€5", {"as_": "currency", "currency": "USD"}, "€5 is not in USD."),
        ("($5", {"as_": "currency"}, "($5 is no amount of money."),
        ("--5", {"as_": "currency"}, "--5 is no amount of money."),
        ("5 kg", {"as_": "currency"}, "5 kg is no amount of money."),
        ("perhaps", {"as_": "checkbox"}, "perhaps is neither yes nor no."),
    ],
)
def test_refusals(text: str, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(text, **options)
    assert str(refused.value.says) == reason


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2026-01-31", "ymd", "2026-01-31"),
        ("2026-1-5", "mdy", "2026-01-05"),
        ("2026/01/31", "dmy", "2026-01-31"),
        ("2026.01.31", "dmy", "2026-01-31"),
        ("20260131", "ymd", "2026-01-31"),
        ("2026年1月31日", "ymd", "2026-01-31"),
        ("2026 年 1 月 31 日", "ymd", "2026-01-31"),
        ("31/01/2026", "dmy", "2026-01-31"),
        ("31.1.2026", "dmy", "2026-01-31"),
        ("31. 1. 2026", "dmy", "2026-01-31"),
        ("31-01-2026", "dmy", "2026-01-31"),
        ("31 01 2026", "dmy", "2026-01-31"),
        ("01/31/2026", "mdy", "2026-01-31"),
        ("1-31-2026", "mdy", "2026-01-31"),
        ("01/02/2026", "dmy", "2026-02-01"),
        ("01/02/2026", "mdy", "2026-01-02"),
        ("31/01/26", "dmy", "2026-01-31"),
        ("31/01/68", "dmy", "2068-01-31"),
        ("31/01/69", "dmy", "1969-01-31"),
        ("26-01-31", "ymd", "2026-01-31"),
        ("31 Jan 2026", "mdy", "2026-01-31"),
        ("31-Jan-26", "ymd", "2026-01-31"),
        ("31 January 2026", "ymd", "2026-01-31"),
        ("1st March 2026", "ymd", "2026-03-01"),
        ("Jan 31, 2026", "ymd", "2026-01-31"),
        ("January 31 2026", "ymd", "2026-01-31"),
        ("Sat, 31 Jan 2026", "ymd", "2026-01-31"),
        ("Saturday, January 31, 2026", "ymd", "2026-01-31"),
        ("29/02/2024", "dmy", "2024-02-29"),
        ("2026-01-31 00:00:00", "ymd", "2026-01-31"),
        ("2026-01-31T00:00:00.000", "ymd", "2026-01-31"),
        ("1/31/2026 12:00:00 AM", "mdy", "2026-01-31"),
    ],
)
def test_dates(text: str, order: str, day: str) -> None:
    assert read(text, as_="date", order=order) == day


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-31 13:45", "2026-01-31T12:45:00.000Z"),
        ("2026-07-31 13:45", "2026-07-31T11:45:00.000Z"),
        ("2026-01-31T13:45:06.789", "2026-01-31T12:45:06.789Z"),
        ("2026-01-31 13:45:06,7", "2026-01-31T12:45:06.700Z"),
        ("2026-01-31T13:45:06.789123Z", "2026-01-31T13:45:06.789Z"),
        ("2026-01-31 13:45+08:00", "2026-01-31T05:45:00.000Z"),
        ("2026-01-31 13:45:00 -0330", "2026-01-31T17:15:00.000Z"),
        ("31.01.2026 1:45 PM", "2026-01-31T12:45:00.000Z"),
        ("31.01.2026, 12:05 a.m.", "2026-01-30T23:05:00.000Z"),
        ("31.01.2026", "2026-01-30T23:00:00.000Z"),
        ("31 Jan 2026 13:45 UTC", "2026-01-31T13:45:00.000Z"),
    ],
)
def test_instants(text: str, instant: str) -> None:
    assert read(text, as_="date_time", order="dmy", zone="Europe/Berlin") == instant


@pytest.mark.parametrize(
    ("text", "reading", "reason"),
    [
        ("30.02.2026", "date", "There is no such day: 30.02.2026."),
        ("13/13/2026", "date", "There is no such day: 13/13/2026."),
        ("2026-01-31 08:00", "date", "2026-01-31 08:00 has a time, which a date would lose."),
        ("2026-01-31 00:00Z", "date", "2026-01-31 00:00Z has a time, which a date would lose."),
        ("soon", "date", "soon is no date."),
        ("2026", "date", "2026 is no date."),
        ("45321", "date", "45321 is no date."),
        ("31 Foo 2026", "date", "31 Foo 2026 is no date."),
        ("2026-01-31 25:00", "date_time", "There is no such time: 2026-01-31 25:00."),
        ("2026-01-31 13:00 PM", "date_time", "There is no such time: 2026-01-31 13:00 PM."),
        ("0001-01-01 00:00+14:00", "date_time", "0001-01-01 00:00+14:00 is out of the calendar's range."),
    ],
)
def test_no_dates(text: str, reading: str, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(text, as_=reading, order="dmy")
    assert str(refused.value.says) == reason


@pytest.mark.parametrize(
    "document",
    [
        {"as": "magic"},
        {},
        {"as": "number", "decimal": ";"},
        {"as": "number", "decimal": ",", "thousands": ","},
        {"as": "number", "colour": "red"},
        {"as": "date", "order": "dym"},
        {"as": "date_time", "zone": "Mars/Olympus"},
        {"as": "date_time", "zone": "../etc/passwd"},
    ],
)
def test_readings_that_do_not_exist(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^(There is no reading|The reading) "):
        reading_from(document)


@pytest.mark.parametrize("name", READINGS)
def test_a_reading_survives_as_json(name: str) -> None:
    reading = READINGS[name]()
    assert reading_from(reading.as_json()) == reading


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**10), max_value=10**10))
def test_no_digit_of_a_number_is_lost(number: Any) -> None:
    text = f"{number:,.4f}"
    try:
        value = read(text, thousands=",")
    except Unreadable:
        assert number == 0  # minus zero
    else:
        assert f"{value:,.4f}" == text


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    for kind in READINGS.values():
        with suppress(Unreadable):
            kind().read(text)
