"""Invitations, from the owner's page to the new person's first page."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from engine import accounts, invitations, people, workspaces
from engine.errors import Conflict, Forbidden, NotFound
from engine.storage.control_tables import invitations as table
from engine.storage.session import timestamp
from engine.workspaces import Membership
from tests.web.accounts.conftest import Post
from tests.web.conftest import EMAIL, PASSWORD, Visitor
from web.site import Site

BEN = {"email": "ben@example.com", "name": "Ben", "password": PASSWORD, "role": "member"}
NEW = {"name": "Cleo", "password": PASSWORD}


def _invite(owner: Visitor, membership: Membership, **given: str) -> str:
    """The path of the link that the page shows."""
    page = f"/w/{membership.id}/invitations"
    answer = owner.submit(page, **{"role": "builder", "days": "7", "email": "", **given})
    assert answer.status_code == 200, answer.text
    found = re.search(r'id="link" value="([^"]+)"', answer.text)
    assert found, answer.text
    return urlsplit(found[1]).path


def _id_of(site: Site, email: str) -> str:
    found = accounts.person_by_email(site.stores, email)
    assert found
    return found.id


def test_a_link_lets_one_person_in_once(site: Site, owner: Visitor, membership: Membership, visitor: Visitor) -> None:
    link = _invite(owner, membership)
    assert "Anybody with the link" in owner.get(f"/w/{membership.id}/invitations").text
    shown = visitor.get(link).text
    assert "Acme" in shown
    assert "Ada invites you" in shown
    home = visitor.submit(link, email="cleo@example.com", **NEW)
    assert home.url.path == f"/w/{membership.id}"
    assert workspaces.membership(site.stores, membership.id, _id_of(site, "cleo@example.com")).role == "builder"
    with site.stores.workspace(membership.id).read() as session:
        assert [one.name for one in people.everybody(session)] == ["Ada", "Cleo"]
    assert visitor.get(link).status_code == 404
    assert visitor.submit(link, on="/account", email="dora@example.com", **NEW).status_code == 404


def test_an_invitation_by_mail_is_for_that_address(
    app: FastAPI, site: Site, owner: Visitor, membership: Membership, visitor: Visitor, post: Post
) -> None:
    page = f"/w/{membership.id}/invitations"
    sent = owner.submit(page, email=" Cleo@Example.com", role="guest", days="1")
    assert "on its way" in sent.text
    assert 'id="link"' not in sent.text
    (link,) = post.links("cleo@example.com")
    text = dict(post.deliver())["cleo@example.com"]
    assert "Ada invites you to work in Acme" in text
    path = urlsplit(link).path
    assert owner.submit(f"{path}/joining", on="/account").status_code == 403
    visitor.submit(path, email="somebody@else.example", **NEW)
    assert accounts.person_by_email(site.stores, "somebody@else.example") is None
    assert accounts.person_by_email(site.stores, "cleo@example.com")


def test_somebody_with_an_account_signs_in_and_joins(
    app: FastAPI, site: Site, owner: Visitor, membership: Membership
) -> None:
    second = workspaces.create(site.stores, _id_of(site, EMAIL), "Second")
    accounts.add_person(site.stores, membership.id, **BEN)
    link = _invite(owner, second)
    ben = Visitor(app)
    assert "has an account already" in ben.submit(link, **NEW, email=BEN["email"]).text
    ben.submit("/sign-in", email=BEN["email"], password=PASSWORD, next=link)
    assert "Join as Ben" in ben.get(link).text
    assert ben.submit(f"{link}/joining", on=link).url.path == f"/w/{second.id}"
    assert workspaces.membership(site.stores, second.id, _id_of(site, BEN["email"])).role == "builder"


def test_who_is_in_already_uses_nothing_up(site: Site, owner: Visitor, membership: Membership) -> None:
    link = _invite(owner, membership)
    ada = accounts.person(site.stores, _id_of(site, EMAIL))
    with pytest.raises(Conflict):
        invitations.join(site.stores, link.rsplit("/", 1)[1], ada)
    assert workspaces.membership(site.stores, membership.id, ada.id).role == "owner"
    assert owner.get(link).status_code == 200


def test_an_invitation_is_taken_back_and_ends_by_itself(
    site: Site, owner: Visitor, membership: Membership, visitor: Visitor
) -> None:
    first, second = _invite(owner, membership), _invite(owner, membership)
    token = visitor.token(second)
    listed = invitations.open_ones(site.stores, membership.id)
    owner.submit(f"/w/{membership.id}/invitations/{listed[1].id}/revocation", on="/account")
    assert visitor.get(first).status_code == 404
    with site.stores.control.write() as session:
        gone = timestamp(session.now - timedelta(seconds=1))
        session.connection.execute(sa.update(table).values(expires_at=gone))
    data = {"form_token": token, "email": "cleo@example.com", **NEW}
    assert visitor.post(second, data=data).status_code == 404
    assert invitations.open_ones(site.stores, membership.id) == []


def test_inviting_an_address_again_replaces_the_invitation(
    site: Site, owner: Visitor, membership: Membership, post: Post
) -> None:
    for role in ("owner", "guest"):
        owner.submit(f"/w/{membership.id}/invitations", email="cleo@example.com", role=role, days="7")
    first, second = (urlsplit(one).path for one in post.links("cleo@example.com"))
    assert owner.get(first).status_code == 404
    assert owner.get(second).status_code == 200
    assert [one.role for one in invitations.open_ones(site.stores, membership.id)] == ["guest"]


def test_it_counts_as_long_as_the_inviter_owns_the_workspace(
    site: Site, owner: Visitor, membership: Membership, visitor: Visitor
) -> None:
    link = _invite(owner, membership, role="owner")
    ben = accounts.add_person(site.stores, membership.id, **(BEN | {"role": "owner"}))
    workspaces.change_role(site.stores, membership.id, _id_of(site, EMAIL), "builder")
    assert visitor.get(link).status_code == 404
    with pytest.raises(NotFound):
        invitations.join(site.stores, link.rsplit("/", 1)[1], ben)
    assert invitations.open_ones(site.stores, membership.id) == []
    workspaces.change_role(site.stores, membership.id, _id_of(site, EMAIL), "owner")
    assert visitor.get(link).status_code == 200


@pytest.mark.parametrize("role", ["builder", "member", "guest"])
def test_only_owners_invite(app: FastAPI, site: Site, owner: Visitor, membership: Membership, role: str) -> None:
    made = accounts.add_person(site.stores, membership.id, **(BEN | {"role": role}))
    ben = Visitor(app)
    ben.sign_in(BEN["email"])
    page = f"/w/{membership.id}/invitations"
    assert ben.get(page).status_code == 403
    assert ben.submit(page, on="/account", role="guest", days="7").status_code == 403
    with pytest.raises(Forbidden):
        invitations.invite(site.stores, site.vault, site.settings, membership.id, made.id, role="guest")


def test_what_is_wrong_stands_at_its_field(owner: Visitor, membership: Membership) -> None:
    page = f"/w/{membership.id}/invitations"
    answer = owner.submit(page, email="no address", role="king", days="400")
    assert answer.status_code == 422
    for says in ("Enter an e-mail address", "Choose one of the roles", "Choose between 1 and 30 days"):
        assert says in answer.text
    assert "This person is here already" in owner.submit(page, email=EMAIL, role="guest", days="7").text


def test_the_link_is_no_way_to_find_out_who_has_an_account(
    site: Site, owner: Visitor, membership: Membership, visitor: Visitor
) -> None:
    accounts.add_person(site.stores, membership.id, **BEN)
    link = _invite(owner, membership)
    answers = [visitor.submit(link, email=BEN["email"], **NEW).text for _try in range(12)]
    assert "has an account already" in answers[0]
    assert "Too many tries" in answers[-1]
    assert "Too many tries" in visitor.submit(link, email="cleo@example.com", **NEW).text


def test_the_answer_to_the_owner_is_the_same_for_any_address(
    site: Site, owner: Visitor, membership: Membership
) -> None:
    second = workspaces.create(site.stores, _id_of(site, EMAIL), "Second")
    accounts.add_person(site.stores, membership.id, **BEN)
    page = f"/w/{second.id}/invitations"
    texts = [
        owner.submit(page, email=email, role="guest", days="7").text for email in (BEN["email"], "eve@example.com")
    ]
    assert all("on its way" in text for text in texts)
