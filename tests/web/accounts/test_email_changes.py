"""Another address to sign in with."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from engine import accounts, email_changes, people, resets
from engine.account_mail import Words
from engine.errors import Refused
from engine.settings import Settings
from engine.storage.control_tables import email_changes as table
from engine.storage.control_tables import sessions
from engine.storage.session import timestamp
from engine.workspaces import Membership
from tests.web.accounts.conftest import Post
from tests.web.conftest import EMAIL, PASSWORD, Visitor
from web.site import Site

NEW = "ada@new.example"
BEN = {"email": "ben@example.com", "name": "Ben", "password": PASSWORD, "role": "member"}


def test_the_new_address_counts_once_its_mailbox_says_so(
    site: Site, owner: Visitor, membership: Membership, post: Post
) -> None:
    assert "We sent a link" in owner.submit("/account/email", email=f" {NEW.upper()}").text
    told = dict(post.deliver())
    assert set(told) == {EMAIL, NEW}
    assert "http" not in told[EMAIL]
    assert NEW.upper() in told[EMAIL]
    assert owner.get("/account").text.count(EMAIL)
    link = urlsplit(post.links(NEW)[0]).path
    assert "Sign in with ada@new.example instead of ada@example.com" in owner.get(link).text
    assert NEW in owner.submit(link).text
    assert owner.get(link).status_code == 404
    with site.stores.workspace(membership.id).read() as session:
        assert [one.email for one in people.everybody(session)] == [NEW]
    owner.submit("/sign-out", on="/account")
    assert owner.sign_in(EMAIL).status_code == 422
    assert owner.sign_in(NEW).status_code == 200


def test_only_the_person_themselves_confirms_it_and_within_an_hour(
    app: FastAPI, site: Site, owner: Visitor, membership: Membership, post: Post
) -> None:
    owner.submit("/account/email", email=NEW)
    link = urlsplit(post.links(NEW)[0]).path
    accounts.add_person(site.stores, membership.id, **BEN)
    ben = Visitor(app)
    assert ben.get(link).url.path == "/sign-in"
    ben.sign_in(BEN["email"])
    assert ben.get(link).status_code == 404
    assert ben.submit(link, on="/account").status_code == 404
    with site.stores.control.write() as session:
        gone = timestamp(session.now - timedelta(seconds=1))
        session.connection.execute(sa.update(table).values(expires_at=gone))
    assert owner.get(link).status_code == 404


def test_an_address_with_an_account_gets_no_mail_and_is_not_given_away(
    site: Site, owner: Visitor, membership: Membership, post: Post
) -> None:
    accounts.add_person(site.stores, membership.id, **BEN)
    assert "We sent a link" in owner.submit("/account/email", email=BEN["email"]).text
    assert [to for to, _text in post.deliver()] == [EMAIL]


def test_what_went_to_the_old_address_opens_nothing_any_more(
    site: Site, owner: Visitor, membership: Membership, post: Post
) -> None:
    ada = accounts.person_by_email(site.stores, EMAIL)
    assert ada
    reset = f"/reset/{resets.link(site.stores, ada.id)}"
    owner.submit("/account/email", email=NEW)
    owner.submit(urlsplit(post.links(NEW)[0]).path)
    assert owner.get(reset).status_code == 404


@pytest.mark.parametrize("email", ["", "ada", EMAIL])
def test_what_is_wrong_stands_at_the_field(owner: Visitor, email: str) -> None:
    answer = owner.submit("/account/email", email=email)
    assert answer.status_code == 422
    assert 'id="email-wrong"' in answer.text


def test_a_found_browser_changes_no_address(site: Site, owner: Visitor) -> None:
    token = owner.token("/account")
    with site.stores.control.write() as session:
        earlier = timestamp(session.now - timedelta(minutes=16))
        session.connection.execute(sa.update(sessions).values(proved_at=earlier))
    assert owner.get("/account/email").url.path == "/account/proof"
    assert owner.post("/account/email", data={"form_token": token, "email": NEW}).url.path == "/account/proof"


def test_without_a_mail_server_it_counts_at_once(site: Site, membership: Membership) -> None:
    ada = accounts.person_by_email(site.stores, EMAIL)
    assert ada
    accounts.add_person(site.stores, membership.id, **BEN)
    plain = Settings.from_environment({})
    words = (Words("", ""), Words("", ""))
    with pytest.raises(Refused, match="has an account already"):
        email_changes.ask(site.stores, site.vault, plain, ada, BEN["email"], *words)
    assert not email_changes.ask(site.stores, site.vault, plain, ada, NEW, *words)
    assert accounts.person(site.stores, ada.id).email == NEW
