from __future__ import annotations

from typing import Any

import pytest

from tests.web.api.conftest import Client

ORDERS = "/shop/orders"


@pytest.fixture
def filled(api: Client) -> Client:
    api.create(
        *(
            {"number": f"{number:02}", "amount": number * 10, "status": "paid" if number % 2 else "open"}
            for number in range(25)
        )
    )
    return api


def numbers(answer: dict[str, Any]) -> list[str]:
    return [one["fields"]["Order number"] for one in answer["records"]]


def test_pages_follow_one_another_to_the_end(filled: Client) -> None:
    found: list[str] = []
    offset: str | None = ""
    sizes = []
    while offset is not None:
        page = filled.ask("GET", ORDERS, pageSize=10, offset=offset)
        sizes.append(len(page["records"]))
        found += numbers(page)
        offset = page.get("offset")
    assert sizes == [10, 10, 5]
    assert sorted(found) == [f"{number:02}" for number in range(25)]


def test_max_records_counts_over_all_pages(filled: Client) -> None:
    first = filled.ask("GET", ORDERS, pageSize=10, maxRecords=15)
    second = filled.ask("GET", ORDERS, pageSize=10, maxRecords=15, offset=first["offset"])
    assert (len(first["records"]), len(second["records"])) == (10, 5)
    assert "offset" not in second


def test_fields_are_chosen_by_key_or_label_and_named_by_label_or_key(filled: Client) -> None:
    query: dict[str, Any] = {
        "fields[]": ["amount", "状态"],
        "maxRecords": 1,
        "sort[0][field]": "amount",
        "sort[0][direction]": "desc",
    }
    assert filled.ask("GET", ORDERS, **query)["records"][0]["fields"] == {"Amount": 240, "Status": "Open"}
    query["returnFieldsByFieldId"] = "true"
    assert filled.ask("GET", ORDERS, **query)["records"][0]["fields"] == {"amount": 240, "status": "Open"}


def test_sorted_by_several_fields(filled: Client) -> None:
    sort: dict[str, Any] = {
        "sort[0][field]": "Status",
        "sort[1][field]": "amount",
        "sort[1][direction]": "desc",
        "pageSize": 3,
    }
    assert numbers(filled.ask("GET", ORDERS, **sort)) == ["24", "22", "20"]


FORMULAS = {
    'AND({Status} = "Open", {amount} >= 200)': 3,
    "{Order number} = '07'": 1,
    "{Amount}": 24,
    "{Customer}": 0,
    "0": 0,
    "RECORD_ID() = 'rec'": 0,
    "OR(" + ", ".join(f"{{number}} = '{number:02}'" for number in range(499)) + ")": 25,
}


def test_filtered_by_a_formula(filled: Client) -> None:
    for formula, count in FORMULAS.items():
        assert len(filled.ask("GET", ORDERS, filterByFormula=formula)["records"]) == count
        assert len(filled.ask("POST", f"{ORDERS}/listRecords", {"filterByFormula": formula})["records"]) == count


def test_the_options_may_stand_in_the_body(filled: Client) -> None:
    body = {
        "fields": ["Order number"],
        "sort": [{"field": "Amount", "direction": "desc"}],
        "pageSize": 2,
        "maxRecords": 3,
        "method": "post",
        "timeZone": "utc",
    }
    first = filled.ask("POST", f"{ORDERS}/listRecords", body)
    second = filled.ask("POST", f"{ORDERS}/listRecords", {**body, "offset": first["offset"]})
    assert [*numbers(first), *numbers(second)] == ["24", "23", "22"]
    assert "offset" not in second


def test_a_view_filters_and_sorts_and_hides_nothing(filled: Client) -> None:
    for view in ("paid", "Paid ones", "已付"):
        found = filled.ask("GET", ORDERS, view=view)["records"]
        assert [one["fields"]["Amount"] for one in found] == [*range(230, 0, -20)]
    query: dict[str, Any] = {"view": "paid", "sort[0][field]": "amount", "maxRecords": 1}
    assert numbers(filled.ask("GET", ORDERS, **query)) == ["01"]


def test_search_and_skip(filled: Client) -> None:
    assert numbers(filled.ask("GET", ORDERS, search="17")) == ["17"]
    query: dict[str, Any] = {"skip": 20, "pageSize": 3, "sort[0][field]": "number"}
    skipped = filled.ask("GET", ORDERS, **query)
    assert numbers(skipped) == ["20", "21", "22"]
    following = filled.ask("GET", ORDERS, offset=skipped["offset"], **query)
    assert numbers(following) == ["23", "24"]


def test_a_table_is_named_by_key_or_label_with_a_slash_or_without(filled: Client) -> None:
    for table in ("orders", "Orders%2FSales", "%E8%AE%A2%E5%8D%95", "orders/", "Orders%2FSales/"):
        assert len(filled.ask("GET", f"/shop/{table}")["records"]) == 25


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"filterByFormula": "{nope} = 1"}, "INVALID_FILTER_BY_FORMULA"),
    ({"filterByFormula": "AND("}, "INVALID_FILTER_BY_FORMULA"),
    ({"fields[]": "nope"}, "UNKNOWN_FIELD_NAME"),
    ({"sort[0][field]": "nope"}, "UNKNOWN_FIELD_NAME"),
    ({"sort[0][field]": "amount", "sort[0][direction]": "up"}, "INVALID_REQUEST_UNKNOWN"),
    ({"view": "nope"}, "VIEW_NAME_NOT_FOUND"),
    ({"pageSize": "200"}, "INVALID_REQUEST_UNKNOWN"),
    ({"pageSize": "0"}, "INVALID_REQUEST_UNKNOWN"),
    ({"maxRecords": "x"}, "INVALID_REQUEST_UNKNOWN"),
    ({"offset": "itrxxx/recyyy"}, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"),
    ({"offset": "itrWyJ4IiwgbnVsbF0/rec1"}, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"),
    ({"cellFormat": "string"}, "INVALID_REQUEST_UNKNOWN"),
]


def test_wrong_options_are_refused(api: Client) -> None:
    assert [(query, api.refused("GET", ORDERS, **query)) for query, _kind in WRONG] == WRONG


def test_a_formula_with_several_mistakes_tells_each_with_its_place(api: Client) -> None:
    answer = api.ask("GET", ORDERS, status=422, filterByFormula="AND({nope} = 1, {amount} > 'much')")
    assert [one["message"].rpartition(": ")[2] for one in answer["error"]["problems"]] == [
        "There is no field nope. There are {number}, {customer}, {amount}, {quantity}, {total}, {ratio}, {status},"
        " {owner}. (character 5)",
        '"much" is no number, and it is compared with one. Write a number, such as 12.5. (character 28)',
    ]


def test_groups_and_totals(filled: Client) -> None:
    groups = filled.ask("GET", f"{ORDERS}/groups", by="Status", sum=["Amount", "total"], average="amount")["groups"]
    assert groups == [
        {"value": "Open", "count": 13, "sum": {"Amount": 1560, "total": 1560}, "average": {"amount": 120}},
        {"value": "Paid up", "count": 12, "sum": {"Amount": 1440, "total": 1440}, "average": {"amount": 120}},
    ]
    whole = filled.ask("GET", f"{ORDERS}/groups", sum="amount", filterByFormula='{status} = "Open"')["groups"]
    assert whole == [{"count": 13, "sum": {"amount": 1560}}]
    (whole,) = filled.ask("GET", f"{ORDERS}/groups", distribution="Status", percent_count="amount")["groups"]
    portions = [{"value": "Open", "count": 13, "share": 0.52}, {"value": "Paid up", "count": 12, "share": 0.48}]
    assert whole == {"count": 25, "distribution": {"Status": portions}, "percent_count": {"amount": 1}}
    first, second, *_others = (one["id"] for one in filled.ask("GET", ORDERS)["records"])
    filled.ask("PATCH", f"{ORDERS}/{first}", {"fields": {"same_day": [first, second]}})
    filled.ask("PATCH", f"{ORDERS}/{second}", {"fields": {"same_day": [first]}})
    each = filled.ask("GET", f"{ORDERS}/groups", by="each:same_day")["groups"]
    assert {one["value"]: one["count"] for one in each} == {None: 23, first: 2, second: 1}
    assert filled.refused("GET", f"{ORDERS}/groups", by="nope") == "UNKNOWN_FIELD_NAME"
