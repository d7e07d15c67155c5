"""What is proposed for the columns of a file, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.field_types.select import COLORS
from engine.importers import Proposal, Row, importers, propose, reading_from

RESERVED = {"id", "created_at"}


def proposed(cells: list[str], name: str = "Column", **hints: Any) -> Proposal:
    """The proposal for one column that holds `cells`."""
    rows = [Row(line, [cell]) for line, cell in enumerate(cells, 2)]
    return propose([name], rows, **hints)[0]


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        (["5", "-7", "12"], {"type": "number"}),
        (["5", "7.25", ""], {"type": "number", "decimals": 2}),
        (["5", "5.50"], {"type": "number", "decimals": 2}),
        (["1996.0", "1997.0"], {"type": "number"}),
        (["1,234", "1,234,567.89"], {"type": "number", "decimals": 2}),
        (["1.234,50", "12,00"], {"type": "number", "decimals": 2}),
        (["5%", "12.5 %"], {"type": "percent", "decimals": 1}),
        (["$5", "$1,000.00"], {"type": "currency", "currency": "USD"}),
        (["5 €", "1.000,50 €"], {"type": "currency", "currency": "EUR"}),
        (["¥5", "¥1,000"], {"type": "currency", "currency": "CNY"}),
        (["CHF 5.125", "0"], {"type": "currency", "currency": "CHF", "decimals": 3}),
        (["yes", "No", ""], {"type": "checkbox"}),
        (["TRUE", "FALSE"], {"type": "checkbox"}),
        (["是", "否"], {"type": "checkbox"}),
        (["x", "", "X"], {"type": "checkbox"}),
        (["1", "0", "1"], {"type": "number"}),
        (["2026-01-31", "2025-12-01"], {"type": "date"}),
        (["2026-01-31 00:00:00"], {"type": "date"}),
        (["2026-01-31 08:00", "2026-01-31"], {"type": "date_time"}),
        (["ada@example.com", "bob@example.org"], {"type": "email"}),
        (["https://example.com/a?b=c", "http://example.org"], {"type": "url"}),
        (["+49 30 1234567", "(206) 555-9857"], {"type": "phone"}),
        (["a\nb"], {"type": "long_text"}),
        (["word " * 60], {"type": "long_text"}),
        (["Ada", "Bob"], {"type": "text"}),
        (["", ""], {"type": "text"}),
        ([], {"type": "text"}),
        # codes that a number would damage
        (["110101199003074258", "110101198502113377"], {"type": "text"}),
        (["4006381333931", "4006381333932"], {"type": "text"}),
        (["00123", "45678"], {"type": "text"}),
        (["1e5", "2e7"], {"type": "text"}),
        (["-0", "5"], {"type": "text"}),
        (["NaN", "5"], {"type": "text"}),
        (["5", "7", "007"], {"type": "text"}),
        (["1.2.3", "1.2.4"], {"type": "text"}),
        (["$5", "€5"], {"type": "text"}),
        (["5", "5%"], {"type": "text"}),
        (["08:15", "09:30"], {"type": "text"}),
        (["=1+1", "@x"], {"type": "text"}),
        (["123-456-789", "223-456-789"], {"type": "text"}),
    ],
)
def test_types(cells: list[str], field: dict[str, Any]) -> None:
    proposal = proposed(cells)
    assert proposal.field == field | {"label": "Column"}
    assert proposal.reason


@pytest.mark.parametrize(
    ("name", "cells", "type_"),
    [
        ("Zip", ["10115", "20095"], "text"),
        ("postal_code", ["10115"], "text"),
        ("手机", ["13812345678", "13912345678"], "phone"),
        ("Mobile phone", ["030-0074321"], "phone"),
        ("Order date", ["20260131", "20260201"], "date"),
        ("Turnover", ["20260131", "20260201"], "number"),
    ],
)
def test_the_name_decides_between_a_number_and_a_code(name: str, cells: list[str], type_: str) -> None:
    assert proposed(cells, name).field["type"] == type_


def test_a_value_that_comes_back_is_a_choice() -> None:
    proposal = proposed(["Won", "Lost", "won ", "Won", "", "2. Try", "Lost"] * 4, "Stage")
    assert proposal.field == {
        "type": "select",
        "label": "Stage",
        "choices": {
            "won": {"label": "Won", "color": COLORS[0]},
            "lost": {"label": "Lost", "color": COLORS[1]},
            "2_try": {"label": "2. Try", "color": COLORS[2]},
        },
    }
    assert proposal.reason == "the same 3 values come back in 24 cells"


def test_chinese_choices_and_columns_get_plain_keys() -> None:
    rows = [Row(2, ["华北", "5", "x"]), Row(3, ["华南", "6", "y"])] * 8
    region, amount, contact = propose(["地区", "金额 (Amount)", "ä/联系人"], rows)
    assert (region.key, amount.key, contact.key) == ("field_1", "amount", "a")
    assert region.label == "地区"
    assert list(region.field["choices"]) == ["choice_1", "choice_2"]


def test_keys_and_labels() -> None:
    columns = ["Close Date", "closeDate", "close_value", "ID", "2024 sales", "Größe", "id", "x" * 60, "VAT"]
    proposals = propose(columns, [], reserved=RESERVED)
    assert [proposal.key for proposal in proposals] == [
        *("close_date", "close_date_2", "close_value", "original_id", "field_2024_sales", "grosse", "original_id_2"),
        *("x" * 40, "vat"),
    ]
    assert [proposal.label for proposal in proposals][2:5] == ["Close value", "ID", "2024 sales"]


def test_day_and_month_are_decided_over_the_whole_column() -> None:
    american = proposed(["01/02/2026"] * 5_000 + ["12/31/2026"])
    assert american.reading == {"as": "date", "order": "mdy"}
    assert american.doubt is None
    assert proposed(["01/02/2026", "31/12/2026"]).reading["order"] == "dmy"


def test_another_column_may_tell_day_from_month() -> None:
    rows = [Row(2, ["01/02/2026", "12/31/2026"]), Row(3, ["03/04/2026", "11/30/2026"])]
    assert [proposal.reading["order"] for proposal in propose(["from", "to"], rows)] == ["mdy", "mdy"]


def test_a_doubt_about_day_and_month_is_told() -> None:
    proposal = proposed(["01/02/2026", "03/04/2026"])
    assert proposal.reading["order"] == "dmy"
    assert proposal.doubt == "01/02/2026 is taken for 2026-02-01; day and month may be the other way round."
    assert proposed(["01/02/2026"], day_first=False).reading["order"] == "mdy"


def test_a_doubt_about_decimals_is_told() -> None:
    proposal = proposed(["1,234", "5,678"])
    assert reading_from(proposal.reading).read("1,234") == 1234
    assert proposal.doubt == "1,234 may have decimals or thousands: look at it."
    german = proposed(["1,234", "5,678"], decimal_comma=True)
    assert reading_from(german.reading).read("1,234") == 1.234


def test_another_column_may_tell_decimals_from_thousands() -> None:
    weight, price = propose(["weight", "price"], [Row(2, ["1,234", "9,90"]), Row(3, ["2,500", "12,00"])])
    assert reading_from(weight.reading).read("1,234") == 1.234
    assert price.reading == {"as": "number", "decimal": ",", "thousands": "", "rounded": False}


def test_short_years_are_told() -> None:
    assert "two digits" in str(proposed(["31/12/99", "1/1/26"]).doubt)


def test_yen_or_yuan_is_told() -> None:
    assert "yen" in str(proposed(["¥100"]).doubt)


def test_words_for_nothing_do_not_hide_a_number() -> None:
    proposal = proposed(["5", "N/A", "7", "-"])
    assert proposal.field["type"] == "number"
    assert proposal.blank_words == ["-", "N/A"]


def test_one_bad_cell_in_thousands_is_named() -> None:
    proposal = proposed([str(n) for n in range(3_000)] + ["abc"])
    assert proposal.field["type"] == "text"
    assert proposal.reason == "nearly every cell is a number, but line 3002: abc is no number."
    assert proposal.readings["number"] == {"as": "number", "decimal": ".", "thousands": "", "rounded": False}


def test_a_person_who_insists_on_a_number_gets_too_many_decimals_rounded() -> None:
    proposal = proposed([*(f"0.{n}" for n in range(1, 40)), "0.00999999978"] * 5)
    assert proposal.field["type"] == "text"
    assert reading_from(proposal.readings["number"]).read("0.00999999978") == 0.0099999998


def test_a_person_may_choose_another_type() -> None:
    readings = proposed(["31.12.2026", "01.01.2027"]).readings
    assert readings["date_time"] == {"as": "date_time", "order": "dmy", "zone": "UTC"}
    assert set(readings) == {"checkbox", "number", "percent", "currency", "date", "date_time"}


def test_what_is_known_of_the_cells() -> None:
    proposal = proposed(["b", "a", "", "b"])
    assert (proposal.filled, proposal.blank, proposal.unique, proposal.examples) == (3, 1, False, ["b", "a"])
    assert proposed(["a", "b"]).unique is True
    assert proposed([f"n{n}" for n in range(5_000)]).unique is True
    assert proposed([f"n{n}" for n in range(5_000)] + ["n0"]).unique is False


def test_rows_in_trouble_are_left_out() -> None:
    rows = [Row(2, ["5"]), Row(3, ["x", "y"], trouble=proposed([]).reason), Row(4, ["6"])]
    assert propose(["a"], rows)[0].field["type"] == "number"


def test_real_opportunities(shared_data: Path) -> None:
    source = importers["csv"].open(shared_data / "crm_sales" / "sales_pipeline.csv")
    proposals = {proposal.key: proposal for proposal in propose(source.columns, source.rows())}
    assert {key: proposal.field["type"] for key, proposal in proposals.items()} == {
        "opportunity_id": "text",
        "sales_agent": "text",
        "product": "select",
        "account": "text",
        "deal_stage": "select",
        "engage_date": "date",
        "close_date": "date",
        "close_value": "number",
    }
    assert proposals["opportunity_id"].unique is True
    assert (proposals["account"].blank, proposals["close_value"].blank) == (1_425, 2_089)
    assert [choice["label"] for choice in proposals["deal_stage"].field["choices"].values()] == [
        "Won", "Engaging", "Lost", "Prospecting",
    ]  # fmt: skip
