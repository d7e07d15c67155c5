"""When strangers may send a form, and taking back the link to correct what was sent, from the command line."""

from __future__ import annotations

import copy
import json

import pytest

from engine import accounts, records, sendings
from engine.access.principals import person
from engine.errors import NotFound
from engine.ids import new_secret
from tests.engine.cli.conftest import SHOP, CommandLine


@pytest.fixture
def desk(formwork: CommandLine) -> CommandLine:
    """The shop with a public form whose answers can be corrected."""
    document = copy.deepcopy(SHOP) | {"version": "1.1.0"}
    document["tables"]["customers"]["forms"] = {
        "enquiry": {"label": "Enquiry", "fields": ["name"], "public": True, "corrections": {"days": 30}}
    }
    formwork("apply -", stdin=json.dumps(document))
    return formwork


def test_when_strangers_may_send_it_is_said_and_listed(desk: CommandLine) -> None:
    desk("form change shop.customers.enquiry --opens 2099-01-01T08:00 --closes 2099-02-01T17:00 --most 5")
    (found,) = desk.json("form list shop.customers")
    assert found == {
        "form": "enquiry",
        "state": "This form is not open yet.",
        "public": True,
        "opens": "2099-01-01T08:00",
        "closes": "2099-02-01T17:00",
        "most": 5,
        "corrections": 30,
    }
    desk("form change shop.customers.enquiry --opens any --most any")
    (found,) = desk.json("form list shop.customers")
    assert (found["state"], found["opens"], found["closes"]) == ("open to everybody", None, "2099-02-01T17:00")
    desk("form change shop.customers.enquiry --inside")
    assert "inside only" in desk("form list shop.customers")


def test_what_makes_no_sense_is_refused_at_its_place(desk: CommandLine) -> None:
    assert "closes" in desk.refused("form change shop.customers.enquiry --closes tomorrow")[0]
    assert "most" in desk.refused("form change shop.customers.enquiry --most many")[0]
    assert desk.refused("form change shop.customers.other --public") == ["There is no such form (any more)."]
    assert "crm.leads.enquiry" in desk.refused("form change enquiry --public", code=2)[0]


def test_a_link_to_correct_is_taken_back(desk: CommandLine) -> None:
    ada = accounts.person_by_email(desk.stores, "ada@example.com")
    assert ada
    (home,) = desk.json("workspace list")
    store, token = desk.stores.workspace(home["id"]), f"{home['id']}.{new_secret()}"
    with store.write(person(ada.id, "owner")) as session:
        (record,) = records.create(session, "shop.customers", [{"name": "Acme"}])
        table = session.layout.table("shop.customers")
        sendings.note(session, table, table.forms["enquiry"], record, "a page")
        sendings.allow_correction(session, table.forms["enquiry"], record, token)
    assert sendings.opened(desk.stores, token).record == record
    assert desk(f"form end-correction shop.customers {record}") == "The link leads nowhere any more.\n"
    with pytest.raises(NotFound):
        sendings.opened(desk.stores, token)
    assert "no link to correct" in desk.refused(f"form end-correction shop.customers {record}")[0]
