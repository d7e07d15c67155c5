from __future__ import annotations

import copy
from typing import Any

import pytest

from engine import apps, records
from engine.access.principals import Principal
from engine.definitions.plan import ConvertField
from engine.queries import Query
from engine.storage.stores import Workspace
from tests.support.workspaces import install

TABLES: dict[str, Any] = {
    "tags": {"fields": {"name": {"type": "text"}}},
    "things": {"fields": {"name": {"type": "text"}, "value": {"type": "text"}, "amount": {"type": "number"}}},
}


def become(workspace: Workspace, asker: Principal, **field: Any) -> ConvertField:
    """Give `value` another type; what the plan said of it."""
    with workspace.write(asker) as session:
        document = copy.deepcopy(dict(apps.export(session, "shop")))
        document["tables"]["things"]["fields"]["value"] = field
        planned = apps.plan(session, document)
        apps.apply(session, document)
    (found,) = [one for one in planned.alterations if isinstance(one, ConvertField)]
    return found


def values(workspace: Workspace, asker: Principal) -> list[Any]:
    with workspace.read(asker) as session:
        return [one.values["value"] for one in records.find(session, Query("shop.things", sort=["name"])).records]


@pytest.fixture
def shop(workspace: Workspace, owner: Principal) -> Workspace:
    install(workspace, owner, copy.deepcopy(TABLES))
    return workspace


def create(shop: Workspace, owner: Principal, *texts: str) -> list[str]:
    with shop.write(owner) as session:
        given = [{"name": f"{number:02}", "value": text} for number, text in enumerate(texts)]
        return records.create(session, "shop.things", given)


def test_the_plan_shows_what_becomes_of_the_values(shop: Workspace, owner: Principal) -> None:
    create(shop, owner, "1,234", "A7", "", "5")
    told = become(shop, owner, type="number")
    assert (told.kept, told.lost) == (2, 1)
    assert told.examples == (("1,234", "1234"), ("5", "5"), ("A7", None))
    assert values(shop, owner) == [1234, None, None, 5]


def test_what_could_not_be_kept_is_picked_up_on_the_way_back(shop: Workspace, owner: Principal) -> None:
    ids = create(shop, owner, "1,234", "A7", "B8", "5")
    become(shop, owner, type="number")
    with shop.write(owner) as session:
        records.update(session, "shop.things", {ids[2]: {"value": 9}, ids[3]: {"value": 6}})
    told = become(shop, owner, type="text")
    assert values(shop, owner) == ["1,234", "A7", "9", "6"]
    assert told.lost == 0


def test_undoing_the_conversion_brings_everything_back(shop: Workspace, owner: Principal) -> None:
    create(shop, owner, "2026-03-01", "soon", "2026-02-30")
    become(shop, owner, type="date")
    assert values(shop, owner) == ["2026-03-01", None, None]
    with shop.write(owner) as session:
        apps.restore(session, "shop", 1)
    assert values(shop, owner) == ["2026-03-01", "soon", "2026-02-30"]


def test_names_become_links_and_links_names(shop: Workspace, owner: Principal) -> None:
    with shop.write(owner) as session:
        red, blue = records.create(session, "shop.tags", [{"name": "red"}, {"name": "blue"}])
    create(shop, owner, "red", "red, blue", "green")
    become(shop, owner, type="link", to="tags", many=True)
    assert values(shop, owner) == [[red], [red, blue], []]
    become(shop, owner, type="link", to="tags")
    assert values(shop, owner) == [red, None, None]
    become(shop, owner, type="text")
    assert values(shop, owner) == ["red", None, "green"]


def test_a_field_that_is_worked_out_for_a_while_finds_its_values_again(shop: Workspace, owner: Principal) -> None:
    create(shop, owner, "a", "b")
    become(shop, owner, type="formula", formula='{name} & "!"')
    assert values(shop, owner) == ["00!", "01!"]
    become(shop, owner, type="text")
    assert values(shop, owner) == ["a", "b"]


def test_a_text_that_is_no_address_waits_aside_while_the_field_holds_addresses(
    shop: Workspace, owner: Principal
) -> None:
    create(shop, owner, "ada@example.com", "call me", "")
    told = become(shop, owner, type="email")
    assert (told.kept, told.lost) == (1, 1)
    assert values(shop, owner) == ["ada@example.com", None, None]
    become(shop, owner, type="long_text")
    become(shop, owner, type="text")
    assert values(shop, owner) == ["ada@example.com", "call me", None]


def test_words_that_are_neither_yes_nor_no_come_back_from_a_checkbox(shop: Workspace, owner: Principal) -> None:
    create(shop, owner, "yes", "perhaps")
    told = become(shop, owner, type="checkbox")
    assert (told.kept, told.lost) == (1, 1)
    assert values(shop, owner) == [True, False]
    told = become(shop, owner, type="text")
    assert told.lost == 0
    assert values(shop, owner) == ["yes", "perhaps"]


def test_a_field_is_converted_together_with_a_change_of_the_one_before_it(shop: Workspace, owner: Principal) -> None:
    create(shop, owner, "Hamburg")
    with shop.write(owner) as session:
        document = copy.deepcopy(dict(apps.export(session, "shop")))
        document["tables"]["things"]["fields"] |= {
            "name": {"type": "text", "max_length": 40},
            "value": {"type": "location"},
        }
        apps.apply(session, document)
    assert values(shop, owner) == [{"label": "Hamburg"}]


def test_several_fields_become_others_at_once(shop: Workspace, owner: Principal) -> None:
    create(shop, owner, "a@example.com")
    for value, amount in (("email", "text"), ("long_text", "number"), ("text", "date"), ("url", "text")):
        document = copy.deepcopy(TABLES)
        document["things"]["fields"] |= {"value": {"type": value}, "amount": {"type": amount}}
        install(shop, owner, document)
        with shop.write(owner) as session:
            (one,) = records.find(session, Query("shop.things")).records
            given = {"text": "7", "number": 7, "date": "2026-01-07"}[amount]
            records.update(session, "shop.things", {one.id: {"amount": given}})


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ({"type": "percent"}, 0.1, "10%"),
        ({"type": "percent"}, 0.12345, "12.345%"),
        ({"type": "progress"}, 1, "100%"),
        ({"type": "currency", "currency": "USD"}, -1234.5, "−$1,234.50"),
        ({"type": "number", "decimals": 8}, 0.0000001, "0.0000001"),
        ({"type": "number", "suffix": " km"}, 12345, "12345"),
        ({"type": "duration"}, 5400, "1:30"),
        ({"type": "rating"}, 4, "4"),
        ({"type": "date"}, "2026-03-31", "2026-03-31"),
        ({"type": "date_time", "time_zone": "Asia/Shanghai"}, "2026-03-31T06:30:00.000Z", "2026-03-31 14:30"),
        ({"type": "date_time"}, "2026-03-31T06:30:15.250Z", "2026-03-31 06:30:15"),
        ({"type": "time"}, "14:30:00", "14:30"),
        ({"type": "select", "choices": {"a": {"label": {"en": "First", "zh": "一"}}}}, "a", "First"),
        ({"type": "checkbox"}, True, "yes"),
    ],
)
def test_a_text_says_what_people_saw_and_becomes_the_value_again(
    workspace: Workspace, owner: Principal, field: dict[str, Any], value: Any, text: str
) -> None:
    tables = copy.deepcopy(TABLES)
    tables["things"]["fields"]["value"] = field
    install(workspace, owner, tables)
    with workspace.write(owner) as session:
        records.create(session, "shop.things", [{"value": value}])
    assert become(workspace, owner, type="text").examples == ((text, text),)
    assert values(workspace, owner) == [text]
    become(workspace, owner, **field)
    assert values(workspace, owner) == [value]


def test_what_is_worked_out_becomes_the_text_that_people_saw(workspace: Workspace, owner: Principal) -> None:
    tables = copy.deepcopy(TABLES)
    tables["things"]["fields"]["value"] = {
        "type": "formula",
        "formula": "{amount} / 8",
        "format": {"type": "percent", "decimals": 1},
    }
    install(workspace, owner, tables)
    with workspace.write(owner) as session:
        records.create(session, "shop.things", [{"amount": 1}])
    become(workspace, owner, type="text")
    assert values(workspace, owner) == ["12.5%"]
