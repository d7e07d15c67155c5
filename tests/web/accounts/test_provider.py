"""Signing in with an account elsewhere, through the pages and a real provider (T-OAUTH-01)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI

from engine import accounts, identities, second_factor, sessions, ways_in
from engine.oidc import Identity
from engine.settings import Settings
from engine.workspaces import Membership
from tests.support.databases import Database
from tests.support.provider import ProviderAtHand, back_with
from tests.web.conftest import EMAIL, PASSWORD, Visitor
from web.app import create_app
from web.site import Site

BEN = {"email": "ben@example.com", "name": "Ben", "password": PASSWORD, "role": "member"}


@pytest.fixture
def app(database_url: Database, provider: ProviderAtHand) -> Iterator[FastAPI]:
    """The application over each database, with a provider."""
    settings = {"FORMWORK_DATA": str(database_url.folder), "FORMWORK_DATABASE_URL": database_url.url}
    app = create_app(Settings.from_environment(settings | provider.settings))
    yield app
    app.state.site.background.close()
    app.state.site.stores.close()


def _away(visitor: Visitor, next: str = "/") -> str:
    answer = visitor.get(f"/sign-in/provider?next={next}", follow_redirects=False)
    assert answer.status_code == 303
    return str(answer.headers["location"])


def _ada(site: Site) -> str:
    found = accounts.person_by_email(site.stores, EMAIL)
    assert found
    return found.id


def _tie(site: Site, provider: ProviderAtHand, subject: str = "ada") -> None:
    identities.tie(site.stores, _ada(site), Identity(provider.url, subject, EMAIL))


def test_a_tied_account_lets_in(
    app: FastAPI, site: Site, membership: Membership, visitor: Visitor, provider: ProviderAtHand
) -> None:
    _tie(site, provider)
    assert "Acme sign-on" in visitor.get("/sign-in").text
    back = provider.sign_in(_away(visitor, "/account/tokens"), "ada")
    assert visitor.get(back_with(back)).url.path == "/account/tokens"
    assert visitor.get("/account").url.path == "/account"


def test_the_way_back_works_once_and_in_the_browser_that_began(
    app: FastAPI, site: Site, membership: Membership, visitor: Visitor, provider: ProviderAtHand
) -> None:
    _tie(site, provider)
    back = provider.sign_in(_away(visitor), "ada")
    other = Visitor(app)
    assert other.get(back_with(back)).status_code == 404
    _away(other)
    assert other.get(back_with(back)).status_code == 404
    assert visitor.get(back_with(back, state="another")).status_code == 404
    assert visitor.get(back_with(back)).url.path == f"/w/{membership.id}"
    assert visitor.get(back_with(back)).status_code == 404


def test_saying_no_there_leads_back_to_the_sign_in_page(
    membership: Membership, visitor: Visitor, provider: ProviderAtHand
) -> None:
    back = provider.deny(_away(visitor))
    answer = visitor.get(back_with(back))
    assert answer.status_code in (404, 422)
    assert visitor.get("/account").url.path == "/sign-in"


def test_an_address_alone_lets_nobody_in(
    site: Site, membership: Membership, visitor: Visitor, provider: ProviderAtHand
) -> None:
    """Verified there, it leads to the question for the password; unverified, to nothing."""
    provider.know("eve", email=EMAIL, email_verified=True)
    asked = visitor.get(back_with(provider.sign_in(_away(visitor), "eve")))
    assert "Type its password once" in asked.text
    assert visitor.get("/account").url.path == "/sign-in"
    wrong = visitor.submit("/sign-in/provider", on="/sign-in", password="wrong")
    assert wrong.status_code == 422
    assert identities.tied(site.stores, _ada(site), provider.url) is None
    right = visitor.submit("/sign-in/provider", on="/sign-in", password=PASSWORD, next="/account")
    assert right.url.path == "/account"
    tied = identities.tied(site.stores, _ada(site), provider.url)
    assert tied
    assert tied.email == EMAIL


@pytest.mark.parametrize("verified", [False, None])
def test_an_address_that_was_not_checked_there_is_worth_nothing(
    site: Site, membership: Membership, visitor: Visitor, provider: ProviderAtHand, verified: bool | None
) -> None:
    provider.know("eve", email=EMAIL, email_verified=verified)
    answer = visitor.get(back_with(provider.sign_in(_away(visitor), "eve")))
    assert answer.status_code == 403
    assert "Nobody here knows this account" in answer.text
    assert visitor.submit("/sign-in/provider", on="/sign-in", password=PASSWORD).url.path == "/sign-in"


def test_the_key_is_the_person_there_not_the_address(
    site: Site, membership: Membership, visitor: Visitor, provider: ProviderAtHand
) -> None:
    _tie(site, provider)
    provider.know("ada", email="new@address.example", email_verified=True)
    assert visitor.get(back_with(provider.sign_in(_away(visitor), "ada"))).url.path == f"/w/{membership.id}"


def test_somebody_signed_in_ties_an_account_on_purpose(
    app: FastAPI, site: Site, owner: Visitor, provider: ProviderAtHand
) -> None:
    page = owner.get("/account/provider").text
    assert "/sign-in/provider?next=/account/provider" in page
    back = provider.sign_in(_away(owner, "/account/provider"), "work-ada")
    shown = owner.get(back_with(back))
    assert shown.url.path == "/account/provider"
    assert "Shall it let you in" in shown.text
    assert identities.tied(site.stores, _ada(site), provider.url) is None
    assert "You can sign in with it now" in owner.submit("/account/provider").text
    fresh = Visitor(app)
    assert fresh.get(back_with(provider.sign_in(_away(fresh, "/account"), "work-ada"))).url.path == "/account"
    owner.submit("/account/provider/removal", on="/account/provider")
    later = Visitor(app)
    assert later.get(back_with(provider.sign_in(_away(later), "work-ada"))).status_code == 403


def test_an_account_elsewhere_is_one_persons(
    app: FastAPI, site: Site, owner: Visitor, membership: Membership, provider: ProviderAtHand
) -> None:
    _tie(site, provider, "shared")
    accounts.add_person(site.stores, membership.id, **BEN)
    ben = Visitor(app)
    ben.sign_in(BEN["email"])
    ben.get(back_with(provider.sign_in(_away(ben, "/account/provider"), "shared")))
    assert ben.submit("/account/provider", on="/account").status_code == 409
    assert identities.owner(site.stores, Identity(provider.url, "shared", "")) == _ada(site)


def test_the_second_factor_is_asked_for_all_the_same(
    site: Site, membership: Membership, visitor: Visitor, provider: ProviderAtHand
) -> None:
    _tie(site, provider)
    seed = second_factor.new_seed()
    code = second_factor.code_at(seed, datetime.now(UTC))
    codes = second_factor.switch_on(site.stores, site.vault, accounts.person(site.stores, _ada(site)), seed, code)
    asked = visitor.get(back_with(provider.sign_in(_away(visitor), "ada")))
    assert asked.url.path == "/sign-in/code"
    assert visitor.get("/account").url.path == "/sign-in"
    assert visitor.submit("/sign-in/code", code=codes[0]).url.path == f"/w/{membership.id}"


def test_an_account_that_is_switched_off_stays_out(
    site: Site, membership: Membership, visitor: Visitor, provider: ProviderAtHand
) -> None:
    _tie(site, provider)
    ways_in.disable(site.stores, _ada(site))
    answer = visitor.get(back_with(provider.sign_in(_away(visitor), "ada")))
    assert answer.status_code == 422
    assert "switched off" in answer.text
    assert sessions.belonging_to(site.stores, _ada(site)) == []


def test_a_provider_that_is_down_is_said_in_words(
    app: FastAPI, membership: Membership, visitor: Visitor, provider: ProviderAtHand
) -> None:
    provider.replaces = {"issuer": "https://evil.example"}
    answer = visitor.get("/sign-in/provider")
    assert answer.status_code == 422
    assert "Signing in there did not work" in answer.text
    assert "evil.example" not in re.sub(r"<head>.*</head>", "", answer.text)
