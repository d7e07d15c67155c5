"""People's accounts from the command line."""

from __future__ import annotations

import re

import pytest

from engine import accounts, invitations, resets, sessions, sign_in
from engine.sign_in import SignInRefused
from tests.engine.cli.conftest import PASSWORD, CommandLine


def test_people_come_get_roles_and_go(formwork: CommandLine) -> None:
    assert formwork("person add --email ben@example.com --name Ben --role guest") == "Ben can now sign in.\n"
    assert sign_in.sign_in(formwork.stores, "ben@example.com", PASSWORD).session
    assert formwork.refused("person add --email ben@example.com") == ["/email: This person is here already."]
    assert formwork("person role ben@example.com builder") == "The role is changed.\n"
    assert [(one["name"], one["role"]) for one in formwork.json("person list")] == [
        ("Ada", "owner"),
        ("Ben", "builder"),
    ]
    formwork("person remove ben@example.com")
    assert [one["name"] for one in formwork.json("person list")] == ["Ada"]
    assert formwork.refused("person remove ben@example.com") == ["This person does not belong to the workspace."]
    assert formwork.refused("person role ada@example.com guest") == [
        "A workspace needs an owner. Make somebody else owner first."
    ]


def test_a_link_for_who_forgot_the_password(formwork: CommandLine) -> None:
    url = formwork("person reset-link ada@example.com").strip()
    assert url.startswith("http://127.0.0.1:8000/reset/")
    resets.choose_password(formwork.stores, url.rsplit("/", 1)[1], "another four words")
    assert sign_in.sign_in(formwork.stores, "ada@example.com", "another four words").session
    (line,) = formwork.refused("person reset-link nobody@example.com")
    assert line == "There is no account with the address nobody@example.com."


def test_an_account_is_signed_out_and_switched_off(formwork: CommandLine) -> None:
    ada = accounts.person_by_email(formwork.stores, "ada@example.com")
    assert ada
    token = sessions.open_session(formwork.stores, ada.id)
    assert formwork.json("person sign-out ada@example.com")["count"] == 1
    assert sessions.session_of(formwork.stores, token) is None
    formwork("person disable ada@example.com")
    with pytest.raises(SignInRefused):
        sign_in.sign_in(formwork.stores, "ada@example.com", PASSWORD)
    formwork("person enable ada@example.com")
    assert sign_in.sign_in(formwork.stores, "ada@example.com", PASSWORD).session


def test_somebody_is_invited_by_a_link(formwork: CommandLine) -> None:
    link = formwork("person invite --role builder --days 3").strip()
    assert link.startswith("http://127.0.0.1:8000/invitations/")
    (listed,) = formwork.json("person invitations")
    assert (listed["role"], listed["email"], listed["invited_by"]) == ("builder", "", "Ada")
    token = link.rsplit("/", 1)[1]
    invitations.accept(formwork.stores, token, name="Ben", email="ben@example.com", password=PASSWORD)
    assert [one["name"] for one in formwork.json("person list")] == ["Ada", "Ben"]
    second = formwork.json("person invite --email eve@example.com")
    formwork(f"person uninvite {second['id']}")
    assert formwork.json("person invitations") == []
    (line,) = formwork.refused("person invite --as ben@example.com")
    assert line == "Only owners can invite people."


def test_whoever_runs_the_machine_sees_what_lets_somebody_in(formwork: CommandLine) -> None:
    formwork("person add --email ben@example.com --name Ben --password-file -", stdin="four words in a row\n")
    formwork("token create Nightly --as ben@example.com")
    formwork("person disable ben@example.com")
    ada, ben = formwork.json("person accounts")
    assert (ada["email"], ada["state"], ada["second_factor"]) == ("ada@example.com", "on", "off")
    assert (ben["name"], ben["workspaces"], ben["tokens"], ben["sessions"]) == ("Ben", 1, 1, 0)
    assert ben["state"].startswith("switched off since 20")
    shown = formwork("person show ben@example.com")
    assert "Acme (member)" in shown
    assert "Nightly" in shown
    assert re.search(r"^disabled_at +[A-Z][a-z]{2} \d+, 20\d\d, .+ UTC$", shown, re.MULTILINE)
    assert "no account" in formwork.refused("person show cleo@example.com")[0]
