"""One's own account: name, language, theme. Signing in: `account_security.py`, tokens: `account_tokens.py`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from engine import accounts
from engine.errors import Refused
from engine.text import _
from web.dependencies import SignedIn, SiteHere
from web.render import page, redirect
from web.routes import PageRouter
from web.toasts import Toast

router = PageRouter(prefix="/account")


@router.get("")
def show(request: Request, who: SignedIn) -> Response:
    """What one chooses for oneself."""
    values = {"name": who.name, "language": who.language, "theme": who.theme}
    return page(request, "account/account.html", values=values, errors={})


@router.post("")
def change(
    request: Request,
    site: SiteHere,
    who: SignedIn,
    name: Annotated[str, Form()] = "",
    language: Annotated[str, Form()] = "",
    theme: Annotated[str, Form()] = "",
) -> Response:
    """Name, language, theme."""
    given = {"name": name, "language": language, "theme": theme}
    try:
        accounts.change_person(site.stores, who.id, **given)
    except Refused as refused:
        errors = {one.at.strip("/"): one.says for one in refused.problems}
        return page(request, "account/account.html", status=422, values=given, errors=errors)
    return redirect(request, "/account", Toast(_("Your account is saved.")))
