from __future__ import annotations

import copy
import json

import pytest

from engine import apps, departments, roles
from engine.access.principals import person
from tests.web import shop
from tests.web.conftest import Visitor
from tests.web.pages.clerk import CLERK, add_clerk
from tests.web.pages.conftest import Work, lines_of, text_of


@pytest.fixture
def clerk(work: Work) -> Work:
    """Somebody whose role shows won deals without their amounts."""
    added = add_clerk(work)
    visitor = Visitor(work.visitor.app)  # type: ignore[arg-type]
    assert visitor.sign_in("cleo@example.com", "four other words").status_code == 200
    return Work(visitor, work.site, work.membership, added.id)


def test_pages_show_what_the_role_shows(work: Work, clerk: Work) -> None:
    assert lines_of(clerk.get("/apps/shop/deals")) == ["Deal 003", "Deal 006"]
    text = text_of(clerk.get("/apps/shop/deals"))
    assert "2 records" in text
    assert "Amount" not in text
    assert "Customer" not in text_of(clerk.get("/apps/shop"))
    assert clerk.get("/apps/shop/customers").status_code == 404
    assert "New Deal" not in text
    board = text_of(clerk.get("/apps/shop/deals/views/board"))
    assert "Deal 003" in board
    assert "Deal 001" not in board


def test_the_filter_builder_offers_what_is_seen_behind_links(work: Work, clerk: Work) -> None:
    all_deals = "/apps/shop/deals/views/all"
    asked = f"{all_deals}?1~of=has:tags&1~name__is=export"
    assert "Customer: City" in text_of(work.get(asked))
    seen = clerk.get(asked)
    assert lines_of(seen) == ["Deal 003", "Deal 006"]
    assert "Tags: has one with" in text_of(seen)
    assert "Customer: City" not in text_of(seen)
    assert "There is no field customer.city." in text_of(clerk.get(f"{all_deals}?customer.city__is=Oslo"))
    sorted_ = text_of(clerk.get(f"{all_deals}?sort=-title"))
    assert "order: not saved" in sorted_
    assert "Save to view" not in sorted_


def test_a_record_page_offers_only_what_may_be_done(work: Work, clerk: Work) -> None:
    won = next(one for one in work.deals() if one.values["title"] == "Deal 003")
    other = next(one for one in work.deals() if one.values["title"] == "Deal 001")
    shown = clerk.get(f"/apps/shop/deals/records/{won.id}")
    assert shown.status_code == 200
    assert "/deletion" not in shown.text
    assert 'name="title"' in shown.text
    assert 'name="share"' not in shown.text
    assert 'name="notes"' not in shown.text  # seen in hot deals only, and this is none
    assert "Empty, or not for you to see" in shown.text
    assert "300" not in text_of(shown)
    assert clerk.get(f"/apps/shop/deals/records/{other.id}").status_code == 404
    assert "Create Deal" not in text_of(clerk.get("/apps/shop/deals/records/new"))


def test_what_may_not_be_seen_says_who_can_give_access(clerk: Work) -> None:
    unseen, unknown = clerk.get("/apps/shop/customers"), clerk.get("/apps/shop/nothings")
    assert "These people can give it: Ada." in text_of(unseen)
    assert text_of(unseen).replace("customers", "nothings") == text_of(unknown)


def test_definitions_and_history_tell_nothing_hidden(clerk: Work) -> None:
    assert clerk.get("/apps/shop/-/revisions").status_code == 403
    assert clerk.get("/apps/shop/-/revisions/1/definition.json").status_code == 403
    assert clerk.get("/apps/shop/-/access").status_code == 403
    assert "Weighted" not in text_of(clerk.get("/apps/shop/deals/formulas"))


def test_owners_give_and_take_roles_on_the_page(work: Work, clerk: Work) -> None:
    page = text_of(work.get("/apps/shop/-/access"))
    assert "Cleo Clerk" in page
    assert "sees everything" in page
    work.post("/apps/shop/-/access/clerk", user=clerk.who, has="")
    assert "sees nothing of this app" in text_of(work.get("/apps/shop/-/access"))
    assert clerk.get("/apps/shop/deals").status_code == 404
    assert "Shop" not in text_of(clerk.get(""))
    work.post("/apps/shop/-/access/clerk", user=clerk.who, has="yes")
    assert clerk.get("/apps/shop/deals").status_code == 200


def test_owners_give_and_take_roles_of_departments_on_the_page(work: Work, clerk: Work) -> None:
    store = work.site.stores.workspace(work.membership.id)
    with store.write(person(work.who, "owner")) as session:
        roles.take(session, "shop.clerk", clerk.who)
        sales = departments.create(session, "Sales")
        departments.assign(session, [clerk.who], sales)
    assert clerk.get("/apps/shop/deals").status_code == 404
    work.post("/apps/shop/-/access/clerk", department=sales, has="yes")
    assert "Clerk through Sales" in text_of(work.get("/apps/shop/-/access"))
    assert clerk.get("/apps/shop/deals").status_code == 200
    work.post("/apps/shop/-/access/clerk", department=sales, only_head="yes", has="yes")
    assert "Sales: its head" in text_of(work.get("/apps/shop/-/access"))
    assert clerk.get("/apps/shop/deals").status_code == 404
    work.post("/apps/shop/-/access/clerk", department=sales, has="")
    assert "Sales: its head" not in text_of(work.get("/apps/shop/-/access"))
    refused = work.post("/apps/shop/-/access/clerk", department="", has="yes")
    assert refused.status_code == 422
    assert "There is no such department" in text_of(refused)


def test_a_change_that_breaks_an_access_test_is_shown_red_and_needs_a_word(work: Work, clerk: Work) -> None:
    deals = {"table": "deals", "values": {"title": "Pumps", "state": "won", "amount": 5}}
    test = {"label": "Clerks see no amounts", "as": {"roles": ["clerk"]}, "given": {"deal": deals}}
    test |= {"sees": ["deal"], "hidden": {"deal": ["amount"]}}
    sound = {**copy.deepcopy(shop.SHOP), "roles": {"clerk": CLERK}, "access_tests": {"amounts": test}}
    with work.site.stores.workspace(work.membership.id).write(person(work.who, "owner")) as session:
        apps.apply(session, sound)
        revision = session.layout.apps["shop"].revision
    assert "Clerks see no amounts Holds" in text_of(work.get("/apps/shop/-/access/tests"))
    assert clerk.get("/apps/shop/-/access/tests").status_code == 403
    opened = copy.deepcopy(sound)
    del opened["roles"]["clerk"]["tables"]["deals"]["fields"]["amount"]
    planned = work.post("/definitions", text=json.dumps(opened))
    assert planned.status_code == 422
    assert "Clerks see no amounts: Amount of `deal` is seen." in text_of(planned)
    given = {"document": json.dumps(opened), "revision": str(revision)}
    assert work.post("/definitions/applications", **given).status_code == 422
    assert work.post("/definitions/applications", **given, despite="yes").status_code == 200
    assert "Does not hold" in text_of(work.get("/apps/shop/-/access/tests"))
