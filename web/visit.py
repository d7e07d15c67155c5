"""Who is here with this request: read from the cookies once, when first asked for."""

from __future__ import annotations

import secrets
from dataclasses import replace
from functools import cached_property
from typing import cast

from starlette.requests import Request
from starlette.responses import Response

from engine import guises, sessions
from engine.access.principals import Principal
from engine.guises import Guise
from engine.origin import origin
from engine.sessions import Device
from engine.workspaces import Membership
from web import csrf
from web.addresses import At
from web.cookies import YEAR
from web.reader import Reader, language_of
from web.senders import sender_of
from web.site import Site

SESSION = "sid"
PENDING = "pending"  # a sign-in that waits for a code
BROWSER = "browser"  # the secret of one that is remembered
VISITOR = "visitor"  # what a form's token is bound to before anybody is signed in
LANGUAGE = "language"
THEME = "theme"
PUBLIC_FORM_LIFE = 24 * 3600


class Visit:
    """One request's visitor. `membership` and `principal` are set once a page's workspace is known to be theirs."""

    def __init__(self, request: Request, site: Site) -> None:
        self.request = request
        self.site = site
        self.membership: Membership | None = None
        self.principal: Principal | None = None  # as whom they see it
        self.public = False  # a public form: no cookie is read, the token is signed instead of bound to a session
        self._gave_token = False

    @cached_property
    def session(self) -> sessions.Here | None:
        """The session that the browser's cookie opens."""
        token = "" if self.public else self.site.cookies.read(self.request, SESSION)
        found = sessions.session_of(self.site.stores, token) if token else None
        if found is not None:
            origin().within(token)
        return found

    @property
    def guise(self) -> Guise | None:
        """As whom the visitor looks at a workspace, if as somebody else."""
        return self.session.guise if self.session else None

    def end_guise(self) -> None:
        """The visitor is themself again."""
        if self.session:
            guises.end(self.site.stores, self.session.id, self.session.person.id)
            self.session = replace(self.session, guise=None)

    @property
    def device(self) -> Device:
        """What the visitor comes with."""
        secret = "" if self.public else self.site.cookies.read(self.request, BROWSER)
        return Device(self.request.headers.get("user-agent", ""), self.sender, secret)

    @property
    def sender(self) -> str:
        """The network address that the request comes from."""
        return sender_of(self.request, self.site.settings.trusted_proxies)

    @cached_property
    def reader(self) -> Reader:
        """For whom the page is rendered."""
        person = self.session.person if self.session else None
        theme = person.theme if person else self.site.cookies.read(self.request, THEME)
        return Reader(
            language=self.language(person.language if person else ""),
            time_zone=self.site.settings.time_zone,
            theme=theme if theme in ("light", "dark") else "",
            form_token=self.form_token,
        )

    def language(self, chosen: str = "") -> str:
        """Account, then cookie, then what the browser asks for, then the installation's."""
        cookie = self.site.cookies.read(self.request, LANGUAGE)
        accept = self.request.headers.get("accept-language", "")
        return language_of(chosen, cookie, accept, self.site.settings.language)

    @cached_property
    def secret(self) -> str:
        """What this visitor's form tokens are bound to."""
        if self.session:
            return self.session.csrf
        return self.site.cookies.read(self.request, VISITOR) or secrets.token_urlsafe(32)

    def form_token(self) -> str:
        """A fresh token for a form."""
        if self.public:
            return self.site.signer.token(self._purpose)
        self._gave_token = True
        return csrf.token_for(self.secret)

    def public_token_is_good(self, token: str) -> bool:
        """Whether a public form's token was made for this address, today."""
        return self.site.signer.read(self._purpose, token, PUBLIC_FORM_LIFE) is not None

    @property
    def _purpose(self) -> str:
        return f"public form {self.request.url.path}"

    @property
    def at(self) -> At | None:
        """The addresses of the workspace that the request is in."""
        return At(self.membership.id) if self.membership else None

    def leave_cookies(self, response: Response) -> None:
        """Give an unknown visitor the cookie that the tokens just rendered are bound to."""
        if self._gave_token and not self.session and not self.site.cookies.read(self.request, VISITOR):
            self.site.cookies.write(response, VISITOR, self.secret)

    def start_session(self, response: Response, token: str) -> None:
        """Give the browser the session in place of one that it has; it ends by itself, so the cookie need not."""
        if before := self.site.cookies.read(self.request, SESSION):
            sessions.go_on_as(self.site.stores, before)
        self.site.cookies.write(response, SESSION, token)
        self.site.cookies.clear(response, VISITOR)
        self.site.cookies.clear(response, PENDING)

    def remember(self, response: Response, word: str, value: str) -> None:
        """Keep a choice (language, theme) in this browser; empty forgets it."""
        if value:
            self.site.cookies.write(response, word, value, YEAR)
        else:
            self.site.cookies.clear(response, word)


def visit_of(request: Request) -> Visit:
    """This request's visit."""
    if not hasattr(request.state, "visit"):
        request.state.visit = Visit(request, cast(Site, request.app.state.site))
    return cast(Visit, request.state.visit)
