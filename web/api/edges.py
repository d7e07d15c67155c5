"""What every answer of the API has at its edges: how often one may ask, its tag, its length on the way, other sites.

A tag (`ETag`) is made of the answer itself, so of what this asker may see; addresses of files, which are signed anew
each time, do not count. Pages of other sites may ask: a token comes in a header, which no browser adds by itself.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import cast

from starlette.requests import Request
from starlette.responses import Response

from engine import api_tokens
from engine.errors import FormworkError
from engine.origin import taken_along
from engine.text import _
from web.api.errors import ApiRefusal
from web.api.responses import as_json
from web.noting import note_limit
from web.rate import headers
from web.site import Site

Endpoint = Callable[[Request], Awaitable[Response]]

SHORT = 2_048  # bytes that are sent as they are
_SIGNED = re.compile(rb"/files/[^/\"]+/")
_OTHERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset",
}
_ASKED_BEFORE = {
    **_OTHERS,
    "Access-Control-Allow-Methods": "GET, POST, PATCH, PUT, DELETE",
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Airtable-User-Agent, X-API-Version"
    ),
    "Access-Control-Max-Age": "86400",
}


async def at_the_edge(request: Request, endpoint: Endpoint) -> Response:
    """The answer of an endpoint, or that one asks too often."""
    limits = limits_of(request)
    if "Retry-After" in limits:
        refused = ApiRefusal(429, "RATE_LIMIT_REACHED", "Too many requests. Wait as long as Retry-After says")
        response = as_json(refused.body, refused.status)
        _note(request)
    else:
        response = await endpoint(request)
    if type(response) is Response:  # what is streamed has no length yet
        response = _tagged(request, response)
        _shorten(request, response)
    response.headers.update({**_OTHERS, **limits})
    return response


def asked_before() -> Response:
    """To a browser that asks whether another site's page may ask."""
    return Response(status_code=204, headers=_ASKED_BEFORE)


def tag_of(body: bytes) -> str:
    """The tag of an answer."""
    if b"/files/" in body:
        body = _SIGNED.sub(b"/files/", body)
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def names(tag: str, wanted: str) -> bool:
    """Whether a header (`"abc", W/"def"` or `*`) names the tag."""
    return wanted.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in wanted.split(",")}


def limits_of(request: Request) -> dict[str, str]:
    """What headers tell of how often one may ask; with `Retry-After`: not this time."""
    rate = cast(Site, request.app.state.site).api_rate
    if rate is None:
        return {}
    left, wait = rate.take(request.headers.get("authorization", ""))
    return {"RateLimit-Policy": f"{rate.times};w={rate.seconds:.0f}", **headers(rate.times, left, wait)}


def _note(request: Request) -> None:
    """Note, once in a while, that a token asks too often: in a thread, so that a flood costs no more for it."""
    site = cast(Site, request.app.state.site)
    asker = request.headers.get("authorization", "")
    if not site.noted_floods.allows(asker):
        return

    def note() -> None:
        with suppress(FormworkError):  # a token that does not count is nobody's
            holder = api_tokens.holder_of(site.stores, asker.partition(" ")[2].strip())
            store = site.stores.workspace(holder.workspace_id)
            note_limit(store, holder.principal, _("asks too often with an API token"), token=holder.token_id)

    site.threads.submit(taken_along(note))


def _tagged(request: Request, response: Response) -> Response:
    if request.method not in ("GET", "HEAD") or response.status_code != 200:
        return response
    tag = tag_of(bytes(response.body))
    wanted = request.headers.get("if-none-match")
    if wanted is not None and names(tag, wanted):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return response


def _shorten(request: Request, response: Response) -> None:
    response.headers["Vary"] = "Accept-Encoding"
    if len(response.body) > SHORT and "gzip" in request.headers.get("accept-encoding", ""):
        response.body = gzip.compress(bytes(response.body), 1, mtime=0)
        response.headers.update({"Content-Encoding": "gzip", "Content-Length": str(len(response.body))})
