"""Whoever's way in changes hears of it by mail, at the address that they had."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI

from engine import accounts, api_tokens, email_changes, identities, notices, resets, second_factor, workspaces
from engine.account_mail import LINK, Words
from engine.accounts import Person
from engine.cli.run import run
from engine.errors import Refused
from engine.oidc import Identity
from engine.workspaces import Membership
from tests.support.terminal import FakeTerminal
from tests.web.accounts.conftest import Post
from tests.web.conftest import PASSWORD, Visitor
from web.site import Site

NEW = "another four words"
ELSEWHERE = Identity("https://id.example.com", "ada", "ada@example.com")


@pytest.fixture
def ada(site: Site, owner: Visitor, membership: Membership) -> Person:
    """She is signed in."""
    return accounts.person(site.stores, workspaces.people(site.stores, membership.id)[0].id)


def _switch_on(site: Site, ada: Person) -> None:
    seed = second_factor.new_seed()
    second_factor.switch_on(site.stores, site.vault, ada, seed, second_factor.code_at(seed, datetime.now(UTC)))


def _new_codes(site: Site, ada: Person) -> None:
    _switch_on(site, ada)
    second_factor.new_codes(site.stores, ada.id)


def _drop_by_command(site: Site, ada: Person) -> None:
    words = ["person", "drop-second-factor", ada.email]
    assert run(words, FakeTerminal(), settings=site.settings, stores=site.stores) == 0


def _untie(site: Site, ada: Person) -> None:
    identities.tie(site.stores, ada.id, ELSEWHERE)
    identities.untie(site.stores, ada.id, ELSEWHERE.issuer)


def _make_token(site: Site, ada: Person) -> None:
    home = workspaces.belonging_to(site.stores, ada.id)[0].id
    api_tokens.create(site.stores, ada.id, home, "Reports")


ACTS: list[tuple[Callable[[Site, Person], object], str]] = [
    (
        lambda site, ada: accounts.change_password(site.stores, ada.id, current=PASSWORD, new=NEW),
        "Your password was changed.",
    ),
    (
        lambda site, ada: resets.choose_password(site.stores, resets.link(site.stores, ada.id), NEW),
        "A new password was chosen by a link.",
    ),
    (_switch_on, "The second factor was switched on: signing in takes a code of your phone."),
    (_new_codes, "New recovery codes were made; those before count no more."),
    (_drop_by_command, "The second factor was switched off: the password alone lets you in."),
    (
        lambda site, ada: identities.tie(site.stores, ada.id, ELSEWHERE),
        "An account at https://id.example.com lets you in from now on.",
    ),
    (_untie, "Your account at https://id.example.com lets you in no more."),
    (_make_token, "An API token was made, by which a program acts as you: Reports."),
]


@pytest.mark.parametrize(("act", "says"), ACTS, ids=[says[:40] for _act, says in ACTS])
def test_its_person_hears_of_it(
    site: Site, ada: Person, post: Post, act: Callable[[Site, Person], object], says: str
) -> None:
    act(site, ada)
    ((to, text),) = post.deliver()
    assert to == "ada@example.com"
    assert f"(UTC): {says}" in text
    assert f"{site.settings.public_url}/forgotten" in text


def test_the_old_address_hears_of_the_new_one(site: Site, owner: Visitor, ada: Person, post: Post) -> None:
    words = Words("", LINK)
    email_changes.ask(site.stores, site.vault, site.settings, ada, "ada@new.example", words, Words("", "asked"))
    email_changes.confirm(site.stores, ada, post.links("ada@new.example")[0].rpartition("/")[2])
    old = [text for to, text in post.deliver() if to == "ada@example.com"]
    assert "ada@new.example is the address to sign in with from now on, not this one." in old[-1]
    assert len(old) == 2


def test_what_happens_together_is_one_mail_and_no_name_makes_a_line(site: Site, ada: Person, post: Post) -> None:
    home = workspaces.belonging_to(site.stores, ada.id)[0].id
    for name in ("One", "Two\n- 2026-01-01 00:00 (UTC): Your password was changed."):
        api_tokens.create(site.stores, ada.id, home, name)
    ((_to, text),) = post.deliver()
    assert len([line for line in text.splitlines() if line.startswith("- ")]) == 2


def test_it_is_written_in_the_language_of_its_person(app: FastAPI, site: Site, ada: Person, post: Post) -> None:
    accounts.change_person(site.stores, ada.id, name="Ada", language="zh", theme="")
    accounts.change_password(site.stores, ada.id, current=PASSWORD, new=NEW)
    ((_to, text),) = post.deliver()
    assert "你的密码" in text


def test_nothing_is_told_of_what_did_not_happen(site: Site, ada: Person, post: Post) -> None:
    with pytest.raises(Refused):
        accounts.change_password(site.stores, ada.id, current="wrong", new=NEW)
    with pytest.raises(Refused):
        api_tokens.create(site.stores, ada.id, workspaces.belonging_to(site.stores, ada.id)[0].id, "")
    assert post.deliver() == []


def test_without_a_mail_server_nothing_is_kept(site: Site, ada: Person) -> None:
    accounts.change_password(site.stores, ada.id, current=PASSWORD, new=NEW)
    quiet = replace(site.settings, smtp_host="")
    assert notices.send(site.stores, site.vault, quiet, lambda text, _language: str(text)) == 1
    assert notices.send(site.stores, site.vault, quiet, lambda text, _language: str(text)) == 0
