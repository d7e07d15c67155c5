"""Records as objects, with pyairtable's models of tables."""

from __future__ import annotations

import datetime
from typing import Any

import pyairtable
import pytest
from pyairtable.orm import Model, fields

from tests.web.api.clients.conftest import SentTo, Started


@pytest.fixture
def models(started: Started) -> tuple[Any, Any]:
    """The shop's customers and orders as classes."""

    class Customer(Model):
        name = fields.RequiredTextField("Name")
        code = fields.TextField("Code")
        spent = fields.NumberField("Spent", readonly=True)

        class Meta:
            api_key = started.token()
            base_id = "shop"
            table_name = "Customers"

    class Order(Model):
        number = fields.TextField("Order number")
        customer = fields.SingleLinkField[Customer]("Customer", Customer)
        amount = fields.NumberField("Amount")
        total = fields.NumberField("Total", readonly=True)
        status = fields.SelectField("Status")
        owner = fields.CollaboratorField("Owner")
        day = fields.DateField("Day")
        at = fields.DatetimeField("At")
        urgent = fields.CheckboxField("Urgent")
        papers = fields.AttachmentsField("Papers")
        tags = fields.MultipleSelectField("Tags")
        share = fields.PercentField("Share")
        took = fields.DurationField("Took")
        mail = fields.EmailField("Mail")
        stars = fields.RatingField("Stars")
        customer_name = fields.LookupField[str]("Customer name")

        class Meta:
            api_key = started.token()
            base_id = "shop"
            table_name = "Orders/Sales"

    for model in (Customer, Order):
        model.meta.api.session.mount("https://", SentTo(started.url))
    return Customer, Order


def test_objects_are_saved_found_and_deleted(models: tuple[Any, Any], started: Started) -> None:
    customer_class, order_class = models
    acme = customer_class(name="Acme")
    assert acme.save().created
    at = datetime.datetime(2026, 3, 1, 14, 30, tzinfo=datetime.UTC)
    order = order_class(
        number="1", customer=acme, amount=2.5, status="Open", day=datetime.date(2026, 3, 1), at=at, urgent=True,
        tags=["Red"], share=0.5, took=datetime.timedelta(hours=1.5), mail="a@example.com", stars=3,
        owner={"id": started.installation.owner.id, "email": "ada@example.com", "name": "Ada"},
    )  # fmt: skip
    order.save()
    found = order_class.from_id(order.id)
    assert (found.number, found.amount, found.total, found.status) == ("1", 2.5, 2.5, "Open")
    assert (found.day, found.at, found.urgent, found.tags) == (datetime.date(2026, 3, 1), at, True, ["Red"])
    assert (found.share, found.took, found.mail, found.stars) == (
        0.5, datetime.timedelta(hours=1.5), "a@example.com", 3,
    )  # fmt: skip
    assert found.owner["email"] == "ada@example.com"
    assert found.customer.id == acme.id
    assert found.customer_name == ["Acme"]
    found.amount = 10
    found.urgent = False
    assert found.save().updated
    acme.fetch()
    assert acme.spent == 10
    found.papers.upload("a.txt", b"Hello", "text/plain")
    found.fetch()
    assert [one["filename"] for one in found.papers] == ["a.txt"]
    assert order_class.first(formula=order_class.number.eq("1")).id == order.id
    assert order_class.all(formula=order_class.amount.gt(100)) == []
    found.add_comment("Hello")
    assert [one.text for one in found.comments()] == ["Hello"]
    assert order_class.all(count_comments=True)[0].comment_count == 1
    assert found.delete()
    assert not order_class.all()


def test_many_at_once(models: tuple[Any, Any]) -> None:
    customer_class, _orders = models
    made = [customer_class(name=f"{number}") for number in range(12)]
    customer_class.batch_save(made)
    assert all(one.id for one in made)
    for one in made:
        one.code = one.name
    customer_class.batch_save(made)
    found = customer_class.from_ids([one.id for one in made])
    assert [one.code for one in found] == [f"{number}" for number in range(12)]
    customer_class.batch_delete(found[:5])
    assert len(customer_class.all()) == 7


def test_models_can_be_generated_from_the_schema(client: pyairtable.Api) -> None:
    from pyairtable.orm.generate import ModelFileBuilder

    code = str(ModelFileBuilder(client.base("shop")))
    assert "class OrdersSale(Model)" in code
