"""What people do about people and accounts stands in the audit log of their workspaces, by whom and with its facts."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI

from engine import accounts, audit, identities, invitations, resets, second_factor, ways_in, workspaces
from engine.access.principals import person
from engine.cli.run import run
from engine.oidc import Identity
from engine.workspaces import Membership
from tests.support.terminal import FakeTerminal
from tests.web.accounts.conftest import Post
from tests.web.conftest import PASSWORD, Visitor
from web.site import Site

BEN = {"email": "ben@example.com", "name": "Ben", "password": PASSWORD}
NEW = "another four words"


@pytest.fixture
def ada(site: Site, owner: Visitor, membership: Membership) -> str:
    """Her id; she is signed in."""
    return workspaces.people(site.stores, membership.id)[0].id


def _log(site: Site, home: str, ada: str) -> list[tuple[str, str, str]]:
    """Every act with who did it and the sentence, oldest first."""
    with site.stores.control.read(person(ada, "owner")) as session:
        assert audit.verify(session).is_whole
        return [(one.act, one.user_id or one.by_id, str(one.says)) for one in audit.entries(session, workspace=home)][
            ::-1
        ]


def test_who_comes_and_goes(site: Site, owner: Visitor, membership: Membership, ada: str, visitor: Visitor) -> None:
    home = f"/w/{membership.id}"
    given = {"role": "guest", "days": "7"}
    shown = owner.submit(f"{home}/invitations", **given).text
    link = urlsplit(shown.split('id="link" value="')[1].split('"')[0]).path
    visitor.submit(link, name="Cleo", email="cleo@example.com", password=PASSWORD)
    cleo = accounts.person_by_email(site.stores, "cleo@example.com")
    assert cleo
    owner.submit(f"{home}/people/{cleo.id}/role", on="/account", role="builder")
    owner.submit(f"{home}/people/{cleo.id}/removal", on="/account")
    owner.submit(f"{home}/invitations", **given, email="dan@example.com")
    (open_one,) = invitations.open_ones(site.stores, membership.id)
    owner.submit(f"{home}/invitations/{open_one.id}/revocation", on="/account")
    words = ["person", "add", "--email", BEN["email"], "--name", "Ben", "--password-file", "-"]
    terminal = FakeTerminal({"-": PASSWORD.encode()}, {})
    assert run(words, terminal, settings=site.settings, stores=site.stores) == 0
    assert _log(site, membership.id, ada)[1:] == [
        ("person.invited", ada, "made an invitation for whoever has its link"),
        ("person.joined", cleo.id, "came in by an invitation of Ada"),
        ("person.role", ada, "made Cleo Builder"),
        ("person.removed", ada, "took Cleo out of the workspace"),
        ("person.invited", ada, "invited dan@example.com"),
        ("invitation.revoked", ada, "took an invitation back"),
        ("person.added", ada, "let Ben in"),
    ]
    assert "came in by an invitation of Ada" in owner.get(f"{home}/audit?log=people").text


def test_what_a_person_does_about_their_account(
    app: FastAPI, site: Site, owner: Visitor, membership: Membership, ada: str, post: Post
) -> None:
    stores = site.stores
    owner.submit("/account/tokens", name="Reports", workspace=membership.id)
    token = owner.get("/account/tokens").text.split("/account/tokens/")[1].split("/")[0]
    owner.submit(f"/account/tokens/{token}/delete", on="/account")
    owner.submit("/account/email", email="ada@new.example")
    owner.submit(urlsplit(post.links("ada@new.example")[0]).path)
    seed, me = second_factor.new_seed(), accounts.person(stores, ada)
    second_factor.switch_on(stores, site.vault, me, seed, second_factor.code_at(seed, datetime.now(UTC)))
    owner.submit("/account/second-factor/codes", on="/account")
    owner.submit("/account/second-factor/removal", on="/account", current_password=PASSWORD)
    identities.tie(stores, ada, Identity("https://id.example.com", "ada", ""))
    identities.untie(stores, ada, "https://id.example.com")
    owner.submit("/account/password", on="/account", current_password=PASSWORD, password=NEW)
    resets.choose_password(stores, resets.link(stores, ada), PASSWORD)
    acts = _log(site, membership.id, ada)
    assert {by for act, by, _says in acts if act != "reset_link.made"} == {ada}
    assert [act for act, _by, _says in acts] == [
        "account.signed_in",
        "token.created",
        "token.deleted",
        "email.changed",
        "second_factor.on",
        "second_factor.codes",
        "second_factor.off",
        "identity.tied",
        "identity.untied",
        "password.changed",
        "reset_link.made",  # by whoever runs the machine
        "password.reset",
    ]


def test_a_sign_in_tells_of_the_failures_before_it_and_no_secret(
    app: FastAPI, site: Site, owner: Visitor, membership: Membership, ada: str
) -> None:
    other = Visitor(app)
    for _try in range(3):
        other.sign_in(password="wrong")
    other.sign_in()
    with site.stores.control.read(person(ada, "owner")) as session:
        newest = audit.entries(session, workspace=membership.id)[0]
    assert newest.about["failed_tries"] == 3
    assert newest.address == "testclient"
    assert PASSWORD not in str(newest)


def test_an_operator_who_switches_an_account_off_is_no_person(
    site: Site, owner: Visitor, membership: Membership, ada: str
) -> None:
    ben = accounts.add_person(site.stores, membership.id, **BEN, role="member")
    ways_in.disable(site.stores, ben.id)
    ways_in.enable(site.stores, ben.id)
    assert _log(site, membership.id, ada)[-2:] == [
        ("account.disabled", "engine", "switched an account off"),
        ("account.enabled", "engine", "switched an account on"),
    ]


def test_a_reader_sees_nothing_of_workspaces_that_are_not_theirs(
    site: Site, owner: Visitor, membership: Membership, ada: str
) -> None:
    other = workspaces.create(site.stores, ada, "Other")
    accounts.add_person(site.stores, membership.id, **BEN, role="member")
    assert _log(site, other.id, ada) == []
    assert other.id not in owner.get(f"/w/{membership.id}/audit?log=people").text.split("<main")[1]
