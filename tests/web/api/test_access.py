"""Who may what with a record, and why, asked by a program."""

from __future__ import annotations

import copy

from engine import accounts, apps, roles
from engine.access.principals import person
from tests.web.api.conftest import SHOP, Client, Installation

CLERK = {"label": "Clerk", "tables": {"orders": {"read": "={owner} = ME()", "fields": {"amount": "hidden"}}}}


def test_who_may_and_why(installation: Installation, api: Client) -> None:
    stores, home, owner = installation.stores, installation.membership.id, person(installation.owner.id, "owner")
    bo = accounts.add_person(
        stores, home, email="bo@example.com", name="Bo", password="four other words", role="member"
    )
    with stores.workspace(home).write(owner) as session:
        apps.apply(session, {**copy.deepcopy(SHOP), "roles": {"clerk": CLERK}})
        roles.give(session, "shop.clerk", bo.id)
    (order,) = api.create({"number": "A-1", "owner": installation.owner.id, "amount": 5})
    path = f"/shop/orders/{order}/access"
    assert {one["email"]: (one["everything"], one["roles"], one["may"]) for one in api.ask("GET", path)["access"]} == {
        "ada@example.com": (True, [], {"see": True, "change": True, "delete": True}),
        "bo@example.com": (False, ["shop.clerk"], {"see": False, "change": False, "delete": False}),
    }
    first = api.ask("GET", path, pageSize="1")
    assert ([one["email"] for one in first["access"]], first["offset"]) == (["ada@example.com"], installation.owner.id)
    assert [one["email"] for one in api.ask("GET", path, offset=first["offset"])["access"]] == ["bo@example.com"]
    see = api.ask("GET", path, person="bo@example.com")["verdicts"]["see"]
    assert see == {
        "may": False,
        "says": ["No role of Bo allows it for this record."],
        "roles": [
            {
                "role": "shop.clerk",
                "at": "/roles/clerk/tables/orders/read",
                "allows": False,
                "says": {
                    "at": "/roles/clerk/tables/orders/read",
                    "rule": "{owner} = ME()",
                    "holds": False,
                    "values": {"owner": [installation.owner.id]},
                    "asks": {"ME": ["Bo"]},
                },
            }
        ],
        "would": ["Make Bo the Owner."],
    }
    of_field = api.ask("GET", path, person=bo.id, field="Amount")["verdicts"]
    assert list(of_field) == ["see", "change"]
    assert of_field["see"]["roles"][0]["says"] == "hidden"
    nobody = api.ask("GET", path, roles="shop.clerk")["verdicts"]["see"]
    assert (nobody["may"], nobody["would"]) == (False, ["It would be so if this held: {owner} = ME()"])
    assert api.refused("GET", path, status=422, person=bo.id, field="Nope") == "UNKNOWN_FIELD_NAME"
    api.ask("GET", path, status=404, roles="shop.nope")
    api.ask("GET", "/shop/orders/rec00000000000000/access", status=404)
    installation.client(bo).ask("GET", path, status=403)
