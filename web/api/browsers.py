"""Browsers that ask whether a page of another site may use the API."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from web.api.answering import Endpoints
from web.api.edges import asked_before


class _OnlyWhole(Route):
    """Takes no part in a request with another method: what is nowhere stays nowhere."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        found, child = super().matches(scope)
        return (found, child) if found is Match.FULL else (Match.NONE, {})


async def _may_ask(_request: Request) -> Response:
    """It may, with a token."""
    return asked_before()


router = Endpoints()
router.routes.append(_OnlyWhole("/{rest:path}", _may_ask, methods=["OPTIONS"]))
