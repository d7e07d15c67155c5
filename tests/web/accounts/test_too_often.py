"""Whoever does something too often is answered 429, with when they may again: every way that is limited (T-LIM-01)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response

from engine import accounts, api_tokens, apps, invitations, second_factor, sendings, shares, sign_in_delay, workspaces
from engine.access.principals import person
from engine.accounts import Person
from engine.workspaces import Membership
from tests.test_architecture import SOURCES
from tests.web.conftest import EMAIL, PASSWORD, Visitor
from web.pages import provider
from web.site import Site

TABLES: dict[str, Any] = {
    "wishes": {
        "fields": {"wish": {"type": "text"}},
        "views": {"all": {"type": "grid"}},
        "forms": {"ask": {"label": "Ask", "fields": ["wish"], "public": True, "corrections": {"days": 3}}},
    }
}
NAME = f"name {EMAIL}"


@dataclass
class Place:
    """Ada with a shop, at her browser, and a stranger at theirs."""

    site: Site
    home: str
    ada: Person
    owner: Visitor
    stranger: Visitor

    @property
    def form(self) -> str:
        return f"/f/{self.home}/shop/wishes/ask"

    def failed(self, what: str) -> None:
        """It went wrong so often that one has to wait."""
        for _time in range(60):
            with self.site.stores.control.write() as session:
                sign_in_delay.count(session, what)

    def token(self) -> dict[str, str]:
        _token, secret = api_tokens.create(self.site.stores, self.ada.id, self.home, "Program")
        return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def place(site: Site, owner: Visitor, visitor: Visitor, membership: Membership) -> Place:
    ada = accounts.person(site.stores, workspaces.people(site.stores, membership.id)[0].id)
    with site.stores.workspace(membership.id).write(person(ada.id, "owner")) as session:
        apps.apply(session, {"formwork": 1, "key": "shop", "label": "Shop", "version": "1.0.0", "tables": TABLES})
    return Place(site, membership.id, ada, owner, visitor)


def password(place: Place) -> Response:
    place.failed(NAME)
    return place.stranger.sign_in()


def password_from_one_address(place: Place) -> Response:
    place.failed("from testclient")
    return place.stranger.sign_in("nobody@example.com")


def code(place: Place) -> Response:
    seed = second_factor.new_seed()
    right = second_factor.code_at(seed, datetime.now(UTC))
    second_factor.switch_on(place.site.stores, place.site.vault, place.ada, seed, right)
    place.stranger.sign_in()
    place.failed(NAME)
    return place.stranger.submit("/sign-in/code", code=right)


def password_beside_a_provider(place: Place) -> Response:
    """Ada came back from a provider that we do not know yet to be hers."""
    kept = json.dumps(["https://id.example.com", "ada", EMAIL]).encode()
    cookie = place.site.signer.sign(provider.IDENTITY, kept)
    place.stranger.cookies.set(place.site.cookies.name(provider.IDENTITY), cookie)
    place.failed(NAME)
    return place.stranger.submit("/sign-in/provider", on="/sign-in", password=PASSWORD)


def forgotten(place: Place) -> Response:
    place.failed("reset from testclient")
    return place.stranger.submit("/forgotten", email=EMAIL)


def proof(place: Place) -> Response:
    place.failed(NAME)
    return place.owner.submit("/account/proof", on="/account", current_password=PASSWORD)


def another_password(place: Place) -> Response:
    place.failed(NAME)
    return place.owner.submit("/account/password", on="/account", current_password=PASSWORD, password="other words yes")


def end_of_the_second_factor(place: Place) -> Response:
    place.failed(NAME)
    return place.owner.submit("/account/second-factor/removal", on="/account", current_password=PASSWORD)


def invitation(place: Place) -> Response:
    site = place.site
    made = invitations.invite(site.stores, site.vault, site.settings, place.home, place.ada.id, role="guest")
    token = made.link.rpartition("/")[2]
    place.failed(f"invitation {token}")
    return place.stranger.submit(f"/invitations/{token}", name="Bo", email="bo@example.com", password=PASSWORD)


def share(place: Place) -> Response:
    with place.site.stores.workspace(place.home).write(person(place.ada.id, "owner")) as session:
        made, token = shares.create(session, "shop.wishes", "all", password="four words")
    place.failed(f"share {made.id}")
    return place.stranger.submit(f"/s/{token}", password="four words")


def public_form(place: Place) -> Response:
    place.site.public_forms.times = 0
    return place.stranger.submit(place.form, wish="a desk")


def public_form_in_a_day(place: Place) -> Response:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sendings, "MOST_A_DAY", 1)
        place.stranger.submit(place.form, wish="a desk")
        return place.stranger.submit(place.form, wish="a chair")


def correction(place: Place) -> Response:
    receipt = place.stranger.submit(place.form, wish="a desk")
    (link,) = set(re.findall(r'value="(http[^"]+/c/[^"]+)"', receipt.text))
    (was,) = re.findall(r'name="was" value="([^"]+)"', place.stranger.get(link).text)
    place.site.public_forms.times = 0
    return place.stranger.submit(link, wish="a chair", was=was)


def program(place: Place) -> Response:
    assert place.site.api_rate
    place.site.api_rate.times = 0
    return place.stranger.get("/v0/shop/wishes", headers=place.token())


def assistant(place: Place) -> Response:
    assert place.site.api_rate
    place.site.api_rate.times = 0
    return place.stranger.post("/mcp", headers=place.token(), json={})


# By the file that refuses.
WAYS: dict[str, list[Callable[[Place], Response]]] = {
    "engine/accounts.py": [proof, another_password, end_of_the_second_factor],
    "engine/invitations.py": [invitation],
    "engine/resets.py": [forgotten],
    "engine/sendings.py": [public_form_in_a_day],
    "engine/shares.py": [share],
    "engine/sign_in.py": [password, password_from_one_address, code, password_beside_a_provider],
    "web/api/edges.py": [program],
    "web/mcp/over_http.py": [assistant],
    "web/pages/corrections.py": [correction],
    "web/pages/public_forms.py": [public_form],
}
_REFUSES = re.compile(r"sign_in_delay\.check\(|raise TooOften\(|public_forms\.check\(|ApiRefusal\(429")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("way", [way for ways in WAYS.values() for way in ways], ids=lambda way: way.__name__)
def test_who_does_it_too_often_is_told_when_they_may_again(place: Place, way: Callable[[Place], Response]) -> None:
    answer = way(place)
    assert answer.status_code == 429
    wait = int(answer.headers["retry-after"])
    assert 0 < wait <= 24 * 3600
    assert answer.headers["ratelimit-remaining"] == "0"
    assert int(answer.headers["ratelimit-limit"]) >= 0
    assert int(answer.headers["ratelimit-reset"]) == wait


def test_every_file_that_refuses_so_is_among_them() -> None:
    root = Path(__file__).parents[3]
    found = {str(path.relative_to(root)) for path in SOURCES if _REFUSES.search(path.read_text("utf-8"))}
    assert found - {"engine/sign_in_delay.py", "web/rate.py"} == WAYS.keys()
