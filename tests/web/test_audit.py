"""The audit log's page: for owners only, in their language, with proof that nobody changed it."""

from __future__ import annotations

from fastapi import FastAPI

from engine import accounts, apps, audit
from engine.access.principals import person
from engine.text import Text
from engine.workspaces import Membership
from tests.web.conftest import PASSWORD, Visitor
from web.site import Site

APP = {"formwork": 1, "key": "shop", "label": {"en": "Shop", "zh": "商店"}, "version": "1.0.0"}
TABLES = {"items": {"fields": {"name": {"type": "text"}}}}


def test_what_was_done_stands_there_and_is_proven(owner: Visitor, site: Site, membership: Membership) -> None:
    page = f"/w/{membership.id}/audit"
    assert "Nothing noted yet" in owner.get(page).text
    ada = accounts.person_by_email(site.stores, "ada@example.com")
    assert ada is not None
    with site.stores.workspace(membership.id).write(person(ada.id, "owner")) as session:
        apps.apply(session, {**APP, "tables": TABLES})
    shown = owner.get(page).text
    assert "installed the app Shop" in shown
    assert "nobody changed the log" in owner.get(f"{page}?checked=1").text
    assert "安装了应用 商店" in owner.get(page, headers={"Accept-Language": "zh"}).text


def test_older_entries_are_a_page_away(owner: Visitor, site: Site, membership: Membership) -> None:
    with site.stores.workspace(membership.id).write() as session:
        for number in range(audit.SHOWN + 1):
            audit.note(session, "test", _said(number))
    page = f"/w/{membership.id}/audit"
    assert "did number 0." not in owner.get(page).text
    assert "did number 0." in owner.get(f"{page}?before=2").text
    assert "before=2" in owner.get(page).text


def test_a_builder_does_not_read_it(app: FastAPI, owner: Visitor, site: Site, membership: Membership) -> None:
    accounts.add_person(
        site.stores, membership.id, name="Ben", email="ben@example.com", password=PASSWORD, role="builder"
    )
    ben = Visitor(app)
    ben.sign_in("ben@example.com")
    assert ben.get(f"/w/{membership.id}/audit").status_code == 403
    assert "/audit" not in ben.get(f"/w/{membership.id}").text
    assert "/audit" in owner.get(f"/w/{membership.id}").text


def _said(number: int) -> Text:
    return Text("did number {number}.", {"number": number})
