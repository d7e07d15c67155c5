"""Values of the field types as clients of the API send and get them."""

from __future__ import annotations

from typing import Any

import pytest

from engine import apps, departments
from engine.access.principals import person
from tests.web.api.conftest import SHOP, Client, Installation

CHOICES = {"red": {"label": "Red"}, "blue": {"label": {"en": "Blue", "zh": "蓝"}}}
THINGS: dict[str, Any] = {
    "title": "name",
    "fields": {
        "name": {"type": "text"},
        "tags": {"type": "multi_select", "choices": CHOICES},
        "team": {"type": "users"},
        "place_in": {"type": "department", "label": "Place in"},
        "stars": {"type": "rating"},
        "took": {"type": "duration"},
        "code": {"type": "barcode"},
        "data": {"type": "json"},
        "place": {"type": "location"},
        "number": {"type": "autonumber"},
        "about": {"type": "any_link", "to": ["customers", "orders"]},
        "says": {"type": "formula", "formula": "{name} & {about} & RECORD_ID()"},
        "open": {"type": "button", "url": '"https://example.com/" & {name}', "text": "Look"},
    },
}


@pytest.fixture
def things(installation: Installation) -> Client:
    workspace = installation.stores.workspace(installation.membership.id)
    document = {**SHOP, "tables": {**SHOP["tables"], "things": THINGS}}
    with workspace.write(person(installation.owner.id, "owner")) as session:
        apps.apply(session, document)
    return installation.client()


def test_values_go_out_as_they_come_in(things: Client, installation: Installation) -> None:
    sent = {
        "Name": "a",
        "Tags": ["Blue", "red"],
        "Team": [{"email": "ada@example.com"}],
        "Stars": 4,
        "Took": 5400,
        "Code": {"text": "4006"},
        "Data": {"a": [1]},
        "Place": {"lat": 60.17, "lng": 24.94},
    }
    (record_id,) = things.create(sent, table="things")
    found = things.ask("GET", f"/shop/things/{record_id}")["fields"]
    assert found == {
        **sent,
        "Tags": ["Red", "Blue"],
        "Team": [{"id": installation.owner.id, "email": "ada@example.com", "name": "Ada"}],
        "Number": 1,
        "Says": f"a{record_id}",
        "Open": {"label": "Look", "url": "https://example.com/a"},
    }


def test_a_department_is_answered_like_a_person_and_taken_by_its_name(
    things: Client, installation: Installation
) -> None:
    workspace = installation.stores.workspace(installation.membership.id)
    with workspace.write(person(installation.owner.id, "owner")) as session:
        sales = departments.create(session, "Sales")
        east = departments.create(session, "East", sales)
        departments.create(session, "East")
    top, below = {"id": sales, "name": "Sales"}, {"id": east, "name": "Sales / East"}
    for sent, answered in (
        ("Sales", top),
        ("Sales / East", below),
        (east, below),
        (below, below),
        ({"name": "Sales"}, top),
    ):
        for typecast in (False, True):
            (record_id,) = things.create({"Place in": sent}, table="things", typecast=typecast)
            assert things.ask("GET", f"/shop/things/{record_id}")["fields"]["Place in"] == answered
    assert things.refused("POST", "/shop/things", {"records": [{"fields": {"Place in": "East"}}]})
    asked = things.ask("GET", "/shop/things", filterByFormula='{Place in} = "Sales"')
    assert len(asked["records"]) == 4
    (table,) = [one for one in things.ask("GET", "/meta/bases/shop/tables")["tables"] if one["id"] == "things"]
    assert [one["type"] for one in table["fields"] if one["id"] == "place_in"] == ["singleCollaborator"]


def test_with_typecast_texts_are_read_and_choices_made(things: Client) -> None:
    (record_id,) = things.create(
        {"Tags": "Blue, Pink", "Took": "1:30", "Data": '{"a": 1}', "Place": "Home"}, table="things", typecast=True
    )
    found = things.ask("GET", f"/shop/things/{record_id}")["fields"]
    assert found["Tags"] == ["Blue", "Pink"]
    assert (found["Took"], found["Data"], found["Place"]) == (5400, {"a": 1}, {"label": "Home"})


def test_an_unknown_choice_is_refused(things: Client) -> None:
    body = {"records": [{"fields": {"Tags": ["Red", "Pink"]}}]}
    assert things.refused("POST", "/shop/things", body) == "INVALID_MULTIPLE_CHOICE_OPTIONS"


def test_a_record_of_any_of_several_tables_is_a_list_of_its_id(things: Client) -> None:
    (acme,) = things.create({"Name": "Acme"}, table="customers")
    (order,) = things.create({"Order number": "A7"})
    one, other = things.create({"Name": "a", "About": [acme]}, {"Name": "b", "About": order}, table="things")
    assert things.ask("GET", f"/shop/things/{one}")["fields"]["About"] == [acme]
    assert things.ask("GET", f"/shop/things/{other}")["fields"]["About"] == [order]
    body = {"typecast": True, "fields": {"About": "A7"}}
    assert things.ask("PATCH", f"/shop/things/{one}", body)["fields"]["About"] == [order]
    body = {"typecast": True, "fields": {"About": ["Nothing"]}}
    assert things.ask("PATCH", f"/shop/things/{one}", body, status=422)["error"]["type"] == "INVALID_VALUE_FOR_COLUMN"
    found = things.ask("GET", "/shop/things", filterByFormula='{About.table} = "orders"')["records"]
    assert {record["id"] for record in found} == {one, other}
    things.ask("PATCH", f"/shop/things/{one}", {"fields": {"About": None}})
    assert "About" not in things.ask("GET", f"/shop/things/{one}")["fields"]
    (table,) = [one for one in things.ask("GET", "/meta/bases/shop/tables")["tables"] if one["id"] == "things"]
    (field,) = [one for one in table["fields"] if one["id"] == "about"]
    assert field["type"] == "multipleRecordLinks"
    assert field["options"]["linkedTableId"] == "customers"
    assert field["options"]["linkedTableIds"] == ["customers", "orders"]
    (says,) = [one for one in table["fields"] if one["id"] == "says"]
    assert says["options"]["referencedFieldIds"] == ["about", "name"]
