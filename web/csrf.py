"""Other sites must not make a signed-in browser write here.

A write passes only if the browser says that it came from our own page (`Sec-Fetch-Site`, or `Origin` where the
browser does not send that) and if it carries a token bound to the session: in the form's hidden `form_token`, or in
the header `X-CSRF-Token` that htmx takes from `<body>`. The token is masked afresh in every page.
"""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

from fastapi import Request

from engine.errors import Forbidden
from engine.text import _

FIELD = "form_token"
HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
_MASK = 12  # random characters in front, so that compression cannot give the token away


def token_for(secret: str) -> str:
    """A fresh token bound to `secret` (a session's, or a visitor's cookie)."""
    mask = secrets.token_urlsafe(9)
    return mask + _mark(secret, mask)


def is_good(token: str, secret: str) -> bool:
    """Whether `token` was made by `token_for(secret)`."""
    return bool(secret) and hmac.compare_digest(_mark(secret, token[:_MASK]).encode(), token[_MASK:].encode())


def came_from_us(request: Request, public_url: str) -> bool:
    """Whether the browser vouches that one of our pages made the request."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is not None and origin == _origin(public_url)


async def check(request: Request, public_url: str, secret: str) -> None:
    """Raises `Forbidden` unless a write may go on; reading always may."""
    if request.method in SAFE:
        return
    if not came_from_us(request, public_url):
        raise Forbidden(_("This request did not come from one of our pages."))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind not in FORM_TYPES:
        raise Forbidden(_("This is not a form."))
    token = request.headers.get(HEADER) or (str((await request.form()).get(FIELD, "")) if kind else "")
    if not is_good(token, secret):
        raise Forbidden(_("This page is too old, or you signed in again meanwhile. Reload it, then try again."))


def _mark(secret: str, mask: str) -> str:
    return hmac.new(secret.encode(), mask.encode(), "sha256").hexdigest()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
