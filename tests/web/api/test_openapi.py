"""What the API says of itself, and whether its answers are true to that (T-BAD-02, T-INV-01)."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance
from starlette.testclient import TestClient

from engine import api_tokens, apps
from engine.access.principals import person
from engine.access.scopes import Scope
from tests.web.api.conftest import SHOP, Client, Installation
from tests.web.api.test_kinds import THINGS
from tests.web.matrix.asking import taken_back
from tests.web.routes import operations

TABLES = ("customers", "orders", "things")
BOUNDED = settings(
    max_examples=max(settings().max_examples // 20, 1),
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    deadline=None,
)


ORDERS = {**SHOP["tables"]["orders"], "forms": {"desk": {"label": "Desk", "fields": ["number"], "public": True}}}
WITH_ALL = {
    **SHOP,
    "tables": {**SHOP["tables"], "orders": ORDERS, "things": THINGS},
    "roles": {"clerk": {"label": "Clerk", "tables": {"orders": {"read": True}}}},
    "automations": {
        "watch": {
            "label": "Watch",
            "trigger": {"type": "record_created", "table": "customers"},
            "steps": {"tell": {"action": "notify", "to": "={created_by}", "message": "A customer"}},
        }
    },
}


@pytest.fixture
def described(installation: Installation) -> Client:
    """The shop with a table that has fields of most types, and a record in each table."""
    workspace = installation.stores.workspace(installation.membership.id)
    with workspace.write(person(installation.owner.id, "owner")) as session:
        apps.apply(session, WITH_ALL)
    client = installation.client()
    (acme,) = client.create({"Name": "Acme"}, table="customers")
    client.create({"number": "1", "customer": [acme], "amount": 5, "status": "open", "day": "2026-03-01"})
    client.create({"Name": "a", "Tags": ["Red"], "About": [acme], "Stars": 2}, table="things")
    return client


def test_each_table_is_typed_by_its_fields(described: Client) -> None:
    document = described.ask("GET", "/shop/openapi.json")
    assert (document["openapi"], document["info"]["title"]) == ("3.1.0", "Shop")
    schemas = document["components"]["schemas"]
    read = schemas["orders.fields"]["properties"]
    assert read["Status"]["enum"] == ["Open", "Paid up"]
    assert read["Amount"] == {"title": "amount", "type": "number"}
    assert read["Customer"]["items"]["$ref"] == "#/components/schemas/RecordId"
    written = schemas["orders.written"]["properties"]
    assert "Total" not in written
    assert "Amount" in written
    assert {f"/shop/{table}" for table in TABLES} <= set(document["paths"])
    described.ask("GET", "/nothing/openapi.json", status=404)


def test_to_whom_little_is_shown_little_is_described(installation: Installation, described: Client) -> None:
    scope = Scope(within=("shop.customers",))
    home, owner = installation.membership.id, installation.owner.id
    secret = api_tokens.create(installation.stores, owner, home, "scoped", scope=scope)[1]
    document = Client(TestClient(installation.app), secret).ask("GET", "/shop/openapi.json")
    assert "Spent" not in str(document)
    assert "orders" not in str(document)


def test_every_route_is_described_and_nothing_else(installation: Installation, described: Client) -> None:
    """T-INV-01."""
    paths = described.ask("GET", "/shop/openapi.json")["paths"]
    told = {(method.upper(), path) for path, found in paths.items() for method in found if method != "parameters"}
    routes = set()
    for method, path in operations(installation.app):
        if path.startswith("/v0/") and method != "OPTIONS":
            of = path.removeprefix("/v0").replace("{app}", "shop")
            tables = TABLES if of.startswith("/shop/{table}") else ("{table}",)
            routes |= {(method, of.replace("{table}", table)) for table in tables}
    assert told == routes
    assert len(told) > 100


def test_every_operation_answers_as_it_is_described(installation: Installation, described: Client) -> None:
    """Each finds everything as it was: what one does is taken back."""
    headers = {"Authorization": f"Bearer {described.token}"}
    document = described.ask("GET", "/shop/openapi.json")
    known = _things(installation, described)
    for path, operations_of in document["paths"].items():
        for one in [*operations_of["parameters"], *operations_of.get("get", {}).get("parameters", ())]:
            held = known.get(f"{one['name']} of {path.split('/')[2]}") or known.get(one["name"])
            one["schema"] = {"enum": [held]} if held else one["schema"]
    schema = schemathesis.openapi.from_dict(document)
    schema.app = installation.app
    schema.config.update(base_url="http://testserver/v0")
    visited: set[str] = set()
    statuses: dict[str, set[int]] = {}
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]

        @settings(BOUNDED, max_examples=1 if "/templates/" in operation.label else BOUNDED.max_examples)
        @given(case=operation.as_strategy())
        def visit(case: Any) -> None:
            answer = case.call(headers=headers, timeout=120)
            statuses.setdefault(case.operation.label, set()).add(answer.status_code)
            case.validate_response(answer, checks=[not_a_server_error, response_schema_conformance], headers=headers)

        with taken_back():
            visit()
        visited.add(operation.label)
    assert len(visited) == sum(len(set(one) - {"parameters"}) for one in document["paths"].values())
    asked_nothing = {label for label, met in statuses.items() if label.startswith("GET") and 200 not in met}
    assert asked_nothing == set()


def _things(installation: Installation, client: Client) -> dict[str, str]:
    """What the parameters of paths may be, each once: `record of orders` before `record`."""
    home, owner = installation.membership.id, installation.owner.id
    found = {f"record of {table}": client.ask("GET", f"/shop/{table}")["records"][0]["id"] for table in TABLES}
    record = found["record of orders"]
    client.ask("PATCH", f"/shop/orders/{record}", {"fields": {"amount": 6}})
    (gone,) = client.create({"name": "Gone"}, table="customers")
    client.ask("DELETE", f"/shop/customers/{gone}")
    department = client.ask("POST", "/meta/departments", {"name": "Sales"})["id"]
    client.ask("POST", "/bases/shop/roles/clerk/holders", {"departmentId": department})
    asks = {"options": {"filters": {"dataTypes": ["tableData"]}}}
    for table in TABLES:
        path = f"/shop/{table}/{found[f'record of {table}']}/comments"
        found[f"comment of {table}"] = client.ask("POST", path, {"text": "Said"})["id"]
    return found | {
        "app": "shop",
        "record": record,
        "view": "orders.all",
        "field": "amount",
        "template": "crm",
        "number": "1",
        "since": "1",
        "workspace": home,
        "user": owner,
        "automation": "watch",
        "role": "clerk",
        "holder": department,
        "department": department,
        "form": "orders.desk",
        "run": client.ask("GET", "/bases/shop/runs")["runs"][0]["id"],
        "thing": client.ask("GET", "/meta/trash")["things"][0]["id"],
        "transaction": client.ask("GET", f"/shop/orders/{record}/history")["history"][0]["transactionId"],
        "invitation": client.ask("POST", "/meta/invitations", {"role": "guest"})["id"],
        "file": client.ask("POST", "/meta/files", {"filename": "a.txt", "file": "d29yZHM="})["id"],
        "hook": client.ask("POST", "/bases/shop/webhooks", {"specification": asks})["id"],
    }
