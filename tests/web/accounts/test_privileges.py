"""Nobody gives themselves more than they hold: not by names slipped into a form, not by addresses, not two at once.

T-PRIV-01, T-PRIV-02, T-MASS-01.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.testclient import TestClient

from engine import accounts, api_tokens, invitations, workspaces
from engine.errors import FormworkError
from engine.storage import control_tables as tables
from engine.workspaces import Membership
from tests.web.conftest import PASSWORD, Visitor
from tests.web.routes import paths
from web.site import Site

BEN = {"email": "ben@example.com", "name": "Ben", "password": PASSWORD}
NAMES = (
    "role roles is_admin admin isAdmin is_owner owner owner_id is_superuser superuser is_staff permissions permission "
    "scope scopes may within user user_id userId id _id workspace_id workspaceId tenant tenant_id membership "
    "memberships created_by created_at updated_by email_verified verified disabled_at password_hash token_hash "
    "invited_by expires_at proved_at csrf _role __proto__ constructor"
).split()
SLIPPED_IN = {name: "owner" if "role" in name.lower() else "1" for name in NAMES}


def _state(site: Site) -> dict[str, list[Any]]:
    """Who may do what, as it is stored."""
    kept = (tables.users, tables.memberships, tables.workspaces, tables.invitations, tables.identities, tables.tokens)
    with site.stores.control.read() as session:
        return {one.name: sorted(map(tuple, session.connection.execute(sa.select(one)))) for one in kept}


def _as(app: FastAPI, site: Site, membership: Membership, role: str) -> tuple[Visitor, str]:
    made = accounts.add_person(site.stores, membership.id, **BEN, role=role)
    visitor = Visitor(app)
    assert visitor.sign_in(BEN["email"]).status_code == 200
    return visitor, made.id


@pytest.mark.parametrize("role", ["builder", "member", "guest"])
def test_names_slipped_into_any_form_change_nothing(
    app: FastAPI, site: Site, owner: Visitor, membership: Membership, role: str
) -> None:
    """Every route that writes, with 40 names that some product once believed; addresses name the sender themselves."""
    ben, ben_id = _as(app, site, membership, role)
    before = _state(site)
    tried = [
        path
        for path in paths(app, "post", "put", "patch", "delete", workspace=membership.id, user=ben_id)
        if not path.startswith("/v0") and path != "/sign-out"
    ]
    assert len(tried) > 40
    for path in tried:
        token = ben.token("/account")
        answer = ben.post(path, data={"form_token": token, **SLIPPED_IN}, follow_redirects=False)
        assert answer.status_code < 500, path
    assert _state(site) == before


@pytest.mark.parametrize("role", ["builder", "member", "guest"])
def test_only_owners_say_who_may_do_what(
    app: FastAPI, site: Site, owner: Visitor, membership: Membership, role: str
) -> None:
    ben, ben_id = _as(app, site, membership, role)
    ada = next(one.id for one in workspaces.people(site.stores, membership.id) if one.role == "owner")
    before = _state(site)
    home = f"/w/{membership.id}"
    for path, given in (
        (f"{home}/people/{ben_id}/role", {"role": "owner"}),
        (f"{home}/people/{ada}/role", {"role": "guest"}),
        (f"{home}/people/{ada}/removal", {}),
        (f"{home}/invitations", {"role": "guest", "days": "7"}),
    ):
        assert ben.submit(path, on="/account", **given).status_code == 403, path
    assert _state(site) == before


def test_what_an_invitation_offers_is_not_the_guests_to_say(
    site: Site, owner: Visitor, membership: Membership, visitor: Visitor
) -> None:
    ada = workspaces.people(site.stores, membership.id)[0]
    other = workspaces.create(site.stores, ada.id, "Other")
    link = invitations.invite(site.stores, site.vault, site.settings, membership.id, ada.id, role="guest").link
    given = {"name": "Cleo", "email": "cleo@example.com", "password": PASSWORD}
    visitor.submit(link.removeprefix("http://127.0.0.1:8000"), **(SLIPPED_IN | given), workspace=other.id)
    cleo = accounts.person_by_email(site.stores, "cleo@example.com")
    assert cleo
    assert [(one.id, one.role) for one in workspaces.belonging_to(site.stores, cleo.id)] == [(membership.id, "guest")]


def test_a_token_is_never_more_than_its_holder(
    app: FastAPI, site: Site, owner: Visitor, membership: Membership
) -> None:
    """Its role is asked for at each request, and an API request changes nobody's."""
    ben, ben_id = _as(app, site, membership, "guest")
    answer = ben.submit("/account/tokens", **(SLIPPED_IN | {"name": "x", "workspace": membership.id, "within": ""}))
    assert "/account/tokens/" in answer.text or answer.status_code == 422
    _token, secret = api_tokens.create(site.stores, ben_id, membership.id, "x")
    assert api_tokens.holder_of(site.stores, secret).role == "guest"
    http = TestClient(app, raise_server_exceptions=False)
    before = _state(site)
    for method in ("POST", "PATCH", "PUT", "DELETE"):
        for path in ("/v0/people", "/v0/meta/whoami", "/v0/meta/bases", "/v0/users/x", "/v0/_people/x"):
            sent = http.request(method, path, json=SLIPPED_IN, headers={"Authorization": f"Bearer {secret}"})
            assert sent.status_code in (403, 404, 405, 422), (method, path, sent.status_code)
    assert _state(site) == before


@pytest.mark.parametrize("act", ["lower", "remove"])
def test_two_owners_who_put_each_other_out_at_once_leave_one(
    app: FastAPI, site: Site, membership: Membership, act: str
) -> None:
    ada = workspaces.people(site.stores, membership.id)[0].id
    ben = accounts.add_person(site.stores, membership.id, **BEN, role="owner").id
    for _round in range(5):
        start = Barrier(2)

        def put_out(user_id: str, start: Barrier = start) -> None:
            start.wait()
            with suppress(FormworkError):
                if act == "lower":
                    workspaces.change_role(site.stores, membership.id, user_id, "guest")
                else:
                    workspaces.remove_person(site.stores, membership.id, user_id)

        with ThreadPoolExecutor(2) as two:
            list(two.map(put_out, (ada, ben)))
        left = {one.id: one.role for one in workspaces.people(site.stores, membership.id)}
        assert list(left.values()).count("owner") == 1, left
        for user_id in (ada, ben):
            with site.stores.control.write() as session:
                if user_id not in left:
                    workspaces.insert_membership(session, membership.id, user_id, "owner")
            workspaces.change_role(site.stores, membership.id, user_id, "owner")
