from __future__ import annotations

from typing import Any

from engine import accounts, api_tokens
from tests.web.api.conftest import Client, Installation

ORDERS = "/shop/orders"
CUSTOMERS = "/shop/customers"


def test_one_record_is_created_read_changed_and_deleted(api: Client) -> None:
    made = api.ask("POST", ORDERS, {"fields": {"Order number": "1", "amount": 12.5, "Quantity": 2}})
    assert made["fields"] == {"Order number": "1", "Amount": 12.5, "Quantity": 2, "Total": 25, "Ratio": 6.25}
    assert made["createdTime"].endswith("Z")
    path = f"{ORDERS}/{made['id']}"
    assert api.ask("GET", path) == made
    assert api.ask("GET", path, returnFieldsByFieldId=1)["fields"]["amount"] == 12.5
    changed = api.ask("PATCH", path, {"fields": {"Amount": 20, "Order number": None}})
    assert changed["fields"] == {"Amount": 20, "Quantity": 2, "Total": 40, "Ratio": 10}
    replaced = api.ask("PUT", path, {"fields": {"Order number": "2"}, "returnFieldsByFieldId": True})
    assert replaced["fields"]["number"] == "2"
    assert "amount" not in replaced["fields"]
    assert "quantity" not in replaced["fields"]
    assert api.ask("DELETE", path) == {"id": made["id"], "deleted": True}
    assert api.ask("GET", path, status=404) == {"error": {"type": "MODEL_ID_NOT_FOUND", "message": "Record not found"}}


def test_every_cell_has_the_shape_that_clients_know(api: Client, installation: Installation) -> None:
    (acme,) = api.create({"Name": "Acme"}, table="customers")
    (first,) = api.create({"number": "0", "status": "open", "quantity": 0, "amount": 1})
    fields: dict[str, Any] = {
        "number": "1",
        "customer": [acme],
        "amount": 0,
        "status": "Paid up",
        "owner": {"email": "ada@example.com"},
        "day": "2026-03-01",
        "at": "2026-03-01T14:30:00Z",
        "urgent": True,
        "same_day": [first],
    }
    made = api.ask("POST", ORDERS, {"fields": fields, "returnFieldsByFieldId": True})["fields"]
    assert made == {
        **fields,
        "owner": {"id": installation.owner.id, "email": "ada@example.com", "name": "Ada"},
        "at": "2026-03-01T14:30:00.000Z",
        "quantity": 1,
        "total": 0,
        "ratio": 0,
        "customer_name": ["Acme"],
        "statuses": ["Open"],
    }
    assert api.ask("GET", f"{ORDERS}/{first}")["fields"] == {
        "Order number": "0",
        "Amount": 1,
        "Quantity": 0,
        "Total": 0,
        "Ratio": {"error": "#ERROR!"},
        "Status": "Open",
    }
    (customer,) = api.ask("GET", CUSTOMERS)["records"]
    assert set(customer["fields"]) == {"Name", "Spent", "Orders"}
    cleared = {"customer": [], "urgent": False, "owner": None, "status": "", "same_day": None, "day": None, "at": ""}
    left = api.ask("PATCH", f"{ORDERS}/{api.ask('GET', ORDERS, search='1')['records'][0]['id']}", {"fields": cleared})
    assert set(left["fields"]) == {"Order number", "Amount", "Quantity", "Total", "Ratio"}


def test_a_thousand_records_at_once_and_no_more(api: Client) -> None:
    body = {"records": [{"fields": {"number": str(number)}} for number in range(1000)]}
    ids = [one["id"] for one in api.ask("POST", ORDERS, body)["records"]]
    assert ids == sorted(ids)
    changed = api.ask("PATCH", ORDERS, {"records": [{"id": one, "fields": {"amount": 1}} for one in ids]})["records"]
    assert [one["id"] for one in changed] == ids
    assert all(one["fields"]["Amount"] == 1 for one in changed)
    body["records"].append({"fields": {}})
    assert api.refused("POST", ORDERS, body) == "INVALID_RECORDS"


def test_several_are_deleted_or_none(api: Client) -> None:
    ids = api.create({"number": "1"}, {"number": "2"}, {"number": "3"})
    missing: dict[str, Any] = {"records[]": [ids[0], "rec00000000000000"]}
    assert api.refused("DELETE", ORDERS, status=404, **missing) == "MODEL_ID_NOT_FOUND"
    gone: dict[str, Any] = {"records[]": ids[:2]}
    answer = api.ask("DELETE", f"{ORDERS}/", **gone)
    assert answer == {"records": [{"id": one, "deleted": True} for one in ids[:2]]}
    assert [one["id"] for one in api.ask("GET", ORDERS)["records"]] == ids[2:]
    assert api.refused("DELETE", ORDERS) == "INVALID_RECORDS"


def test_upsert_updates_what_matches_and_creates_the_rest(api: Client) -> None:
    acme, bolt = api.create({"Name": "Acme", "Code": "a"}, {"Name": "Bolt", "Code": "b"}, table="customers")
    body = {
        "performUpsert": {"fieldsToMergeOn": ["名称"]},
        "records": [
            {"fields": {"Name": "New", "Code": "n"}},
            {"fields": {"Name": "Acme", "Code": "A"}},
            {"id": bolt, "fields": {"Code": "B"}},
            {"fields": {"Name": "New", "Code": "nn"}},
        ],
    }
    done = api.ask("PATCH", CUSTOMERS, body)
    new = done["createdRecords"][0]
    assert [one["id"] for one in done["records"]] == [new, acme, bolt, new]
    assert [one["fields"]["Code"] for one in done["records"]] == ["nn", "A", "B", "nn"]
    assert (done["createdRecords"], done["updatedRecords"]) == ([new], [acme, bolt])
    replaced = api.ask("PUT", CUSTOMERS, {**body, "records": [{"fields": {"Name": "Acme"}}]})
    assert replaced["records"][0]["fields"] == {"Name": "Acme", "Spent": 0}
    api.create({"Name": "Acme"}, table="customers")
    assert api.ask("PATCH", CUSTOMERS, body, 422)["error"]["problems"][0]["at"] == "/1"
    body["performUpsert"] = {"fieldsToMergeOn": ["Spent"]}
    assert api.refused("PATCH", CUSTOMERS, body) == "INVALID_VALUE_FOR_COLUMN"
    for wrong in ([], ["Name"] * 4, "Name", ["nope"]):
        assert api.refused("PATCH", CUSTOMERS, {**body, "performUpsert": {"fieldsToMergeOn": wrong}})


def test_an_empty_merge_value_creates(api: Client) -> None:
    api.create({"Name": "Acme"}, table="customers")
    body = {"performUpsert": {"fieldsToMergeOn": ["Code"]}, "records": [{"fields": {"Name": "Bolt", "Code": None}}]}
    assert len(api.ask("PATCH", CUSTOMERS, body)["createdRecords"]) == 1


def test_typecast_reads_texts(api: Client) -> None:
    fields = {
        "number": 7,
        "amount": "1,234.50",
        "quantity": "2",
        "urgent": "yes",
        "day": "2026/3/1",
        "status": "Sent back",
        "customer": "Acme",
        "owner": "Ada",
        "same_day": ["One", "Two"],
    }
    assert api.refused("POST", ORDERS, {"fields": fields}) != ""
    made = api.ask("POST", ORDERS, {"fields": fields, "typecast": True})["fields"]
    assert made["Order number"] == "7"
    assert (made["Amount"], made["Quantity"], made["Urgent"], made["Day"]) == (1234.5, 2, True, "2026-03-01")
    assert (made["Status"], made["Customer name"], made["Owner"]["name"]) == ("Sent back", ["Acme"], "Ada")
    assert len(made["Same day"]) == 2
    again = api.ask("POST", ORDERS, {"fields": {"customer": ["acme"], "status": "sent back"}, "typecast": True})[
        "fields"
    ]
    assert (again["Customer"], again["Status"]) == (made["Customer"], "Sent back")
    assert api.refused("POST", ORDERS, {"fields": {"amount": "much"}, "typecast": True}) == "INVALID_VALUE_FOR_COLUMN"


def test_only_builders_get_new_choices(installation: Installation) -> None:
    member = accounts.add_person(
        installation.stores,
        installation.membership.id,
        email="b@example.com",
        name="Bob",
        password="long enough 1",
        role="member",
    )
    client = installation.client(member)
    body = {"fields": {"status": "Lost"}, "typecast": True}
    assert client.refused("POST", ORDERS, body) == "INVALID_VALUE_FOR_COLUMN"
    assert client.ask("POST", ORDERS, {"fields": {"status": "open"}, "typecast": True})["fields"]["Status"] == "Open"
    accounts.add_person(
        installation.stores,
        installation.membership.id,
        email="g@example.com",
        name="Gil",
        password="long enough 1",
        role="guest",
    )
    guest = accounts.person_by_email(installation.stores, "g@example.com")
    client = installation.client(guest)
    assert client.refused("POST", ORDERS, body, 403) == "INVALID_PERMISSIONS"
    assert len(client.ask("GET", ORDERS)["records"]) == 1


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"nope": 1}, "UNKNOWN_FIELD_NAME", 'Unknown field name: "nope"'),
    (
        {"Total": 1},
        "INVALID_VALUE_FOR_COLUMN",
        'Field "Total" cannot accept a value because the field is computed',
    ),
    ({"amount": "12"}, "INVALID_VALUE_FOR_COLUMN", "Amount must be a number."),
    ({"amount": -1}, "INVALID_RECORDS", "The amount cannot be negative."),
    (
        {"status": "x"},
        "INVALID_MULTIPLE_CHOICE_OPTIONS",
        'Insufficient permissions to create new select option "x"',
    ),
    ({"customer": ["rec00000000000000"]}, "ROW_DOES_NOT_EXIST", "Customer leads to a record that does not exist."),
]


def test_wrong_values_are_told_as_clients_know_them(api: Client) -> None:
    for fields, kind, message in WRONG:
        error = api.ask("POST", ORDERS, {"fields": fields}, 422)["error"]
        assert (error["type"], error["message"]) == (kind, message)
    assert api.ask("GET", ORDERS)["records"] == []


def test_every_problem_is_told_with_its_place(api: Client) -> None:
    body = {"records": [{"fields": {"amount": "x"}}, {"fields": {"amount": 1}}, {"fields": {"amount": "y", "day": 3}}]}
    problems = api.ask("POST", ORDERS, body, 422)["error"]["problems"]
    assert [one["at"] for one in problems] == ["/0/amount", "/2/amount", "/2/day"]


def test_what_is_named_wrongly_hides_no_wrong_value(api: Client) -> None:
    wrong = {"nope": 1, "Total": 3, "status": "x", "amount": "y", "day": 3}
    problems = api.ask("POST", ORDERS, {"fields": wrong}, 422)["error"]["problems"]
    assert sorted(one["at"] for one in problems) == ["/0/Total", "/0/amount", "/0/day", "/0/nope", "/0/status"]
    (made,) = api.create({"number": "1", "amount": 1})
    problems = api.ask("PATCH", f"{ORDERS}/{made}", {"fields": wrong}, 422)["error"]["problems"]
    assert sorted(one["at"] for one in problems) == ["/0/Total", "/0/amount", "/0/day", "/0/nope", "/0/status"]
    api.ask("PATCH", f"{ORDERS}/{made}", {"fields": {"nope": 1, "amount": 5}}, 422)
    assert api.ask("GET", f"{ORDERS}/{made}")["fields"]["Amount"] == 1


def test_bodies_that_are_none(api: Client) -> None:
    bodies: list[Any] = [{}, {"fields": 3}, {"records": []}, {"records": {}}, {"records": [3]}, {"records": [{}]}]
    for body in bodies:
        assert api.refused("POST", ORDERS, body).startswith("INVALID_RE")


def test_a_body_must_be_an_object(api: Client) -> None:
    assert api.refused("POST", ORDERS, [1]) == "INVALID_REQUEST_UNKNOWN"
    headers = {"Authorization": f"Bearer {api.token}"}
    answer = api.http.post("/v0/shop/orders", content=b"{nonsense", headers=headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "INVALID_REQUEST_BODY")


def test_what_is_not_there(api: Client) -> None:
    table = api.ask("GET", "/shop/nope", status=404)["error"]
    assert table == {"type": "TABLE_NOT_FOUND", "message": "Could not find table nope in application shop"}
    assert api.ask("GET", "/nope/orders", status=404) == {"error": "NOT_FOUND"}
    assert api.ask("GET", f"{ORDERS}/nonsense", status=404) == {"error": "NOT_FOUND"}
    assert api.refused("PATCH", f"{ORDERS}/rec00000000000000", {"fields": {"amount": 1}}, 404) == "MODEL_ID_NOT_FOUND"
    missing = {"records": [{"id": "rec00000000000000", "fields": {}}]}
    assert api.refused("PATCH", ORDERS, missing, 404) == "MODEL_ID_NOT_FOUND"
    assert api.refused("PATCH", ORDERS, {"records": [{"fields": {}}]}) == "INVALID_RECORDS"


def test_only_a_token_that_counts_opens(api: Client, installation: Installation) -> None:
    required = {"error": {"type": "AUTHENTICATION_REQUIRED", "message": "Authentication required"}}
    for secret in ("", "nonsense", api.token[:-1] + ("0" if api.token[-1] != "0" else "1")):
        assert Client(api.http, secret).ask("GET", ORDERS, status=401) == required
    (token,) = api_tokens.belonging_to(installation.stores, installation.owner.id)
    api_tokens.delete(installation.stores, installation.owner.id, token.id)
    assert api.ask("GET", ORDERS, status=401) == required


def test_a_trailing_slash_never_redirects(api: Client) -> None:
    made = api.ask("POST", f"{ORDERS}/", {"fields": {"number": "1"}})
    assert api.ask("PATCH", f"{ORDERS}/", {"records": [{"id": made["id"], "fields": {"amount": 3}}]})["records"]
    assert api.ask("POST", f"{ORDERS}/listRecords/", {})["records"]
    assert api.ask("GET", f"{ORDERS}/{made['id']}/")["fields"]["Amount"] == 3


def test_what_no_route_takes_is_json_too(api: Client) -> None:
    for path in ("/v0", "/v0/shop", "/v0/shop/orders/rec00000000000000/nothing"):
        answer = api.http.get(path, headers={"Authorization": f"Bearer {api.token}"})
        assert (answer.status_code, answer.json()) == (404, {"error": "NOT_FOUND"})
    answer = api.http.request("PUT", "/v0/meta/whoami")
    assert answer.status_code == 405 or answer.json()["error"]["type"] == "AUTHENTICATION_REQUIRED"
    answer = api.http.post(
        "/v0/shop/orders", content=b"x" * 1_100_000, headers={"Authorization": f"Bearer {api.token}"}
    )
    assert (answer.status_code, answer.json()["error"]["type"]) == (413, "REQUEST_ENTITY_TOO_LARGE")


def test_no_redirect_and_no_cookie(api: Client) -> None:
    answer = api.http.get("/v0/shop/orders/", headers={"Authorization": f"Bearer {api.token}"}, follow_redirects=False)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
