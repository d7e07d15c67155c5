"""Searching the whole workspace, as a page and in the finder."""

from __future__ import annotations

import pytest

from engine import accounts
from engine.access.principals import person
from engine.workspaces import Membership
from tests.web.conftest import Visitor
from tests.web.gallery import sample
from web.site import Site


@pytest.fixture
def filled(site: Site, membership: Membership) -> Membership:
    ada = accounts.person_by_email(site.stores, "ada@example.com")
    assert ada
    with site.stores.workspace(membership.id).write(person(ada.id, "owner")) as session:
        sample.fill(session, [ada.id])
    return membership


def test_tables_and_records_are_found(owner: Visitor, filled: Membership) -> None:
    page = owner.get(f"/w/{filled.id}/search", params={"q": "ACC"}).text.split("<main")[1]
    assert f"/w/{filled.id}/apps/crm/accounts" in page
    page = owner.get(f"/w/{filled.id}/search", params={"q": "isdom"}).text.split("<main")[1]
    assert page.count("/records/rec") == 7
    assert "Opportunities" in page


def test_the_finder_gets_the_list_alone(owner: Visitor, filled: Membership) -> None:
    htmx = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#found"}
    answer = owner.get(f"/w/{filled.id}/search", params={"q": "客户"}, headers=htmx)
    assert "<html" not in answer.text
    assert "/apps/crm/accounts" in answer.text


@pytest.mark.parametrize("text", ["", " ", "nobody has this", "%", "_", "'", "<script>", "x" * 5_000])
def test_nothing_is_found_without_harm(owner: Visitor, filled: Membership, text: str) -> None:
    answer = owner.get(f"/w/{filled.id}/search", params={"q": text})
    assert answer.status_code == 200
    main = answer.text.split("<main")[1]
    assert "/records/rec" not in main
    assert "<script>" not in main
    assert ("Nothing found" in main) is bool(text.strip())
