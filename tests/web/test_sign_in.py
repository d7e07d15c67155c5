"""Signing in, the first owner, and the account page (T-ENUM-01, T-PWD-01, T-SES-01)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from pwdlib import PasswordHash

from engine import accounts, api_tokens, passwords, sessions
from engine.errors import SignInNeeded
from engine.storage import control_tables
from engine.storage.control_tables import setup_links
from engine.storage.session import timestamp
from engine.workspaces import Membership
from tests.support.statements import counted
from tests.web.conftest import EMAIL, PASSWORD, Visitor
from web.site import Site

OWNER = {"name": "Ada", "email": EMAIL, "password": PASSWORD, "workspace": "Acme"}


def _age(site: Site, table: str, column: str, by: timedelta) -> None:
    moment = timestamp(datetime.now(UTC) - by)
    with site.stores.control.write() as session:
        session.connection.exec_driver_sql(f"UPDATE {table} SET {column} = ?", (moment,))


def _ada(site: Site) -> str:
    found = accounts.person_by_email(site.stores, EMAIL)
    assert found
    return found.id


def test_the_set_up_link_makes_the_owner_once(site: Site, visitor: Visitor) -> None:
    link = f"/setup/{accounts.setup_link(site.stores)}"
    home = visitor.submit(link, **OWNER)
    assert home.status_code == 200
    assert "Acme" in home.text
    assert visitor.get(link).status_code == 404
    assert accounts.setup_link(site.stores) is None


def test_what_was_typed_comes_back_beside_what_is_wrong(site: Site, visitor: Visitor) -> None:
    link = f"/setup/{accounts.setup_link(site.stores)}"
    answer = visitor.submit(link, **(OWNER | {"email": "ada@", "password": "password123", "workspace": " "}))
    assert answer.status_code == 422
    for sentence in ("Enter an e-mail address", "easy to guess", "Give the workspace a name"):
        assert sentence in answer.text
    assert 'value="Ada"' in answer.text
    assert 'value="ada@"' in answer.text
    assert "password123" not in answer.text
    assert visitor.submit(link, **OWNER).status_code == 200


def test_a_set_up_link_counts_for_30_minutes(site: Site, visitor: Visitor) -> None:
    link = f"/setup/{accounts.setup_link(site.stores)}"
    token = visitor.token(link)
    with site.stores.control.write() as session:
        gone = timestamp(datetime.now(UTC) - timedelta(seconds=1))
        session.connection.execute(setup_links.update().values(expires_at=gone))
    assert visitor.get(link).status_code == 404
    assert visitor.post(link, data={"form_token": token, **OWNER}).status_code == 404
    assert visitor.get(f"/setup/{accounts.setup_link(site.stores)}").status_code == 200


def test_only_the_newest_set_up_link_counts(site: Site, visitor: Visitor) -> None:
    old = accounts.setup_link(site.stores)
    accounts.setup_link(site.stores)
    assert visitor.get(f"/setup/{old}").status_code == 404


def test_a_page_asks_to_sign_in_and_then_shows_itself(visitor: Visitor, membership: Membership) -> None:
    wanted = f"/w/{membership.id}/people?x=1"
    asked = visitor.get(wanted)
    assert asked.url.path == "/sign-in"
    done = visitor.submit("/sign-in", on=str(asked.url), email=EMAIL, password=PASSWORD, next=wanted)
    assert done.url.path == f"/w/{membership.id}/people"


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil",
        "javascript:alert(1)",
        "/\n/evil",
        "evil",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(visitor: Visitor, membership: Membership, wanted: str) -> None:
    done = visitor.submit("/sign-in", email=EMAIL, password=PASSWORD, next=wanted)
    assert done.url.path == f"/w/{membership.id}"


def test_unknown_and_known_people_are_refused_alike(
    app: FastAPI, site: Site, membership: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The status, the headers, the page, and what it costs: the same questions to the store, one password hashed."""
    checked: list[str] = []
    monkeypatch.setattr(passwords, "hasher", _Noting(passwords.hasher, checked))
    seen = []
    for email in (EMAIL, "eve@example.com"):
        visitor = Visitor(app)
        token = visitor.token("/sign-in")
        with counted(site.stores.control) as said:
            answer = visitor.post("/sign-in", data={"form_token": token, "email": email, "password": "wrong"})
        assert "do not belong together" in answer.text
        seen.append((answer.status_code, _bare(str(sorted(answer.headers.items())), email), _bare(answer.text, email)))
        checked.append(f"{len(said)} statements")
    assert seen[0] == seen[1]
    assert len(checked) == 4
    assert checked[:2] == checked[2:]


class _Noting:
    """Notes that a password was compared, whosever it is."""

    def __init__(self, hasher: PasswordHash, checked: list[str]) -> None:
        self.hasher, self.checked = hasher, checked

    def verify_and_update(self, password: str, stored: str) -> tuple[bool, str | None]:
        self.checked.append("a password")
        return self.hasher.verify_and_update(password, stored)

    def hash(self, password: str) -> str:
        return self.hasher.hash(password)


def _bare(text: str, email: str) -> str:
    """Without what is drawn anew each time: tokens, nonces."""
    return re.sub(r"[\w-]{20,}", "", text).replace(email, "")


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.com"])
def test_after_ten_failures_one_has_to_wait(visitor: Visitor, site: Site, membership: Membership, email: str) -> None:
    answers = [visitor.sign_in(email, "wrong").text for _try in range(12)]
    assert "do not belong together" in answers[9]
    assert "Too many tries" in answers[11]
    assert "Too many tries" in visitor.sign_in(email, PASSWORD).text
    if email == EMAIL:
        _age(site, "failed_tries", "wait_until", timedelta(seconds=1))
        assert visitor.sign_in().url.path == f"/w/{membership.id}"


def test_signing_in_gives_a_new_session_and_signing_out_ends_it(app: FastAPI, owner: Visitor) -> None:
    stolen = Visitor(app)
    stolen.cookies = owner.cookies
    assert stolen.get("/account").url.path == "/account"
    assert owner.submit("/sign-out", on="/account").url.path == "/sign-in"
    assert stolen.get("/account").url.path == "/sign-in"


@pytest.mark.parametrize(
    ("column", "by"), [("last_seen_at", timedelta(hours=12, minutes=1)), ("expires_at", timedelta(seconds=1))]
)
def test_a_session_ends_by_itself(site: Site, owner: Visitor, column: str, by: timedelta) -> None:
    _age(site, "sessions", column, by)
    assert owner.get("/account").url.path == "/sign-in"


def test_only_hashes_of_sessions_are_stored(site: Site, owner: Visitor) -> None:
    token = owner.cookies["formwork-sid"]
    with site.stores.control.read() as session:
        stored = "".join(str(row) for row in session.connection.execute(control_tables.sessions.select()))
    assert token not in stored


def test_changing_the_password_ends_all_other_sessions(app: FastAPI, owner: Visitor) -> None:
    other = Visitor(app)
    other.sign_in()
    before = owner.cookies["formwork-sid"]
    new = {"current_password": PASSWORD, "password": "another four words"}
    assert owner.submit("/account/password", on="/account", **new).status_code == 200
    assert owner.cookies["formwork-sid"] != before
    assert owner.get("/account").url.path == "/account"
    assert other.get("/account").url.path == "/sign-in"
    assert other.sign_in().status_code == 422
    assert other.sign_in(password="another four words").status_code == 200


def test_a_wrong_current_password_changes_nothing(owner: Visitor) -> None:
    new = {"current_password": "wrong", "password": "another four words"}
    answer = owner.submit("/account/password", on="/account", **new)
    assert answer.status_code == 422
    assert "This is not your password" in answer.text


def test_an_api_token_is_shown_once(site: Site, owner: Visitor, membership: Membership) -> None:
    answer = owner.submit("/account/tokens", name="Reports", workspace=membership.id, days="30")
    secret = answer.text.split('id="secret" value="')[1].split('"')[0]
    assert secret.startswith("fwk_")
    assert api_tokens.holder_of(site.stores, secret).workspace_id == membership.id
    page = owner.get("/account/tokens").text
    assert secret not in page
    assert "Reports" in page
    token = page.split("/account/tokens/")[1].split("/")[0]
    owner.submit(f"/account/tokens/{token}/delete", on="/account")
    with pytest.raises(SignInNeeded):
        api_tokens.holder_of(site.stores, secret)


def test_what_a_found_browser_must_not_do_asks_for_the_password_again(
    site: Site, owner: Visitor, membership: Membership
) -> None:
    given = {"name": "Reports", "workspace": membership.id, "days": "30"}
    before = owner.cookies["formwork-sid"]
    _age(site, "sessions", "proved_at", timedelta(minutes=16))
    assert "Create token" not in owner.get("/account/tokens").text
    asked = owner.submit("/account/tokens", **given)
    assert asked.url.path == "/account/proof"
    assert not api_tokens.belonging_to(site.stores, _ada(site))
    wrong = owner.submit("/account/proof", on=str(asked.url), current_password="wrong", next="/account/tokens")
    assert wrong.status_code == 422
    assert "This is not your password" in wrong.text
    right = owner.submit("/account/proof", on=str(asked.url), current_password=PASSWORD, next="/account/tokens")
    assert right.url.path == "/account/tokens"
    assert owner.cookies["formwork-sid"] != before
    assert "This is your new token" in owner.submit("/account/tokens", **given).text


def test_guessing_at_an_open_browser_has_to_wait(owner: Visitor) -> None:
    for _try in range(11):
        answer = owner.submit(
            "/account/password", on="/account", current_password="wrong", password="another four words"
        )
    assert "This is not your password" in answer.text
    answer = owner.submit("/account/password", on="/account", current_password=PASSWORD, password="another four words")
    assert "Too many tries" in answer.text


def test_all_other_browsers_are_signed_out_at_once(app: FastAPI, owner: Visitor) -> None:
    others = [Visitor(app) for _each in range(2)]
    for other in others:
        other.sign_in()
    assert "All other sessions are signed out" in owner.submit("/account/sessions/end", on="/account").text
    assert owner.get("/account").url.path == "/account"
    assert {other.get("/account").url.path for other in others} == {"/sign-in"}


def test_signing_in_again_ends_the_session_before(app: FastAPI, owner: Visitor) -> None:
    before = Visitor(app)
    before.cookies = type(owner.cookies)(owner.cookies)
    assert before.get("/account").url.path == "/account"
    token = owner.token("/account")
    owner.post("/sign-in", data={"form_token": token, "email": EMAIL, "password": PASSWORD})
    assert before.get("/account").url.path == "/sign-in"


def test_a_session_of_somebody_else_cannot_be_ended(site: Site, owner: Visitor, membership: Membership) -> None:
    other = accounts.add_person(
        site.stores, membership.id, email="ben@example.com", name="Ben", password=PASSWORD, role="member"
    )
    sessions.open_session(site.stores, other.id)
    session = sessions.belonging_to(site.stores, other.id)[0]
    assert owner.submit(f"/account/sessions/{session.id}/end", on="/account").status_code == 404
    assert sessions.belonging_to(site.stores, other.id)


def test_language_and_theme_follow_the_account_then_the_cookie_then_the_browser(app: FastAPI, owner: Visitor) -> None:
    visitor = Visitor(app)
    assert (
        '<html lang="zh-CN"' in visitor.get("/sign-in", headers={"Accept-Language": "fr, zh-CN;q=0.9, en;q=0.5"}).text
    )
    visitor.submit("/preferences", on="/sign-in", language="en")
    assert '<html lang="en"' in visitor.get("/sign-in", headers={"Accept-Language": "zh"}).text
    owner.submit("/preferences", on="/account", theme="dark")
    assert 'data-bs-theme="dark"' in owner.get("/account").text
    owner.submit("/account", name="Ada L.", language="zh", theme="")
    page = owner.get("/account", headers={"Accept-Language": "en"}).text
    assert '<html lang="zh-CN"' in page
    assert "Ada L." in page
