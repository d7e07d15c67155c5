"""What the templates promise in their READMEs, beyond what every template must do."""

from __future__ import annotations

from typing import Any

import pytest

from engine import catalog, people, records
from engine.errors import Refused
from engine.queries import Query
from tests.support.house import ADA, BOB, OWNER, PEOPLE, House


@pytest.fixture
def house(house: House) -> House:
    """A house with its people, and no app yet."""
    with house.workspace.write(OWNER) as session:
        people.mirror(session, PEOPLE)
    return house


def install(house: House, *templates: str) -> None:
    for one in templates:
        with house.workspace.write(OWNER) as session:
            catalog.install(session, one, samples=False)


def make(house: House, table: str, **values: Any) -> str:
    with house.workspace.write(OWNER) as session:
        return records.create(session, table, [values])[0]


def change(house: House, table: str, record: str, **values: Any) -> None:
    with house.workspace.write(OWNER) as session:
        records.update(session, table, {record: values})


def held(house: House, table: str, record: str) -> dict[str, Any]:
    with house.workspace.read(OWNER) as session:
        return dict(records.get(session, table, record).values)


def everything(house: House, table: str) -> list[dict[str, Any]]:
    with house.workspace.read(OWNER) as session:
        return [{"id": one.id, **one.values} for one in records.find(session, Query(table)).records]


def stage(house: House, name: str) -> str:
    by_name: dict[str, str] = {one["name"]: one["id"] for one in everything(house, "crm.stages")}
    return by_name[name]


def test_a_stage_is_not_entered_without_what_it_asks_for(house: House) -> None:
    install(house, "crm")
    deal = make(house, "crm.opportunities", name="Pumps", stage=stage(house, "Engaging"))
    with pytest.raises(Refused) as refused:
        change(house, "crm.opportunities", deal, stage=stage(house, "Proposal"))
    assert {one.at for one in refused.value.problems} == {"/0/amount", "/0/expected_close"}
    change(house, "crm.opportunities", deal, stage=stage(house, "Proposal"), amount=900, expected_close="2026-12-24")
    change(house, "crm.opportunities", deal, expected_close=None)  # who is in the stage already is left alone


def test_the_stage_history_outlives_its_deal_and_is_never_changed(house: House) -> None:
    install(house, "crm")
    deal = make(house, "crm.opportunities", name="Pumps", stage=stage(house, "Prospecting"))
    change(house, "crm.opportunities", deal, stage=stage(house, "Qualification"))
    house.work()
    (move,) = everything(house, "crm.stage_logs")
    with pytest.raises(Refused):
        change(house, "crm.stage_logs", move["id"], days_in_from=3)
    with house.workspace.write(OWNER) as session:
        records.delete(session, "crm.opportunities", [deal])
    (move,) = everything(house, "crm.stage_logs")
    assert (move["opportunity"], move["deal"], move["title"]) == (None, "Pumps", "Prospecting → Qualification")


def test_a_deal_keeps_the_probability_with_which_it_came_into_its_stage(house: House) -> None:
    install(house, "crm")
    proposal = stage(house, "Engaging")
    deal = make(house, "crm.opportunities", name="Pumps", stage=proposal)
    change(house, "crm.stages", proposal, probability=0.9)
    assert held(house, "crm.opportunities", deal)["probability"] == 0.25


def test_a_lead_that_writes_again_is_linked_to_the_first_and_given_to_nobody(house: House) -> None:
    install(house, "crm")
    region = make(house, "crm.regions", name="North", manager=BOB)
    part = make(house, "crm.regions", name="Coast", parent=region)
    first = make(house, "crm.leads", name="Maria", email="maria@nordljus.example", owner=None, region=part)
    house.work()
    assert held(house, "crm.leads", first)["owner"] == BOB  # the manager of the region above
    again = make(house, "crm.leads", name="M. Lindqvist", email="maria@nordljus.example", owner=None, region=part)
    house.work()
    lead = held(house, "crm.leads", again)
    assert (lead["duplicate_of"], lead["owner"], lead["twin"]) == (first, None, True)


def test_the_first_answer_is_due_after_working_hours(house: House) -> None:
    install(house, "crm")
    friday = "2026-11-27T16:00:00.000Z"
    lead = make(house, "crm.leads", name="Maria", received_at=friday)
    house.work()
    change(house, "crm.leads", lead, first_responded_at="2026-11-30T09:30:00.000Z")
    answered = held(house, "crm.leads", lead)
    assert answered["first_response_due"] == "2026-11-30T10:00:00.000Z"
    assert (answered["response_minutes"], answered["response"]) == (90, "met")


def test_a_high_discount_needs_a_name_before_the_quote_is_sent_and_then_stands(house: House) -> None:
    install(house, "crm")
    account = make(house, "crm.accounts", name="Acme")
    pump = make(house, "crm.products", name="Pump", price=1000)
    line = {"product": pump, "quantity": 2, "discount": 0.2, "tax_rate": 0.1}
    quote = make(house, "crm.quotes", account=account, lines=[line])
    with pytest.raises(Refused):
        change(house, "crm.quotes", quote, status="sent")
    change(house, "crm.quotes", quote, status="sent", approved_by=ADA)
    change(house, "crm.products", pump, price=1500)
    assert held(house, "crm.quotes", quote)["total"] == 1760
    with pytest.raises(Refused):
        change(house, "crm.quotes", quote, version=2)


def test_a_line_takes_the_step_of_the_price_list_that_its_quantity_reaches(house: House) -> None:
    install(house, "orders")
    pump = make(house, "orders.products", name="Pump", price=100, cost=60)
    prices = make(house, "orders.price_lists", name="Volume", valid_from="2026-01-01")
    for least, price in ((1, 90), (10, 80), (50, 70)):
        make(house, "orders.price_items", price_list=prices, product=pump, min_quantity=least, price=price)
    customer = make(house, "orders.customers", name="Acme")
    with pytest.raises(Refused):
        make(house, "orders.price_items", price_list=prices, product=pump, min_quantity=10, price=79)
    lines = [{"product": pump, "quantity": 12, "tax_rate": 0}]
    order = make(
        house, "orders.orders", customer=customer, order_date="2026-06-01", price_list=prices, lines=lines,
        promised_date="2026-06-20",
    )  # fmt: skip
    old = make(
        house, "orders.orders", customer=customer, order_date="2025-06-01", price_list=prices, lines=lines,
        promised_date="2025-06-20",
    )  # fmt: skip
    assert (held(house, "orders.orders", order)["total"], held(house, "orders.orders", old)["total"]) == (960, 1200)
    house.work()
    make(house, "orders.price_items", price_list=prices, product=pump, min_quantity=12, price=1)
    assert held(house, "orders.orders", order)["total"] == 960  # the line keeps the price that it found
    assert held(house, "orders.orders", order)["number"].startswith("SO-")


def test_money_counts_for_the_first_open_step_of_the_payment_plan(house: House) -> None:
    install(house, "orders")
    customer = make(house, "orders.customers", name="Acme")
    steps = [{"step": "Deposit", "share": 0.4}, {"step": "Rest", "basis": "shipping", "days": 14, "share": 0.6}]
    lines = [{"description": "Work", "quantity": 1, "price": 1000, "tax_rate": 0}]
    order = make(house, "orders.orders", customer=customer, lines=lines, payments=steps)
    make(house, "orders.receipts", order=order, amount=400)
    house.work()
    deposit, rest = everything(house, "orders.payment_steps")
    assert [(one["amount"], one["open_amount"], one["due"] is None) for one in (deposit, rest)] == [
        (400, 0, False),
        (600, 600, True),
    ]


def test_deadlines_of_a_ticket_are_working_hours_unless_its_service_level_counts_round_the_clock(house: House) -> None:
    install(house, "after_sales")
    levels = {one["name"]: one["id"] for one in everything(house, "after_sales.sla_policies")}
    given = {"subject": "Stands still", "reporter": "Bob", "priority": "p1", "received_at": "2026-11-27T16:00:00.000Z"}
    gold = make(house, "after_sales.tickets", sla=levels["Gold"], **given)
    plain = make(house, "after_sales.tickets", sla=levels["Standard"], **given)
    assert held(house, "after_sales.tickets", gold)["resolve_due"] == "2026-11-27T20:00:00.000Z"
    assert held(house, "after_sales.tickets", plain)["resolve_due"] == "2026-11-30T16:00:00.000Z"


def test_a_ticket_finds_its_equipment_by_the_serial_number_and_its_priority_by_the_matrix(house: House) -> None:
    install(house, "after_sales")
    customer = make(house, "after_sales.customers", name="Acme")
    pump = make(house, "after_sales.assets", serial="PG-0901", customer=customer)
    ticket = make(
        house, "after_sales.tickets", subject="No pump runs", reporter="Bob", serial="PG-0901", impact="all",
        urgency="now",
    )  # fmt: skip
    house.work()
    found = held(house, "after_sales.tickets", ticket)
    assert (found["asset"], found["customer"], found["priority"]) == (pump, customer, "p1")
    assert found["number"] == "T-000001"
