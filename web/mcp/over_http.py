"""`/mcp`: the protocol as streamable HTTP, one request with one answer, with an API token like the API itself.

No session is kept: each request brings its token, so that one that was taken back counts no more, and any server of
an installation answers.
"""

from __future__ import annotations

from asyncio import get_running_loop
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from engine.errors import SignInNeeded
from engine.origin import taken_along
from web.api.answering import caller_of
from web.api.callers import Caller
from web.api.edges import limits_of
from web.api.errors import ApiRefusal, body_of
from web.api.responses import as_json
from web.mcp.calling import Answer, call
from web.security import FORM_BYTES
from web.site import Site

PATH = "/mcp"


async def speak(request: Request) -> Response:
    """One message of a client, and the answer to it."""
    site, limits = cast(Site, request.app.state.site), limits_of(request)
    # A page of another site has no token, but its visitor's browser could be led to a server behind a firewall.
    if request.headers.get("origin", site.settings.public_url) != site.settings.public_url:
        return _refused(ApiRefusal(403, "INVALID_PERMISSIONS", "Pages of other sites may not ask"), limits)
    if "Retry-After" in limits:
        says = "Too many requests. Wait as long as Retry-After says"
        return _refused(ApiRefusal(429, "RATE_LIMIT_REACHED", says), limits)
    try:
        caller = await get_running_loop().run_in_executor(site.threads, taken_along(caller_of), request)
    except SignInNeeded as error:
        return as_json(body_of(error), 401, {"WWW-Authenticate": "Bearer", **limits})
    return _Spoken(caller, limits)


class _Spoken(Response):
    """What the library answers to a request of somebody."""

    def __init__(self, caller: Caller, limits: dict[str, str]) -> None:
        super().__init__()
        self._caller = caller
        self._limits = [(name.lower().encode(), value.encode()) for name, value in limits.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop, threads = get_running_loop(), self._caller.site.threads

        async def carry_out(name: str, arguments: dict[str, Any]) -> Answer:
            return await loop.run_in_executor(threads, taken_along(call), self._caller, name, arguments)

        async def send_with_limits(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *self._limits]}
            await send(message)

        serve = await loop.run_in_executor(threads, _library)
        await serve(carry_out, scope, receive, send_with_limits)


def _library() -> Any:
    """What speaks, imported by the first who is spoken to."""
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from web.mcp.speaking import server_of

    async def serve(carry_out: Any, scope: Scope, receive: Receive, send: Send) -> None:
        made = StreamableHTTPSessionManager(
            server_of(carry_out), json_response=True, stateless=True, max_request_body_size=FORM_BYTES
        )
        async with made.run():
            await made.handle_request(scope, receive, send)

    return serve


def _refused(refusal: ApiRefusal, limits: dict[str, str]) -> Response:
    return as_json(refusal.body, refusal.status, limits)


routes = [Route(PATH, speak, methods=["POST"])]
