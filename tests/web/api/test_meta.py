from __future__ import annotations

from engine import accounts
from engine.field_types import field_types
from tests.web.api.conftest import Client, Installation
from web.api.field_configs import _KINDS


def test_who_asks(api: Client, installation: Installation) -> None:
    reads = ["data.records:read", "data.recordComments:read", "schema.bases:read"]
    scopes = [*reads, "data.records:write", "data.recordComments:write", "schema.bases:write", "webhook:manage"]
    scopes += ["workspacesAndBases:manage"]
    expected = {"id": installation.owner.id, "email": "ada@example.com", "scopes": scopes}
    assert api.ask("GET", "/meta/whoami") == expected
    assert api.ask("GET", "/meta/nonsense", status=404) == {"error": "NOT_FOUND"}


def test_apps_are_bases(api: Client, installation: Installation) -> None:
    base = {"id": "shop", "name": "Shop", "permissionLevel": "create"}
    assert api.ask("GET", "/meta/bases") == {"bases": [base]}
    guest = accounts.add_person(
        installation.stores,
        installation.membership.id,
        email="g@example.com",
        name="Gil",
        password="long enough 1",
        role="guest",
    )
    assert installation.client(guest).ask("GET", "/meta/bases")["bases"][0]["permissionLevel"] == "read"


def test_tables_with_fields_and_views(api: Client) -> None:
    customers, orders = api.ask("GET", "/meta/bases/shop/tables")["tables"]
    assert (customers["id"], customers["name"], customers["primaryFieldId"]) == ("customers", "Customers", "name")
    assert orders["views"][1] == {"id": "orders.paid", "name": "Paid ones", "type": "grid"}
    fields = {one["id"]: one for one in orders["fields"]}
    assert fields["number"] == {"id": "number", "name": "Order number", "type": "singleLineText"}
    assert fields["amount"]["options"] == {"precision": 2}
    assert fields["status"]["options"]["choices"][1] == {"id": "paid", "name": "Paid up", "color": "grayLight2"}
    assert fields["customer"]["options"] == {
        "linkedTableId": "customers",
        "isReversed": False,
        "prefersSingleRecordLink": True,
        "inverseLinkFieldId": "orders",
    }
    assert fields["total"]["options"]["referencedFieldIds"] == ["amount", "quantity"]
    assert fields["total"]["options"]["result"] == {"type": "number", "options": {"precision": 8}}
    assert fields["statuses"]["options"]["result"]["type"] == "singleSelect"
    by_key = {one["id"]: one for one in customers["fields"]}
    assert by_key["spent"]["type"] == "rollup"
    assert by_key["orders"]["options"]["isReversed"] is True
    views = api.ask("GET", "/meta/bases/shop/tables", include="visibleFieldIds")["tables"][1]["views"]
    assert views[1]["visibleFieldIds"] == ["number"]
    assert api.ask("GET", "/meta/bases/nope/tables", status=404) == {"error": "NOT_FOUND"}


def test_every_field_type_has_a_name_for_clients() -> None:
    like_others = {"link", "any_link", "parent", "line_items", "formula", "rollup", "lookup", "snapshot"}
    assert set(field_types) - like_others <= set(_KINDS)
