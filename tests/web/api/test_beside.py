"""What the API has beside records and meta: definitions, templates, history, the trash, undo, people, views, forms."""

from __future__ import annotations

import base64
import copy

import pytest
from starlette.testclient import TestClient

from engine import accounts, api_tokens
from engine.access.scopes import Scope
from tests.web.api.conftest import SHOP, Client, Installation


@pytest.fixture
def order(api: Client) -> str:
    """A record to try it with."""
    return api.create({"number": "A-1", "amount": 5})[0]


def test_a_definition_is_checked_planned_applied_and_taken_back(api: Client) -> None:
    held = api.ask("GET", "/bases/shop/definition")
    assert (held["revision"], held["definition"]) == (1, SHOP)
    wanted = copy.deepcopy(held["definition"])
    wanted["tables"]["orders"]["fields"]["day"]["type"] = "dat"
    (problem,) = api.ask("POST", "/bases/shop/definition/check", {"definition": wanted})["problems"]
    assert (problem["at"], problem["severity"]) == ("/tables/orders/fields/day/type", "error")
    planned = api.ask("POST", "/bases/shop/definition/plan", {"definition": wanted})
    assert (planned["applies"], planned["alterations"]) == (False, [])
    assert api.refused("PUT", "/bases/shop/definition", {"definition": wanted}) == "INVALID_VALUE_FOR_COLUMN"

    wanted = copy.deepcopy(held["definition"])
    del wanted["tables"]["orders"]["fields"]["quantity"]
    for key in ("total", "ratio"):
        del wanted["tables"]["orders"]["fields"][key]
    del wanted["tables"]["customers"]["fields"]["spent"]
    api.create({"number": "A-1", "quantity": 2})
    lost = {one["message"]: one["lost"] for one in api.ask(
        "POST", "/bases/shop/definition/plan", {"definition": wanted}
    )["alterations"] if one["kind"] == "remove"}  # fmt: skip
    assert max(lost.values()) == 1
    done = api.ask("PUT", "/bases/shop/definition", {"definition": wanted, "revision": 1})
    assert done["revision"] == 2
    assert api.refused("PUT", "/bases/shop/definition", {"definition": SHOP, "revision": 1}, 409) == "CONFLICT"

    first, second = reversed(api.ask("GET", "/bases/shop/revisions")["revisions"])
    assert (first["number"], second["number"], second["createdBy"]["email"]) == (1, 2, "ada@example.com")
    changes = api.ask("GET", "/bases/shop/revisions/2/changes", since=1)["alterations"]
    assert [one["kind"] for one in changes] == ["remove"] * len(second["summary"])
    assert api.ask("GET", "/bases/shop/revisions/1")["definition"] == SHOP
    assert api.ask("POST", "/bases/shop/revisions/1/restore", {})["revision"] == 3
    assert api.ask("GET", "/shop/orders")["records"][0]["fields"]["Quantity"] == 2
    page = api.ask("GET", "/bases/shop/revisions", pageSize=2)
    assert [one["number"] for one in page["revisions"]] == [3, 2]
    rest = api.ask("GET", "/bases/shop/revisions", pageSize=2, offset=page["offset"])
    assert ([one["number"] for one in rest["revisions"]], "offset" in rest) == ([1], False)


def test_a_definition_at_an_address_of_its_own_makes_an_app(api: Client) -> None:
    made = {"formwork": 1, "key": "desk", "label": "Desk", "tables": {"things": {"fields": {"name": {"type": "text"}}}}}
    assert api.ask("PUT", "/bases/desk/definition", {"definition": made})["revision"] == 1
    assert api.ask("POST", "/desk/things", {"fields": {"name": "One"}})["id"]
    error = api.ask("PUT", "/bases/other/definition", {"definition": made}, 422)["error"]
    assert error["problems"][0]["at"] == "/key"
    for word in ("meta", "bases"):  # of addresses of the API
        api.ask("PUT", f"/bases/{word}/definition", {"definition": {**made, "key": word}}, 422)
    api.ask("GET", "/bases/nothing/definition", status=404)


def test_templates_are_listed_and_installed(api: Client) -> None:
    listed = {one["id"]: one for one in api.ask("GET", "/meta/templates")["templates"]}
    assert (listed["crm"]["isInstalled"], listed["crm"]["sampleCount"] > 0) == (False, True)
    one = api.ask("GET", "/meta/templates/orders")
    assert [tables[-1].partition(".")[0] for tables in one["bindings"].values()] == ["orders"] * len(one["bindings"])
    planned = api.ask("POST", "/meta/templates/orders/plan", {})
    assert planned["applies"]
    done = api.ask("POST", "/meta/templates/orders/install", {"samples": False})
    assert done["id"] == "orders"
    assert "orders" in [each["id"] for each in api.ask("GET", "/meta/bases")["bases"]]
    api.ask("POST", "/meta/templates/orders/install", {}, 422)
    api.ask("GET", "/meta/templates/nothing", status=404)


def test_history_of_a_record_and_of_a_table_and_undo(api: Client, order: str) -> None:
    api.ask("PATCH", f"/shop/orders/{order}", {"fields": {"amount": 6, "status": "open"}})
    (other,) = api.create({"number": "A-2"})
    last, first = api.ask("GET", f"/shop/orders/{order}/history")["history"]
    assert (first["kind"], first["by"]["kind"], first["by"]["user"]["name"]) == ("created", "token", "Ada")
    assert (last["before"]["Amount"], last["after"]["Amount"], last["after"]["Status"]) == (5, 6, "Open")
    by_key = api.ask("GET", f"/shop/orders/{order}/history", returnFieldsByFieldId=1)["history"][0]
    assert by_key["after"]["amount"] == 6
    page = api.ask("GET", "/shop/orders/history", pageSize=2)
    assert [one["recordId"] for one in page["history"]] == [other, order]
    rest = api.ask("GET", "/shop/orders/history", pageSize=2, offset=page["offset"])
    assert ([one["kind"] for one in rest["history"]], "offset" in rest) == (["created"], False)
    api.ask("GET", "/shop/orders/rec00000000000000/history", status=404)

    undone = api.ask("POST", f"/meta/transactions/{last['transactionId']}/undo")
    assert undone["recordCount"] == 1
    assert api.ask("GET", f"/shop/orders/{order}")["fields"]["Amount"] == 5
    api.ask("POST", f"/meta/transactions/{undone['transactionId']}/undo")
    assert api.ask("GET", f"/shop/orders/{order}")["fields"]["Amount"] == 6
    assert api.ask("GET", f"/shop/orders/{order}/history")["history"][0]["message"] == "took a change back"
    api.ask("PATCH", f"/shop/orders/{order}", {"fields": {"amount": 7}})
    assert api.refused("POST", f"/meta/transactions/{last['transactionId']}/undo", None, 409) == "CONFLICT"


def test_the_trash_is_listed_emptied_and_gives_back(api: Client) -> None:
    ids = api.create({"number": "A-1"}, {"number": "A-2"}, {"number": "A-3"})
    for record in ids:
        api.ask("DELETE", f"/shop/orders/{record}")
    page = api.ask("GET", "/meta/trash", pageSize=2)
    assert [one["name"] for one in page["things"]] == ["A-3", "A-2"]
    api.ask("POST", "/meta/trash/restore", {"ids": [page["things"][1]["id"]]})
    rest = api.ask("GET", "/meta/trash", pageSize=2, offset=page["offset"])
    assert ([one["key"] for one in rest["things"]], "offset" in rest) == ([ids[0]], False)
    assert [one["id"] for one in api.ask("GET", "/shop/orders")["records"]] == [ids[1]]
    gone = [page["things"][0]["id"], rest["things"][0]["id"]]
    api.ask("DELETE", "/meta/trash", None, 200, **{"ids[]": gone})
    assert api.ask("GET", "/meta/trash")["things"] == []
    api.ask("POST", "/meta/trash/restore", {"ids": gone}, 404)
    assert api.refused("GET", "/meta/trash", offset="x") == "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"


def test_people_invitations_departments_and_roles(installation: Installation, api: Client) -> None:
    home = installation.membership.id
    bo = accounts.add_person(
        installation.stores, home, email="bo@example.com", name="Bo", password="four other words", role="member"
    )
    roles = {"clerk": {"label": "Clerk", "tables": {"orders": {"read": True}}}}
    api.ask("PUT", "/bases/shop/definition", {"definition": {**SHOP, "roles": roles}})
    sales = api.ask("POST", "/meta/departments", {"name": "Sales"})["id"]
    east = api.ask("POST", "/meta/departments", {"name": "East", "parentId": sales, "headId": bo.id})
    assert east["path"] == ["Sales", "East"]
    changed = api.ask(
        "PATCH", f"/meta/people/{bo.id}", {"departmentId": east["id"], "managerId": installation.owner.id}
    )
    assert (changed["departmentId"], changed["managerId"]) == (east["id"], installation.owner.id)
    assert api.ask("PATCH", f"/meta/people/{bo.id}", {"role": "builder"})["role"] == "builder"
    assert [one["name"] for one in api.ask("GET", "/meta/people")["people"]] == ["Ada", "Bo"]
    assert [one["personCount"] for one in api.ask("GET", "/meta/departments")["departments"]] == [0, 1]

    holders = "/bases/shop/roles/clerk/holders"
    assert [one["name"] for one in api.ask("POST", holders, {"email": "bo@example.com"})["people"]] == ["Bo"]
    given = api.ask("POST", holders, {"departmentId": sales, "onlyHead": True})
    assert given["departments"] == [{"id": sales, "name": "Sales", "onlyHead": True}]
    api.ask("DELETE", f"{holders}/{bo.id}")
    api.ask("DELETE", f"{holders}/{bo.id}", status=404)
    (role,) = api.ask("GET", "/bases/shop/roles")["roles"]
    assert (role["people"], len(role["departments"])) == ([], 1)
    assert api.refused("POST", holders, {"email": "nobody@example.com"}, 422)

    made = api.ask("POST", "/meta/invitations", {"role": "guest", "email": "cy@example.com"})
    assert (made["isSent"], "/invitations/" in made["link"]) == (False, True)
    assert [one["email"] for one in api.ask("GET", "/meta/invitations")["invitations"]] == ["cy@example.com"]
    api.ask("DELETE", f"/meta/invitations/{made['id']}")
    assert api.ask("GET", "/meta/invitations")["invitations"] == []
    api.ask("DELETE", f"/meta/people/{bo.id}")
    assert [one["name"] for one in api.ask("GET", "/meta/people")["people"]] == ["Ada"]
    api.ask("DELETE", f"/meta/people/{installation.owner.id}", status=403)  # the last owner


def test_views_are_made_changed_and_asked_through(api: Client) -> None:
    api.create({"number": "A-1", "status": "open"}, {"number": "A-2", "status": "paid"})
    condition = {"field": "status", "op": "is", "value": "open"}
    made = api.ask("POST", "/meta/bases/shop/tables/orders/views", {"name": "Open", "options": {"filter": condition}})
    assert (made["name"], made["type"], made["options"]["filter"]) == ("Open", "grid", condition)
    found = api.ask("GET", "/shop/orders", view=made["id"])["records"]
    assert [one["fields"]["Order number"] for one in found] == ["A-1"]
    path = f"/meta/bases/shop/views/{made['id']}"
    changed = api.ask("PATCH", path, {"name": "All of them", "options": {"filter": None, "sort": ["-number"]}})
    assert (changed["name"], changed["options"]) == ("All of them", {"sort": ["-number"]})
    found = api.ask("GET", "/shop/orders", view="All of them")["records"]
    assert [one["fields"]["Order number"] for one in found] == ["A-2", "A-1"]
    assert api.ask("GET", path)["options"] == {"sort": ["-number"]}
    api.ask("PATCH", path, {"options": {"filter": {"field": "nope", "op": "is", "value": 1}}}, 422)
    api.ask("DELETE", path)
    api.ask("GET", path, status=404)


def test_forms_are_opened_and_closed(installation: Installation, api: Client) -> None:
    definition = copy.deepcopy(SHOP)
    definition["tables"]["orders"]["forms"] = {"desk": {"label": "Desk", "fields": ["number"]}}
    api.ask("PUT", "/bases/shop/definition", {"definition": definition})
    (form,) = api.ask("GET", "/bases/shop/forms")["forms"]
    assert (form["id"], form["public"], "url" in form) == ("orders.desk", False, False)
    opened = api.ask("PATCH", "/bases/shop/forms/orders.desk", {"public": True, "most": 1})
    answer = TestClient(installation.app).get(opened["url"].partition("8000")[2])
    assert (answer.status_code, opened["most"]) == (200, 1)
    assert api.ask("PATCH", "/bases/shop/forms/orders.desk", {"most": None})["most"] is None
    api.ask("PATCH", "/bases/shop/forms/orders.desk", {"closes": "tomorrow"}, 422)
    api.ask("PATCH", "/bases/shop/forms/orders.desk", {"nothing": 1}, 422)


def test_automations_are_switched_and_their_runs_read(api: Client) -> None:
    watch = {
        "label": "Watch",
        "enabled": False,
        "trigger": {"type": "record_created", "table": "customers"},
        "steps": {"tell": {"action": "notify", "to": "={created_by}", "message": "A customer"}},
    }
    api.ask("PUT", "/bases/shop/definition", {"definition": {**SHOP, "automations": {"watch": watch}}})
    (one,) = api.ask("GET", "/bases/shop/automations")["automations"]
    assert (one["enabled"], len(one["sentences"])) == (False, 2)
    assert api.ask("PATCH", "/bases/shop/automations/watch", {"enabled": True})["enabled"]
    customers = api.create({"name": "Acme"}, {"name": "Beta"}, table="customers")
    page = api.ask("GET", "/bases/shop/runs", automation="watch", pageSize=1)
    assert page["runs"][0]["recordId"] == customers[1]
    (run,) = api.ask("GET", "/bases/shop/runs", pageSize=1, offset=page["offset"])["runs"]
    assert run == api.ask("GET", "/bases/shop/runs", record=customers[0])["runs"][0]
    assert (run["status"], api.ask("GET", f"/bases/shop/runs/{run['id']}")["steps"]) == ("waiting", [])
    assert api.refused("POST", f"/bases/shop/runs/{run['id']}/retry", None, 409) == "CONFLICT"
    assert not api.ask("PATCH", "/bases/shop/automations/watch", {"enabled": False})["enabled"]
    api.create({"name": "Quiet"}, table="customers")
    assert len(api.ask("GET", "/bases/shop/runs")["runs"]) == 2
    (run,) = api.ask("POST", "/bases/shop/automations/watch/run", {"records": customers[:1]})["runs"]
    assert (run["status"], run["recordId"]) == ("waiting", customers[0])
    gone = api.ask("POST", "/bases/shop/automations/watch/run", {"records": ["rec00000000000000"]}, 422)
    assert "no such record" in gone["error"]["message"]
    api.ask("GET", "/bases/shop/automations/nothing", status=404)


def test_changing_apps_and_people_are_rights_of_their_own(installation: Installation) -> None:
    def client(scope: Scope) -> Client:
        made = api_tokens.create(
            installation.stores, installation.owner.id, installation.membership.id, "x", scope=scope
        )
        return Client(TestClient(installation.app), made[1])

    plain, building, people = client(Scope()), client(Scope(builds=True)), client(Scope(people=True))
    one = {"definition": {**SHOP, "label": "Called"}}
    for each in (plain, people):
        each.ask("PUT", "/bases/shop/definition", one, 403)
        each.ask("GET", "/bases/shop/automations", status=403)
    for each in (plain, building):
        each.ask("GET", "/meta/people", status=403)
        each.ask("POST", "/meta/departments", {"name": "Sales"}, 403)
    building.ask("PUT", "/bases/shop/definition", one)
    people.ask("POST", "/meta/departments", {"name": "Sales"})
    assert plain.ask("GET", "/bases/shop/definition")["definition"]["label"] == "Called"
    some = client(Scope(within=("shop.orders",)))
    some.ask("GET", "/bases/shop/definition", status=403)  # it tells of other tables
    some.ask("GET", "/bases/shop/revisions", status=403)
    plain.create({"name": "Acme"}, table="customers")
    order = plain.create({"number": "A-1"})[0]
    plain.ask("DELETE", f"/shop/orders/{order}")
    building.ask("DELETE", "/meta/bases/shop/views/orders.paid")
    assert [thing["name"] for thing in some.ask("GET", "/meta/trash")["things"]] == ["A-1"]


def test_a_file_is_brought_before_its_record(installation: Installation, api: Client) -> None:
    definition = copy.deepcopy(SHOP)
    definition["tables"]["orders"]["fields"]["papers"] = {"type": "attachment", "required": True, "label": "Papers"}
    api.ask("PUT", "/bases/shop/definition", {"definition": definition})
    content = base64.b64encode(b"words").decode()
    brought = api.ask("POST", "/meta/files", {"filename": "a.txt", "file": content})
    assert (brought["filename"], brought["size"], brought["type"]) == ("a.txt", 5, "text/plain")
    (order,) = api.create({"number": "A-1", "Papers": [{"id": brought["id"]}]})
    (held,) = api.ask("GET", f"/shop/orders/{order}")["fields"]["Papers"]
    assert held["id"] == brought["id"]
    url = api.ask("GET", f"/meta/files/{brought['id']}")["url"]
    assert TestClient(installation.app).get(url.partition("8000")[2]).content == b"words"
    assert api.refused("POST", "/meta/files", {"filename": "a.txt", "file": "%%%"}) == "INVALID_REQUEST_UNKNOWN"
    api.ask("GET", "/meta/files/fil00000000000000", status=404)


def test_an_invitation_that_is_sent_twice_under_one_name_is_one(api: Client) -> None:
    headers = {"Authorization": f"Bearer {api.token}", "Idempotency-Key": "one"}
    first, again = (api.http.post("/v0/meta/invitations", json={"role": "guest"}, headers=headers) for _each in "ab")
    assert first.json() == again.json()
    assert len(api.ask("GET", "/meta/invitations")["invitations"]) == 1


def test_a_number_that_no_database_holds_is_refused(api: Client, order: str) -> None:
    for path in ("/shop/orders/history", f"/shop/orders/{order}/history", "/bases/shop/revisions"):
        assert api.refused("GET", path, offset=10**30) == "INVALID_REQUEST_UNKNOWN"
    assert api.refused("GET", "/shop/orders", maxRecords=10**30) == "INVALID_REQUEST_UNKNOWN"
    assert api.refused("GET", "/bases/shop/revisions/1/changes", since=10**30) == "INVALID_REQUEST_UNKNOWN"
