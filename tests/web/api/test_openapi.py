"""What the API says of itself, and whether its answers are true to that."""

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

TABLES = ("customers", "orders", "things")
BOUNDED = settings(
    max_examples=max(settings().max_examples // 20, 1),
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    deadline=None,
)


@pytest.fixture
def described(installation: Installation) -> Client:
    """The shop with a table that has fields of most types, and a record in each table."""
    workspace = installation.stores.workspace(installation.membership.id)
    with workspace.write(person(installation.owner.id, "owner")) as session:
        apps.apply(session, {**SHOP, "tables": {**SHOP["tables"], "things": THINGS}})
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


def test_every_operation_answers_as_it_is_described(installation: Installation, described: Client) -> None:
    headers = {"Authorization": f"Bearer {described.token}"}
    document = described.ask("GET", "/shop/openapi.json")
    for path, operations in document["paths"].items():  # records that there are
        for one in operations.get("parameters", ()):
            held = described.ask("GET", f"/shop/{path.split('/')[2]}")["records"]
            one["schema"] = {"enum": [each["id"] for each in held]}
    schema = schemathesis.openapi.from_dict(document)
    schema.app = installation.app
    schema.config.update(base_url="http://testserver/v0")
    visited: set[str] = set()
    statuses: set[tuple[str, int]] = set()
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]

        @BOUNDED
        @given(case=operation.as_strategy())
        def visit(case: Any) -> None:
            answer = case.call(headers=headers)
            statuses.add((case.method, answer.status_code))
            case.validate_response(answer, checks=[not_a_server_error, response_schema_conformance], headers=headers)

        visit()
        visited.add(operation.label)
    assert {("GET", 200), ("POST", 200)} <= statuses
    assert len(visited) == sum(len(set(one) - {"parameters"}) for one in document["paths"].values())
