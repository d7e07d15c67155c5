from __future__ import annotations

import copy
import json

from tests.engine.cli.conftest import SHOP, CommandLine


def test_roles_are_given_and_taken(formwork: CommandLine) -> None:
    formwork("person add --email bo@example.com --name Bo --role member")
    document = {**copy.deepcopy(SHOP), "roles": {"clerk": {"tables": {"customers": {"read": True}}}}}
    assert formwork("apply -", stdin=json.dumps(document)) == (
        "- Adds the role clerk.\n- Role clerk: may now read all records of Customers.\n"
    )
    seen = {one["email"]: one["shown"] for one in formwork.json("role list shop")}
    assert seen == {"ada@example.com": "everything", "bo@example.com": "nothing"}
    assert formwork.refused("query shop.customers --as bo@example.com")
    assert formwork("role give shop.clerk bo@example.com") == "bo@example.com has the role shop.clerk now.\n"
    assert formwork.json("query shop.customers --as bo@example.com") == []
    assert formwork.refused("query shop.orders --as bo@example.com")
    assert [one["given"] for one in formwork.json("role list shop")] == [[], ["shop.clerk"]]
    formwork("role take shop.clerk bo@example.com")
    assert formwork.refused("query shop.customers --as bo@example.com")
    assert "gave the role Clerk to Bo" in formwork("audit list")


def test_a_file_is_brought_in_by_the_role_of_who_brings_it(formwork: CommandLine) -> None:
    formwork("person add --email bo@example.com --name Bo --role member")
    document = copy.deepcopy(SHOP)
    mine = "={owner} = ME()"
    orders = {"read": mine, "create": mine, "update": mine, "fields": {"amount": "hidden"}}
    formwork("apply -", stdin=json.dumps({**document, "roles": {"clerk": {"tables": {"orders": orders}}}}))
    formwork("role give shop.clerk bo@example.com")
    formwork("record create shop.orders number=A-1 amount=5")
    formwork("record create shop.orders number=A-2 --as bo@example.com")
    text = "Order number,Urgent\nA-1,yes\nA-2,yes\n"
    formwork("import shop.orders - --match number --as bo@example.com", stdin=text)
    found = formwork.json("query shop.orders --sort number --fields number --fields urgent --fields amount")
    assert [(one["number"], one["urgent"], one["amount"]) for one in found] == [
        ("A-1", False, 5),
        ("A-1", True, None),
        ("A-2", True, None),
    ]
    assert [one["number"] for one in formwork.json("query shop.orders --sort number --as bo@example.com")] == [
        "A-1",
        "A-2",
    ]


def test_what_there_is_not(formwork: CommandLine) -> None:
    assert formwork.refused("role give shop.nope ada@example.com") == ["There is no role shop.nope."]
    assert formwork.refused("role list nope") == ["The app nope is not installed."]
    assert formwork.refused("role give shop.nope x@example.com") == [
        "There is no account with the address x@example.com."
    ]


def test_a_department_has_a_role(formwork: CommandLine) -> None:
    formwork("person add --email bo@example.com --name Bo --role member")
    document = {**copy.deepcopy(SHOP), "roles": {"clerk": {"tables": {"customers": {"read": True}}}}}
    formwork("apply -", stdin=json.dumps(document))
    formwork("department add Sales")
    formwork("department assign Sales bo@example.com")
    says = formwork("role give shop.clerk --department Sales")
    assert says == "The department Sales has the role shop.clerk now.\n"
    assert formwork.json("query shop.customers --as bo@example.com") == []
    _ada, bo, sales = formwork.json("role list shop")
    assert (bo["through"], bo["roles"]) == ([{"role": "shop.clerk", "department": "Sales"}], ["shop.clerk"])
    assert (sales["department"], sales["given"], sales["only_head"]) == ("Sales", ["shop.clerk"], False)
    formwork("role give shop.clerk --department Sales --only-head")
    assert formwork.refused("query shop.customers --as bo@example.com")
    formwork("department assign Sales --head bo@example.com")
    assert formwork.json("query shop.customers --as bo@example.com") == []
    formwork("role take shop.clerk --department Sales")
    assert formwork.refused("query shop.customers --as bo@example.com")
    whose = ["Say whose role it is: an e-mail address, or --department."]
    assert formwork.refused("role give shop.clerk", 2) == whose
    assert formwork.refused("role take shop.clerk bo@example.com --department Sales", 2) == whose
    assert formwork.refused("role give shop.clerk bo@example.com --only-head", 2)


def test_one_looks_as_somebody_with_roles(formwork: CommandLine) -> None:
    formwork("person add --email bo@example.com --name Bo --role member")
    document = copy.deepcopy(SHOP)
    mine = {"orders": {"read": "={owner} = ME()", "create": True, "update": True, "fields": {"amount": "hidden"}}}
    formwork("apply -", stdin=json.dumps({**document, "roles": {"clerk": {"tables": mine}}}))
    formwork("record create shop.orders number=A-1")
    formwork("role give shop.clerk bo@example.com")
    formwork("record create shop.orders number=A-2 --as bo@example.com")
    formwork("role take shop.clerk bo@example.com")
    assert formwork.json("query shop.orders --as-role shop.clerk") == []
    found = formwork.json("query shop.orders --as-role shop.clerk --as bo@example.com")
    assert [(one["number"], "amount" in one) for one in found] == [("A-2", False)]
    assert formwork.refused("record create shop.orders number=A-3 --as-role shop.clerk") == [
        "You look as somebody else, and can change nothing meanwhile. End that first."
    ]
    assert formwork.refused("query shop.orders --as-role shop.nope") == ["There is no role shop.nope."]
    assert formwork.refused("verify --as bo@example.com") == [
        "Only owners and builders can change this. Ask one of them."
    ]


def test_access_tests_are_told_by_check_plan_apply_and_test(formwork: CommandLine) -> None:
    read = {"tables": {"customers": {"read": True}}}
    given = {"a": {"table": "customers", "values": {"name": "A"}}}
    see = {"label": "Clerks see customers", "as": {"roles": ["clerk"]}, "given": given, "sees": ["a"]}
    document = {**copy.deepcopy(SHOP), "roles": {"clerk": read}, "access_tests": {"see": see}}
    formwork("apply -", stdin=json.dumps(document))
    assert "holds" in formwork("access test shop")
    assert formwork.json("access test shop")[0]["holds"] is True
    document["roles"] = {"clerk": {"tables": {"orders": {"read": True}}}}
    broken = json.dumps(document)
    told = "/access_tests/see/sees/0: Clerks see customers: `a` is not seen."
    assert formwork.refused("check -", stdin=broken) == [told]
    formwork("plan -", 1, stdin=broken)
    assert told in formwork.last.complained
    assert formwork.json("plan -", 1, stdin=broken)["broken"][0]["at"] == "/access_tests/see/sees/0"
    assert formwork.refused("apply -", stdin=broken) == [
        told,
        "Nothing was changed. If this is what you want, add --despite-access-tests.",
    ]
    assert formwork("apply - --despite-access-tests", stdin=broken)
    assert "although its access tests fail" in formwork("audit list")
    formwork("access test shop", 1)
    assert "does not hold" in formwork.last.printed


def test_why_somebody_may_or_may_not(formwork: CommandLine) -> None:
    formwork("person add --email bo@example.com --name Bo --role member")
    document = copy.deepcopy(SHOP)
    rule = {"any": ["={owner} = ME()", {"field": "status", "op": "is", "value": "paid"}]}
    clerk = {"label": "Clerk", "tables": {"orders": {"read": rule, "fields": {"amount": "hidden"}}}}
    lead = {"tables": {"orders": {"read": True, "update": True}}}
    formwork("apply -", stdin=json.dumps({**document, "roles": {"clerk": clerk, "lead": lead}}))
    formwork("role give shop.clerk bo@example.com")
    formwork("record create shop.orders number=A-1 status=open")
    (order,) = [one["id"] for one in formwork.json("query shop.orders")]
    said = formwork(f"role why bo@example.com shop.orders {order}")
    assert said.split("change: ")[0] == (
        "see: no\n"
        "  No role of Bo allows it for this record.\n"
        "  - Clerk  /roles/clerk/tables/orders/read\n"
        "    - one of these\n"
        "      - {owner} = ME()\n"
        "          Owner: Ada\n"
        "          ME(): Bo\n"
        "      - status is paid\n"
        "          Status: Open\n"
        "  What would change it:\n"
        "    Make Bo the Owner.\n"
        "    It would be so if this held: status is paid\n"
        "    Give Bo the role Lead.\n"
    )
    answer = formwork.json(f"role why bo@example.com shop.orders {order} --field amount")
    assert [one["at"] for one in answer["see"]["roles"]] == ["/roles/clerk/tables/orders/fields/amount"]
    assert answer["see"]["may"] is False
    assert formwork.json(f"role why shop.clerk,shop.lead shop.orders {order}")["change"]["may"] is True
    assert "ME(): nothing" in formwork(f"role why shop.clerk shop.orders {order}")
    formwork("person disable bo@example.com")
    assert formwork(f"role why bo@example.com shop.orders {order}").startswith(
        "see: no\n  The account of Bo is switched off.\n"
    )
    assert formwork.refused(f"role why nobody@example.com shop.orders {order}")
    assert formwork.refused("role why shop.nope shop.orders rec1") == ["There is no role shop.nope."]
    assert formwork.refused(f"role why shop.clerk shop.orders {order} --as-role shop.lead")
