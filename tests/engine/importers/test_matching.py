"""Columns find their fields by name, and only by name."""

from __future__ import annotations

from typing import Any

import pytest

from engine.importers import match_columns

FIELDS: dict[str, dict[str, Any]] = {
    "name": {"label": {"en": "Account name", "zh": "客户名称"}},
    "amount": {"label": "Amount"},
    "close_date": {"label": "Expected close"},
    "stage": {"label": "Stage"},
    "phone": {},
    "address": {"label": "Address"},
}


def matched(*columns: str) -> dict[str, str | None]:
    return {match.column: match.field for match in match_columns(columns, FIELDS)}


@pytest.mark.parametrize(
    ("column", "field", "reason"),
    [
        ("close_date", "close_date", "the same key"),
        ("客户名称", "name", "the same label"),
        (" account NAME ", "name", "the same label"),
        ("Close Date", "close_date", "the same words"),
        ("closeDate", "close_date", "the same words"),
        ("expected-close", "close_date", "the same words"),
        ("deal_stage", "stage", "the name ends alike"),
        ("Adress", "address", "almost the same name"),
        ("close_value", None, "no field has such a name"),
        ("value", None, "no field has such a name"),
        ("", None, "no field has such a name"),
        ("日期", None, "no field has such a name"),
    ],
)
def test_ways(column: str, field: str | None, reason: str) -> None:
    (match,) = match_columns([column], FIELDS)
    assert (match.field, match.reason) == (field, reason)


def test_the_surer_way_comes_first_and_no_field_is_taken_twice() -> None:
    assert matched("Deal stage", "Stage", "Phone (2)", "Phone") == {
        "Deal stage": None,
        "Stage": "stage",
        "Phone (2)": None,
        "Phone": "phone",
    }


def test_two_columns_that_fit_as_well_are_left_to_people() -> None:
    assert matched("first name", "last name") == {"first name": None, "last name": None}


@pytest.mark.parametrize(("column", "names"), [("account", ["Accounts"]), ("sales_agent", ["agents", "Sales people"])])
def test_a_column_called_as_the_records_are_names_them(column: str, names: list[str]) -> None:
    matches = match_columns([column, "sector", "amount"], FIELDS, "name", names)
    assert [match.field for match in matches] == ["name", None, "amount"]
    assert matches[0].reason == "what the records are called"
