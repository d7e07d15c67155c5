"""No other site can make a signed-in browser write here: generated from the routes, so that a new one is in it.

T-CSRF-01.
"""

from __future__ import annotations

import hashlib

import pytest
from fastapi import FastAPI

from engine.workspaces import Membership
from tests.web.conftest import BASE, Visitor
from tests.web.routes import paths
from web import csrf
from web.site import Site

UNSAFE = ("post", "put", "patch", "delete")


def _pages(app: FastAPI, workspace: str) -> list[str]:
    """Every unsafe route of the pages; what is for programs takes no cookies and is tested on its own."""
    found = [path for path in paths(app, *UNSAFE, workspace=workspace) if not path.startswith(("/v0", "/mcp"))]
    assert len(found) > 10
    return found


def test_without_a_token(app: FastAPI, owner: Visitor, membership: Membership) -> None:
    for path in _pages(app, membership.id):
        assert owner.post(path, data={"name": "x"}).status_code == 403, path
        assert owner.post(path).status_code == 403, path


def test_with_the_token_of_somebody_else(app: FastAPI, owner: Visitor, membership: Membership) -> None:
    token = Visitor(app).token("/sign-in")
    for path in _pages(app, membership.id):
        assert owner.post(path, data={"form_token": token}).status_code == 403, path
        assert owner.post(path, headers={"X-CSRF-Token": token}).status_code == 403, path


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": BASE},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Referer": f"{BASE}/account"},
        {},
    ],
    ids=str,
)
def test_from_elsewhere(app: FastAPI, owner: Visitor, membership: Membership, headers: dict[str, str]) -> None:
    token = owner.token("/account")
    del owner.headers["Sec-Fetch-Site"]
    for path in _pages(app, membership.id):
        assert owner.post(path, data={"form_token": token}, headers=headers).status_code == 403, path


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "text/plain; charset=utf-8"])
def test_as_something_other_than_a_form(app: FastAPI, owner: Visitor, membership: Membership, kind: str) -> None:
    token = owner.token("/account")
    for path in _pages(app, membership.id):
        sent = owner.post(path, content=b'{"name": "x"}', headers={"Content-Type": kind, "X-CSRF-Token": token})
        assert sent.status_code in (403, 404), path


def test_an_old_browser_says_origin_instead(owner: Visitor) -> None:
    token = owner.token("/account")
    del owner.headers["Sec-Fetch-Site"]
    given = {"form_token": token, "name": "Ada L."}
    assert owner.post("/account", data=given, headers={"Origin": BASE}).status_code == 200


def test_htmx_sends_the_token_of_the_body_in_a_header(owner: Visitor) -> None:
    page = owner.get("/account").text
    token = page.split("X-CSRF-Token&#34;: &#34;" if "X-CSRF-Token&#34;" in page else '"X-CSRF-Token": "')[1][:76]
    assert owner.post("/account", data={"name": "Ada L."}, headers={"X-CSRF-Token": token}).status_code == 200


def test_a_token_is_masked_afresh_each_time_and_bound() -> None:
    first, second = csrf.token_for("a"), csrf.token_for("a")
    assert first != second
    assert csrf.is_good(first, "a")
    assert csrf.is_good(second, "a")
    assert not csrf.is_good(first, "b")
    assert not csrf.is_good(first[:-1] + ("0" if first[-1] != "0" else "1"), "a")
    assert not csrf.is_good("", "a")
    assert not csrf.is_good("ä" * 80, "a")
    assert not csrf.is_good(csrf.token_for(""), "")


def test_reading_writes_nothing(app: FastAPI, site: Site, owner: Visitor, membership: Membership) -> None:
    owner.get("/account")
    before = content_of(site, membership.id)
    for path in paths(app, "get", workspace=membership.id):
        owner.get(path)
    assert content_of(site, membership.id) == before


def content_of(site: Site, workspace: str) -> str:
    """A fingerprint of all that is stored, but for what the audit log notes of refusals."""
    digest = hashlib.sha256()
    for store in (site.stores.control, site.stores.workspace(workspace)):
        with store.read() as session:
            raw = session.connection.connection.driver_connection
            assert raw
            for line in raw.iterdump():
                if "'access.refused'" not in line:
                    digest.update(line.encode())
    return digest.hexdigest()
