"""Home, catalog, an app's page, taking an app out."""

from __future__ import annotations

import re

import pytest

from engine import accounts, apps, catalog
from engine.workspaces import Membership
from tests.web.conftest import Visitor
from tests.web.pages.conftest import Work, text_of
from web.site import Site


@pytest.fixture
def empty(owner: Visitor, site: Site, membership: Membership) -> Work:
    """A workspace without any app."""
    found = accounts.person_by_email(site.stores, "ada@example.com")
    assert found
    return Work(owner, site, membership, found.id)


def test_an_empty_workspace_invites_to_the_catalog(empty: Work) -> None:
    answer = empty.get("")
    assert "Start with an app" in text_of(answer)
    assert f'href="{empty.at}/catalog"' in answer.text


def test_the_catalog_says_what_each_template_brings(empty: Work) -> None:
    text = text_of(empty.get("/catalog"))
    crm = catalog.template("crm").document
    tables, automations = len(crm["tables"]), len(crm["automations"])
    assert re.search(rf"CRM .* {tables} tables \d+ views \d+ forms {automations} automations", text)
    assert "uses Customers" in text
    assert "offers Accounts" in text


def test_a_template_is_previewed_and_installed_with_samples(empty: Work) -> None:
    preview = text_of(empty.get("/catalog/crm"))
    assert "Opportunities" in preview
    assert "Adds the table Account." in text_of(empty.get("/catalog/crm/plan"))
    assert "Installs CRM." in text_of(empty.part("/catalog/crm/plan?customer=nothing", "div#plan"))
    assert "made-up records" in preview
    installed = empty.post("/catalog/crm/installation", samples="yes")
    assert installed.url.path == f"{empty.at}/apps/crm"
    assert re.search(r"CRM is installed, with \d+ records", text_of(installed))
    assert "14 records" in text_of(installed)
    assert "This app is in your workspace already" in text_of(empty.get("/catalog/crm"))
    again = empty.post("/catalog/crm/installation")
    assert again.status_code == 422
    assert "installed already" in text_of(again)
    orders = empty.get("/catalog/orders")
    assert "Use Accounts of CRM" in text_of(orders)
    assert re.search(r'name="customer" value="crm.accounts" checked', orders.text)
    own = empty.get("/catalog/orders?customer=orders.customers")
    assert re.search(r'name="customer" value="orders.customers" checked', own.text)
    for view in ("pipeline", "all", "by_owner", "overdue"):
        assert empty.get(f"/apps/crm/opportunities/views/{view}").status_code == 200


def test_home_and_app_show_what_there_is(work: Work) -> None:
    home = work.get("")
    assert "Shop" in text_of(home)
    assert f'href="{work.at}/apps/shop"' in home.text
    text = text_of(work.get("/apps/shop"))
    assert "Deals 6 records" in text
    assert "Customers 2 records" in text


def test_an_app_is_removed_by_its_name(work: Work) -> None:
    asked = text_of(work.get("/apps/shop/-/removal"))
    assert "Remove Shop?" in asked
    assert "10 records" in asked
    wrong = work.post("/apps/shop/-/removal", name="Shoes")
    assert wrong.status_code == 422
    assert "This is not the app's name" in text_of(wrong)
    assert 'value="Shoes"' in wrong.text
    gone = work.post("/apps/shop/-/removal", name="shop")
    assert "Shop is removed" in text_of(gone)
    assert work.get("/apps/shop").status_code == 404
    with work.site.stores.workspace(work.membership.id).read() as session:
        assert apps.installed(session) == []


def test_only_builders_install_and_remove(guest: Work) -> None:
    assert "Only owners and builders" in text_of(guest.get("/catalog/crm"))
    assert guest.post("/catalog/crm/installation").status_code == 403
    assert guest.get("/apps/shop/-/removal").status_code == 403
    assert guest.post("/apps/shop/-/removal", name="Shop").status_code == 403
    assert "Remove this app" not in text_of(guest.get("/apps/shop"))
    assert guest.get("/catalog/nothing").status_code == 404
