"""Ben, who owns the workspace beside Ada, with one of every kind of credential."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI

from engine import (
    accounts,
    api_tokens,
    apps,
    email_changes,
    guises,
    hooks,
    identities,
    invitations,
    records,
    remembered,
    resets,
    roles,
    second_factor,
    sendings,
    sessions,
    shares,
    sign_in,
)
from engine.access.principals import ENGINE, person
from engine.account_mail import LINK, Words
from engine.ids import new_secret
from engine.workspaces import Membership
from tests.support.webhooks import WebhookReceiver
from tests.web.accounts.conftest import Post
from tests.web.accounts.revocation.credentials import DESK, ELSEWHERE, SHOP, Held, means
from tests.web.conftest import PASSWORD, Visitor
from web.site import Site

BEN = {"email": "ben@example.com", "name": "Ben", "password": PASSWORD, "role": "owner"}
EVERYTHING = {"options": {"filters": {"dataTypes": ["tableData"]}}}


@pytest.fixture
def held(app: FastAPI, site: Site, membership: Membership, post: Post, webhook_receiver: WebhookReceiver) -> Held:
    """One of every kind."""
    stores, home = site.stores, membership.id
    ben = accounts.add_person(stores, home, **BEN)
    with stores.workspace(home).write(person(ben.id, "owner")) as session:
        apps.apply(session, SHOP)
    made = Held(app, ben, home)
    made.session = sessions.open_session(stores, ben.id)
    here = sessions.session_of(stores, made.session)
    assert here
    made.session_id = here.id
    token, made.token = api_tokens.create(stores, ben.id, home, "Program")
    made.token_id = token.id
    made.links["file"] = _file(made)
    made.links["reset"] = f"/reset/{resets.link(stores, ben.id)}"
    words = (Words("", LINK), Words("", ""))
    email_changes.ask(stores, site.vault, site.settings, ben, "new@ben.example", *words)
    made.links["address"] = urlsplit(post.links("new@ben.example")[-1]).path
    link = invitations.invite(stores, site.vault, site.settings, home, ben.id, role="member").link
    made.links["invitation"] = urlsplit(link).path
    seed = second_factor.new_seed()
    made.codes = second_factor.switch_on(stores, site.vault, ben, seed, second_factor.code_at(seed, datetime.now(UTC)))
    with stores.control.write() as session:
        made.browser = remembered.remember(session, ben.id, "A browser", "10.0.0.1")
    made.pending = sign_in.sign_in(stores, ben.email, PASSWORD).pending
    identities.tie(stores, ben.id, ELSEWHERE)
    with stores.workspace(home).write(person(ben.id, "owner")) as session:
        share, secret = shares.create(session, "shop.orders", "all")
    made.links["share"], made.share_id = f"/s/{secret}", share.id
    made.form_token = Visitor(app).token(f"/f/{home}/shop/orders/enquiry")
    made.receiver = webhook_receiver
    _share_with_password(made)
    _look_as_cleo(made)
    _send_by_form(made)
    with stores.workspace(home).write(person(ben.id, "owner")) as session:
        hooks.create(session, site.vault, means(made).egress, "shop", webhook_receiver.url, EVERYTHING)
    _hire_a_clerk(made)
    return made


def _share_with_password(held: Held) -> None:
    with held.site.stores.workspace(held.home).write(person(held.ben.id, "owner")) as session:
        share, secret = shares.create(session, "shop.orders", "all", password=PASSWORD)
    held.links["locked"], held.locked_id = f"/s/{secret}", share.id
    visitor = held.visitor()
    visitor.submit(held.links["locked"], password=PASSWORD)
    held.unlocked = dict(visitor.cookies)


def _look_as_cleo(held: Held) -> None:
    stores = held.site.stores
    cleo = accounts.add_person(
        stores, held.home, email="cleo@example.com", name="Cleo", password=PASSWORD, role="member"
    )
    held.guise, held.cleo = sessions.open_session(stores, held.ben.id), cleo.id
    here = sessions.session_of(stores, held.guise)
    assert here
    guises.begin(stores, here.id, person(held.ben.id, "owner"), held.home, person=cleo.id)


def _send_by_form(held: Held) -> None:
    token = f"{held.home}.{new_secret()}"
    with held.site.stores.workspace(held.home).write(ENGINE) as session:
        table = session.layout.table("shop.orders")
        (held.sent,) = records.create(session, "shop.orders", [{"number": "sent"}])
        sendings.note(session, table, table.forms["enquiry"], held.sent, "a page")
        assert sendings.allow_correction(session, table.forms["enquiry"], held.sent, token)
    held.links["correction"] = f"/c/{token}"


def _hire_a_clerk(held: Held) -> None:
    stores, home = held.site.stores, held.home
    dana = accounts.add_person(stores, home, email="dana@example.com", name="Dana", password=PASSWORD, role="member")
    with stores.workspace(home).write(ENGINE) as session:
        apps.apply(session, DESK)
        roles.give(session, "desk.clerk", dana.id)
    _token, secret = api_tokens.create(stores, dana.id, home, "Dana's")
    with stores.workspace(home).write(person(dana.id)) as session:
        _share, link = shares.create(session, "desk.notes", "all")
    held.links["clerk"] = f"/s/{link}"
    held.clerk = {"id": dana.id, "token": secret, "session": sessions.open_session(stores, dana.id)}


def _file(held: Held) -> str:
    headers = {"Authorization": f"Bearer {held.token}"}
    visitor = held.visitor()
    made = visitor.post("/v0/shop/orders", headers=headers, json={"fields": {"Number": "1"}}).json()["id"]
    body = {"contentType": "text/plain", "filename": "a.txt", "file": base64.b64encode(b"hello").decode()}
    answer = visitor.post(f"/v0/shop/{made}/Papers/uploadAttachment", headers=headers, json=body)
    return str(urlsplit(answer.json()["fields"]["papers"][0]["url"]).path)
