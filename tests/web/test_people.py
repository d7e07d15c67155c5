"""The people of a workspace: who may let in, change and take out whom."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from engine import accounts, people, workspaces
from engine.workspaces import Membership
from tests.web.conftest import PASSWORD, Visitor
from web.site import Site

BEN = {"name": "Ben", "email": "ben@example.com", "password": PASSWORD, "role": "member"}


@pytest.fixture
def ben(app: FastAPI, site: Site, owner: Visitor, membership: Membership) -> Visitor:
    accounts.add_person(site.stores, membership.id, **BEN)
    visitor = Visitor(app)
    assert visitor.sign_in(BEN["email"]).status_code == 200
    return visitor


def test_a_member_sees_people_and_changes_none(ben: Visitor, site: Site, membership: Membership) -> None:
    page = f"/w/{membership.id}/people"
    shown = ben.get(page)
    assert shown.status_code == 200
    assert "/invitations" not in shown.text
    ada = workspaces.people(site.stores, membership.id)[0].id
    for path, fields in ((f"{page}/{ada}/role", {"role": "guest"}), (f"{page}/{ada}/removal", {})):
        assert ben.submit(path, on=page, **fields).status_code == 403
    assert workspaces.people(site.stores, membership.id)[0].role == "owner"


def test_the_last_owner_stays(owner: Visitor, site: Site, membership: Membership) -> None:
    page = f"/w/{membership.id}/people"
    ada = workspaces.people(site.stores, membership.id)[0].id
    assert owner.submit(f"{page}/{ada}/role", on=page, role="member").status_code == 403
    assert owner.submit(f"{page}/{ada}/removal", on=page).status_code == 403


def test_who_is_taken_out_is_out_at_once(ben: Visitor, owner: Visitor, site: Site, membership: Membership) -> None:
    page = f"/w/{membership.id}/people"
    user = next(one.id for one in workspaces.people(site.stores, membership.id) if one.name == "Ben")
    owner.submit(f"{page}/{user}/removal", on=page)
    assert ben.get(page).status_code == 404
    with site.stores.workspace(membership.id).read() as session:
        assert [one.name for one in people.everybody(session)] == ["Ada"]
        assert people.names(session)[user] == "Ben"


def test_another_workspace_does_not_exist_for_a_stranger(ben: Visitor, site: Site, owner: Visitor) -> None:
    owner.submit("/workspaces", on="/workspaces/new", name="Secret")
    ada = accounts.person_by_email(site.stores, "ada@example.com")
    assert ada
    secret = next(one for one in workspaces.belonging_to(site.stores, ada.id) if one.name == "Secret")
    assert ben.get(f"/w/{secret.id}").status_code == ben.get("/w/wspnowhere").status_code == 404
    assert "Secret" not in ben.get(f"/w/{secret.id}").text
