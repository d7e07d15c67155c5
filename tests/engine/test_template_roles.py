"""The roles that templates bring, as people of a small company have them."""

from __future__ import annotations

from typing import Any

import pytest

from engine import catalog, departments, people, records, roles
from engine.access.principals import Principal, person
from engine.errors import NotFound, Refused
from engine.people import Person
from engine.queries import Query
from engine.storage.stores import Workspace
from tests.support.workspaces import OWNER_ID

BO, CAI, DEE, GUS = "usr00000000000002", "usr00000000000003", "usr00000000000004", "usr00000000000005"
AS_BO, AS_CAI, AS_DEE, AS_GUS = person(BO), person(CAI), person(DEE), person(GUS, "guest")


@pytest.fixture
def company(workspace: Workspace, owner: Principal) -> Workspace:
    """Bo sells in East, which Cai heads; Dee keeps the money. CRM and Orders are installed."""
    with workspace.write(owner) as session:
        people.mirror(
            session,
            [
                Person(OWNER_ID, "Ada", "ada@example.com", "owner"),
                Person(BO, "Bo", "bo@example.com", "member"),
                Person(CAI, "Cai", "cai@example.com", "member"),
                Person(DEE, "Dee", "dee@example.com", "member"),
                Person(GUS, "Gus", "gus@example.com", "guest"),
            ],
        )
        catalog.install(session, "crm", samples=False)
        catalog.install(session, "orders", samples=False)
        east = departments.create(session, "East", head=CAI)
        departments.assign(session, [BO], east)
        roles.give(session, "crm.lead", CAI)
        roles.give(session, "crm.finance", DEE)
        roles.give(session, "orders.finance", DEE)
    return workspace


def create(company: Workspace, by: Principal, table: str, **values: Any) -> str:
    with company.write(by) as session:
        return records.create(session, table, [values])[0]


def update(company: Workspace, by: Principal, table: str, record: str, **values: Any) -> None:
    with company.write(by) as session:
        records.update(session, table, {record: values})


def seen(company: Workspace, by: Principal, table: str, field: str = "name") -> list[Any]:
    with company.read(by) as session:
        return sorted(one.values[field] for one in records.find(session, Query(table)).records)


def refusals(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [str(one.says) for one in refused.value.problems]


def test_members_begin_as_sales_reps_and_guests_see_nothing(company: Workspace, owner: Principal) -> None:
    create(company, owner, "crm.accounts", name="Ada's")
    create(company, AS_BO, "crm.accounts", name="Bo's")
    assert seen(company, AS_BO, "crm.accounts") == ["Bo's"]
    assert seen(company, AS_CAI, "crm.accounts") == ["Bo's"]  # whose department is Cai's
    assert seen(company, AS_DEE, "crm.accounts") == seen(company, owner, "crm.accounts") == ["Ada's", "Bo's"]
    with pytest.raises(NotFound):
        seen(company, AS_GUS, "crm.accounts")
    with company.write(owner) as session:
        roles.give(session, "crm.directory", GUS)
    assert seen(company, AS_GUS, "crm.accounts") == ["Ada's", "Bo's"]
    with company.read(AS_GUS) as session:
        assert "won_amount" not in session.layout.table("crm.accounts").fields


def test_a_customer_shared_with_a_rep_is_theirs_to_work_on(company: Workspace, owner: Principal) -> None:
    account = create(company, owner, "crm.accounts", name="Ada's", collaborators=[BO])
    create(company, owner, "crm.contacts", name="Ines", account=account)
    deal = create(company, owner, "crm.opportunities", name="Pumps", account=account, amount=500)
    assert seen(company, AS_BO, "crm.contacts") == ["Ines"]
    update(company, AS_BO, "crm.opportunities", deal, next_step="Call")
    with pytest.raises(Refused) as refused:
        update(company, AS_BO, "crm.accounts", account, owner=BO)
    assert refusals(refused) == ["You may not set Owner here."]
    update(company, owner, "crm.accounts", account, collaborators=[])
    assert seen(company, AS_BO, "crm.contacts") == []


def test_the_pool_is_everybodys_and_its_phones_are_seen_once_it_is_taken(company: Workspace, owner: Principal) -> None:
    lead = create(company, owner, "crm.leads", name="Pool", phone="+47 22 55 01 80", owner=None)
    assert seen(company, AS_BO, "crm.leads", "phone") == [None]
    update(company, AS_BO, "crm.leads", lead, owner=BO)
    assert seen(company, AS_BO, "crm.leads", "phone") == ["+4722550180"]
    assert seen(company, AS_CAI, "crm.leads", "phone") == ["+4722550180"]


def test_the_amount_of_a_won_deal_stays_for_reps(company: Workspace, owner: Principal) -> None:
    account = create(company, AS_BO, "crm.accounts", name="Bo's")
    deal = create(company, AS_BO, "crm.opportunities", name="Pumps", account=account, amount=500)
    with company.read(owner) as session:
        won = records.find(session, Query("crm.stages", [{"field": "type", "op": "is", "value": "won"}])).records[0].id
    update(company, AS_BO, "crm.opportunities", deal, amount=600, stage=won)
    with pytest.raises(Refused) as refused:
        update(company, AS_BO, "crm.opportunities", deal, amount=900)
    assert refusals(refused) == ["You may not set Amount here."]
    with pytest.raises(Refused):
        create(company, AS_BO, "crm.opportunity_lines", opportunity=deal, quantity=1)
    update(company, AS_CAI, "crm.opportunities", deal, amount=900)


def test_who_sells_sees_no_costs_in_either_app(company: Workspace, owner: Principal) -> None:
    product = create(company, owner, "crm.products", name="Pump", price=100, cost=60)
    account = create(company, AS_BO, "crm.accounts", name="Bo's")
    order = create(company, AS_BO, "orders.orders", customer=account, lines=[{"product": product, "quantity": 2}])
    with company.read(AS_BO) as session:
        mine = records.get(session, "orders.orders", order).values
        line = records.find(session, Query("orders.order_lines")).records[0].values
        assert "cost" not in session.layout.table("crm.products").fields
    assert (mine["net"], mine["needs_approval"]) == (200, False)
    assert not {"cost", "margin", "margin_share"} & mine.keys()
    assert not {"list_cost", "cost", "margin"} & line.keys()
    with company.read(AS_DEE) as session:
        assert records.get(session, "orders.orders", order).values["margin"] == 80
    with pytest.raises(Refused) as refused:
        update(company, AS_BO, "orders.orders", order, approved_by=BO)
    assert refusals(refused) == ["You may not set Approved by."]
