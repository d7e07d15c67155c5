"""A forgotten password, from the page to the mail and back (T-RESET-01, T-ENUM-01)."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from engine import account_mail, accounts, api_tokens, resets, ways_in
from engine.account_mail import Words
from engine.errors import Misconfigured, NotFound, SignInNeeded
from engine.settings import Settings
from engine.storage import automation_tables
from engine.storage.control_tables import reset_links, reset_wishes
from engine.storage.session import timestamp
from engine.vault import Vault, new_key
from engine.workspaces import Membership
from tests.support.statements import counted
from tests.web.accounts.conftest import Post
from tests.web.conftest import BASE, EMAIL, PASSWORD, Visitor
from web.app import create_app
from web.site import Site

NEW = "another four words"


def _link(post: Post, visitor: Visitor) -> str:
    visitor.submit("/forgotten", email=EMAIL)
    return urlsplit([one for one in post.links(EMAIL) if "/reset/" in one][-1]).path


def test_a_link_by_mail_lets_somebody_choose_a_new_password_once(
    app: FastAPI, site: Site, membership: Membership, visitor: Visitor, post: Post
) -> None:
    before = Visitor(app)
    before.sign_in()
    ada = accounts.person_by_email(site.stores, EMAIL)
    assert ada
    _token, secret = api_tokens.create(site.stores, ada.id, membership.id, "Report")
    link = _link(post, visitor)
    for _opened in range(2):  # as mail programs do
        assert "For ada@example.com" in visitor.get(link).text
    short = visitor.submit(link, password="short")
    assert short.status_code == 422
    assert "at least 8 characters" in short.text
    changed = visitor.submit(link, password=NEW)
    assert changed.url.path == "/sign-in"
    assert "Sign in with it" in changed.text
    assert visitor.get(link).status_code == 404
    assert before.get("/account").url.path == "/sign-in"
    with pytest.raises(SignInNeeded):
        api_tokens.holder_of(site.stores, secret)
    assert visitor.sign_in(password=PASSWORD).status_code == 422
    assert visitor.sign_in(password=NEW).url.path == f"/w/{membership.id}"


def test_two_who_use_a_link_at_once_are_one(site: Site, membership: Membership, visitor: Visitor, post: Post) -> None:
    token = _link(post, visitor).rsplit("/", 1)[1]
    resets.choose_password(site.stores, token, NEW)
    with pytest.raises(NotFound):
        resets.choose_password(site.stores, token, "a third set of words")


def test_only_the_newest_link_counts_and_for_30_minutes(
    site: Site, membership: Membership, visitor: Visitor, post: Post
) -> None:
    first = _link(post, visitor)
    with site.stores.control.write() as session:
        earlier = timestamp(session.now - timedelta(minutes=3))
        session.connection.execute(sa.update(reset_links).values(created_at=earlier))
    second = _link(post, visitor)
    assert visitor.get(first).status_code == 404
    token = visitor.token(second)
    with site.stores.control.write() as session:
        gone = timestamp(session.now - timedelta(seconds=1))
        session.connection.execute(sa.update(reset_links).values(expires_at=gone))
    assert visitor.get(second).status_code == 404
    assert visitor.post(second, data={"form_token": token, "password": NEW}).status_code == 404


def test_asking_again_and_again_sends_one_mail(membership: Membership, visitor: Visitor, post: Post) -> None:
    for _wish in range(3):
        visitor.submit("/forgotten", email=f" {EMAIL.upper()} ")
        post.deliver()
    assert len(post.deliver()) == 1


def test_after_many_wishes_one_sender_has_to_wait(membership: Membership, visitor: Visitor) -> None:
    answers = [visitor.submit("/forgotten", email=f"{number}@example.com") for number in range(22)]
    assert answers[-1].status_code == 429
    assert "Too many tries" in answers[-1].text


FORGED = [
    {"Host": "evil.example"},
    {"Host": "127.0.0.1:8000@evil.example"},
    {"Host": "evil.example:443"},
    {"Origin": "https://evil.example"},
    {"Referer": "https://evil.example/forgotten"},
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Server": "evil.example"},
    {"Forwarded": "host=evil.example;proto=https"},
    {"X-Original-Host": "evil.example", "X-Host": "evil.example"},
    {"X-Original-URL": "https://evil.example/reset/", "X-Rewrite-URL": "https://evil.example/"},
    {"X-HTTP-Host-Override": "evil.example"},
]


@pytest.mark.parametrize("headers", FORGED, ids=str)
def test_the_link_leads_to_the_public_address_whatever_the_request_says(
    membership: Membership, visitor: Visitor, post: Post, headers: dict[str, str]
) -> None:
    data = {"form_token": visitor.token("/forgotten"), "email": EMAIL}
    assert visitor.post("/forgotten", data=data, headers=headers).status_code == 200
    (link,) = post.links(EMAIL)
    assert link.startswith(f"{BASE}/reset/")


def test_beyond_this_machine_there_is_no_start_without_a_public_address(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with pytest.raises(Misconfigured, match="FORMWORK_PUBLIC_URL must be set"):
        Settings.from_environment({"FORMWORK_HOST": "0.0.0.0"})
    plain = {"FORMWORK_HOST": "0.0.0.0", "FORMWORK_PUBLIC_URL": "http://formwork.example"}
    folder = str(tmp_path_factory.mktemp("data"))
    with pytest.raises(Misconfigured, match="https"):
        create_app(Settings.from_environment({**plain, "FORMWORK_DATA": folder}))


def test_nobody_learns_who_has_an_account(site: Site, membership: Membership, app: FastAPI, post: Post) -> None:
    answers = []
    for email in (EMAIL, "nobody@example.com", "", "no address"):
        visitor = Visitor(app)
        token = visitor.token("/forgotten")
        with counted(site.stores.control) as said:
            answer = visitor.post("/forgotten", data={"form_token": token, "email": email})
        text = answer.text.replace(answer.text.split('name="form_token" value="')[1].split('"')[0], "")
        kept = {name: value for name, value in answer.headers.items() if name != "content-security-policy"}
        answers.append((answer.status_code, _without_secrets(text), kept, list(said)))
    assert all(one == answers[0] for one in answers)
    assert [to for to, _text in post.deliver()] == [EMAIL]


def _without_secrets(text: str) -> str:
    """A page without what is drawn afresh for each answer."""
    return re.sub(r'nonce="[^"]+"|value="[\w-]{60,}"|X-CSRF-Token[^}]+', "", text)


def test_neither_links_nor_mails_are_stored_in_the_clear(
    site: Site, membership: Membership, visitor: Visitor, post: Post
) -> None:
    visitor.submit("/forgotten", email=EMAIL)
    resets.answer(site.stores, site.vault, site.settings)
    with site.stores.control.read() as session:
        kept = [
            str(session.connection.execute(sa.select(one)).all()) for one in (automation_tables.outbox, reset_links)
        ]
    (link,) = post.links(EMAIL)
    assert all(link.rsplit("/", 1)[1] not in one for one in kept)
    with site.stores.control.read() as session:
        for table in (automation_tables.outbox, reset_wishes):
            assert session.connection.execute(sa.select(table)).all() == []


def test_a_mail_whose_key_is_gone_holds_up_no_other(
    site: Site, membership: Membership, visitor: Visitor, post: Post
) -> None:
    with site.stores.control.write() as session:
        account_mail.put(session, Vault(new_key()), site.settings, "eve@example.com", Words("Lost", "Lost"))
    visitor.submit("/forgotten", email=EMAIL)
    assert [to for to, _text in post.deliver()] == [EMAIL]


def test_an_account_that_is_switched_off_gets_no_link(
    site: Site, membership: Membership, visitor: Visitor, post: Post
) -> None:
    ada = accounts.person_by_email(site.stores, EMAIL)
    assert ada
    ways_in.disable(site.stores, ada.id)
    visitor.submit("/forgotten", email=EMAIL)
    assert post.deliver() == []
    assert visitor.get(f"/reset/{resets.link(site.stores, ada.id)}").status_code == 404
