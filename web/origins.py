"""Every request gets a name, and whatever it brings about in the engine comes from it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.ids import new_id
from engine.origin import Origin, coming_from
from engine.settings import Settings
from web.api.answering import CALLER
from web.senders import sender_of


class Origins:
    """Names each request, and says which network address it comes from, for the audit log."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.trusted = settings.trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or CALLER in scope:  # a page that asks the API does so for its own visitor
            return await self.app(scope, receive, send)
        with coming_from(Origin(new_id("req"), sender_of(Request(scope), self.trusted)[:100])):
            await self.app(scope, receive, send)
