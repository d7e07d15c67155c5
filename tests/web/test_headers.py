"""Every answer carries the headers that keep a browser from doing what these pages do not mean (T-HDR-01)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi import FastAPI

from engine import api_tokens
from engine.errors import Misconfigured, Unavailable
from engine.settings import Settings
from engine.workspaces import Membership
from tests.web.conftest import Visitor
from tests.web.routes import paths
from web.app import create_app
from web.site import Site

EXPECTED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "x-frame-options": "DENY",
}
POLICY = re.compile(
    r"default-src 'none'; script-src 'nonce-([\w-]{22})'; style-src 'self' 'nonce-([\w-]{22})'; img-src 'self' data:; "
    r"font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    r"require-trusted-types-for 'script'; trusted-types default htmx svelte-trusted-html"
)


def check_headers(response: object, *, handed_over: bool = False) -> None:
    """... of a page, or of a file that is handed over, which a browser neither shows nor runs."""
    headers = response.headers  # type: ignore[attr-defined]
    assert {name: headers.get(name) for name in EXPECTED} == EXPECTED
    if handed_over:
        assert headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert headers["content-disposition"].startswith("attachment; filename")
    else:
        policy = POLICY.fullmatch(headers["content-security-policy"])
        assert policy
        assert policy[1] != policy[2]
    assert headers["cache-control"]
    assert "server" not in headers
    assert "x-powered-by" not in headers


def test_every_route_for_a_stranger(app: FastAPI, visitor: Visitor, membership: Membership) -> None:
    found = paths(app, "get", workspace=membership.id)
    assert len(found) > 5
    for path in found:
        check_headers(visitor.get(path, follow_redirects=False))


def test_every_route_for_the_owner(app: FastAPI, owner: Visitor, membership: Membership) -> None:
    for path in paths(app, "get", workspace=membership.id):
        response = owner.get(path)
        check_headers(response)
        assert response.headers["cache-control"] == "no-store", path
        assert response.status_code < 500, path


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nowhere", 404), ("/static/nothing.css", 404), ("/static/../app.py", 404), ("/v0/nothing", 404)],
)
def test_what_is_not_there(visitor: Visitor, path: str, status: int) -> None:
    response = visitor.get(path)
    assert response.status_code == status
    check_headers(response)


def test_a_wrong_method(visitor: Visitor) -> None:
    response = visitor.put("/sign-in")
    assert response.status_code == 405
    assert "This cannot be done here" in response.text
    check_headers(response)


@pytest.mark.parametrize("said", [True, False])
def test_a_body_that_is_too_large(visitor: Visitor, said: bool) -> None:
    body = b"email=" + b"x" * 1_048_577
    sent = body if said else iter([body])
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    response = visitor.post("/sign-in", content=sent, headers=kind)
    assert response.status_code == 413
    assert "too large" in response.text
    check_headers(response)


def test_a_crash_shows_no_trace(app: FastAPI, visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    @app.get("/crash")
    def crash() -> None:
        raise RuntimeError("the secret is 42")

    response = visitor.get("/crash")
    assert response.status_code == 500
    assert "Something went wrong on our side" in response.text
    assert "42" not in re.sub(r"[0-9a-f-]{8,}", "", response.text.split("<main")[1])
    assert "Traceback" not in response.text
    reference = re.search(r"Reference: ([0-9a-f]{8})", response.text)
    assert reference
    assert reference[1] in caplog.text
    assert "the secret is 42" in caplog.text
    check_headers(response)


def test_a_crash_of_the_api_is_an_object(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_given: object) -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr(api_tokens, "holder_of", crash)
    response = visitor.get("/v0/meta/whoami", headers={"Authorization": "Bearer x"})
    assert response.status_code == 500
    assert response.json()["error"]["type"]
    assert "42" not in response.text
    check_headers(response)


@pytest.mark.parametrize("path", ["/account", "/", "/sign-in"])
def test_a_database_that_is_down(site: Site, owner: Visitor, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_given: object, **_named: object) -> None:
        raise Unavailable("The database does not answer. Try again in a moment.")

    monkeypatch.setattr(site.stores.control.database, "begin", down)
    response = owner.get(path)
    assert response.status_code == 503
    assert "Not available just now" in response.text
    check_headers(response)


def test_an_htmx_request_gets_its_error_as_a_toast(owner: Visitor) -> None:
    response = owner.get("/nowhere", headers={"HX-Request": "true", "HX-Target": "div#view"})
    assert response.status_code == 404
    assert response.headers["hx-reswap"] == "none"
    assert "<html" not in response.text
    assert '<hx-partial hx-target="#toasts"' in response.text


def test_an_htmx_request_after_the_session_ended_leads_to_the_sign_in(visitor: Visitor) -> None:
    response = visitor.get("/account", headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert response.headers["hx-redirect"] == "/sign-in"


def test_static_files_last_under_their_build_and_not_without(site: Site, visitor: Visitor) -> None:
    lasting = visitor.get(site.statics.url("app.css"))
    assert lasting.status_code == 200
    assert lasting.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert lasting.headers["content-encoding"] == "gzip"
    check_headers(lasting)
    fleeting = visitor.get("/static/app.css")
    assert fleeting.headers["cache-control"] == "no-cache"
    again = visitor.get("/static/app.css", headers={"If-None-Match": fleeting.headers["etag"]})
    assert again.status_code == 304


def test_nothing_outside_the_folder_is_a_static_file(site: Site, visitor: Visitor) -> None:
    for name in ("../app.py", "..%2fapp.py", "%2e%2e/app.py", "vendor/.stamp", "/etc/passwd", "css", ""):
        assert visitor.get(f"/static/{site.statics.build}/{name}").status_code == 404, name


def test_two_pages_never_share_a_nonce(visitor: Visitor) -> None:
    policies = {visitor.get("/sign-in").headers["content-security-policy"] for _page in range(3)}
    assert len(policies) == 3
    page = visitor.get("/sign-in")
    nonce = POLICY.fullmatch(page.headers["content-security-policy"])
    assert nonce
    scripts = re.findall(r"<script[^>]*>", page.text)
    assert scripts
    assert all(f'nonce="{nonce[1]}"' in script and " src=" in script for script in scripts)


def test_over_tls_the_cookies_are_bound_to_the_host(tmp_path: Path) -> None:
    given = {"FORMWORK_DATA": str(tmp_path), "FORMWORK_PUBLIC_URL": "https://formwork.example"}
    app = create_app(Settings.from_environment(given))
    response = Visitor(app).get("https://formwork.example/sign-in")
    assert response.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-visitor=")
    assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie
    app.state.site.stores.close()


def test_plain_http_from_elsewhere_is_refused_at_the_start(tmp_path: Path) -> None:
    given = {"FORMWORK_DATA": str(tmp_path), "FORMWORK_HOST": "0.0.0.0", "FORMWORK_PUBLIC_URL": "http://office.example"}
    with pytest.raises(Misconfigured, match="https"):
        create_app(Settings.from_environment(given))
