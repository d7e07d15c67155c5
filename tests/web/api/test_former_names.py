"""Names that were changed go on working in requests, unless something else is called so by now."""

from __future__ import annotations

from tests.web.api.conftest import Client, Installation


def _rename(api: Client, path: str, name: str) -> None:
    api.ask("PATCH", f"/meta/bases/shop/tables/{path}", {"name": name})


def test_a_field_is_found_by_the_name_that_it_had(installation: Installation, api: Client) -> None:
    (order,) = api.create({"Order number": "A-1", "Amount": 5})
    _rename(api, "orders/fields/amount", "Net value")
    _rename(api, "orders/fields/amount", "Worth")
    for name in ("amount", "Worth", "Net value", "Amount"):
        api.ask("PATCH", f"/shop/orders/{order}", {"fields": {name: 7}})
        asked = {"fields": [name], "sort": [{"field": name}], "filterByFormula": f"{{{name}}} = 7"}
        found = api.ask("POST", "/shop/orders/listRecords", asked)["records"]
        assert [one["fields"] for one in found] == [{"Worth": 7}], name
    assert api.ask("GET", "/shop/orders/groups", sum="Amount")["groups"][0]["sum"] == {"Amount": 7}
    # From the store, too, not only from the memory of who renamed it.
    installation.stores.workspace(installation.membership.id)._layout = None
    assert api.ask("GET", "/shop/orders", filterByFormula="{Amount} = 7")["records"]


def test_over_a_link_it_is_found_too(api: Client) -> None:
    (acme,) = api.create({"Name": "Acme"}, table="customers")
    api.create({"Order number": "A-1", "customer": [acme]})
    _rename(api, "customers/fields/name", "Called")
    assert api.ask("GET", "/shop/orders", filterByFormula="{customer.Name} = 'Acme'")["records"]


def test_whoever_is_called_so_now_comes_first(api: Client) -> None:
    (customer,) = api.create({"Name": "Acme", "Code": "c"}, table="customers")
    _rename(api, "customers/fields/name", "Title")
    _rename(api, "customers/fields/code", "Name")
    (found,) = api.ask("GET", "/shop/customers", filterByFormula="{Name} = 'c'")["records"]
    assert found["fields"] == {"Title": "Acme", "Name": "c", "Spent": 0}
    api.ask("PATCH", f"/shop/customers/{customer}", {"fields": {"Name": "d"}})
    _rename(api, "customers/fields/code", "Number")
    (found,) = api.ask("GET", "/shop/customers", filterByFormula="{Name} = 'd'")["records"]
    assert found["fields"]["Number"] == "d"  # the last one who was called so


def test_a_table_is_found_by_the_name_that_it_had(api: Client) -> None:
    (customer,) = api.create({"Name": "Acme"}, table="customers")
    _rename(api, "customers", "Clients")
    for name in ("customers", "Clients", "Customers"):
        assert api.ask("GET", f"/shop/{name}/{customer}")["id"] == customer
    assert api.refused("GET", "/shop/Nothing", status=404) == "TABLE_NOT_FOUND"
