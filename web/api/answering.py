"""The frame of every endpoint: who asks, the body, the answer, and what went wrong."""

from __future__ import annotations

import logging
import re
from asyncio import get_running_loop
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine import api_tokens
from engine.api_tokens import Holder
from engine.definitions.language import RESERVED_APPS
from engine.errors import Forbidden, FormworkError, SignInNeeded
from engine.origin import taken_along
from engine.storage.session import Proof, Unproven, again
from engine.storage.turns import TookLong, at_once, lent
from engine.text import _
from web.api.callers import Caller
from web.api.edges import at_the_edge
from web.api.errors import ApiRefusal, body_of, wrong_request
from web.api.once import carried_out_once, is_named
from web.api.responses import as_json, response_of
from web.api.routing import Endpoint
from web.api.shapes import JSON, Schema, Told
from web.noting import note_forbidden
from web.rate import headers_of
from web.site import Site
from web.whole_numbers import MOST

log = logging.getLogger("formwork.api")

CALLER = "formwork.caller"  # in the scope of a request that a page asks from within: as whom
TRUE = frozenset({"1", "true", "True", "TRUE"})
MAX_DEPTH, MAX_KEYS = 32, 100_000  # of a JSON body: a thousand records with a hundred values each
_TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*+"(\s*+:)?')  # of valid JSON; what a colon follows is a key

Body = dict[str, Any]
Answering = TypeVar("Answering", bound=Callable[..., Awaitable[Response]])


# No app is called like what the API itself is about: so an app's records can be looked for first.
_NO_APP = f"^(?!/(?:{'|'.join(sorted(RESERVED_APPS))})/)"


class Operation(Route):
    """One method of one path, and what is told of it."""

    def __init__(self, method: str, path: str, handle: Endpoint, name: str, told: Told):
        super().__init__(path, handle, methods=[method], name=name)
        self.method = method
        self.told = told
        self.is_of_app = path.startswith("/{app}")
        if self.is_of_app:
            self.path_regex = re.compile(_NO_APP + self.path_regex.pattern.removeprefix("^"))


class Endpoints:
    """The routes of one noun. An endpoint takes the request and the parts of its path, all texts.

    With nothing to be worked out Starlette's own routes do; FastAPI's take three times as long to be found.
    """

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.routes: list[Route] = []

    def on(
        self,
        method: str,
        path: str,
        answer: Schema,
        *,
        body: Schema | None = None,
        query: Sequence[Schema] = (),
        media: Sequence[str] = (JSON,),
    ) -> Callable[[Answering], Answering]:
        """Let the decorated endpoint answer requests with this method and path; the rest is told of it."""

        def add(endpoint: Answering) -> Answering:
            async def handle(request: Request) -> Response:
                return await at_the_edge(request, lambda one: endpoint(one, **one.path_params))

            says = (endpoint.__doc__ or "").strip().partition("\n")[0]
            told = Told(says, answer, body, query, media)
            self.routes.append(Operation(method, self.prefix + path, Endpoint(handle), endpoint.__name__, told))
            return endpoint

        return add


async def answered(
    request: Request, act: Callable[..., Any], *arguments: Any, proves: bool = False, short: bool = False
) -> Response:
    """What `act(caller, *arguments)` gives, as JSON unless it is an answer by itself.

    It runs in a thread, since it asks the database.

    What `proves` does nothing before its first transaction, which is one of its caller: there a server is asked for the
    token together with the first question.

    What is `short` proves, too, and does nothing but read, in one transaction. It is tried in the event loop first:
    going to a thread and back costs as much as such a read. Where the database is a file, one that lasts is broken off
    after a moment and begins anew in a thread; while a server is asked, others have the loop until it answers.
    """
    try:
        on_server = bool(_site_of(request).settings.database_url)
        carry_out = _proven if (proves or short) and on_server else _carried_out
        if short:
            with suppress(TookLong):
                if on_server:
                    return response_of(await lent(carry_out, request, act, arguments))
                with at_once():
                    return response_of(carry_out(request, act, arguments))
        threads, loop = _site_of(request).threads, get_running_loop()
        return response_of(await loop.run_in_executor(threads, taken_along(carry_out), request, act, arguments))
    except ApiRefusal as error:
        return as_json(error.body, error.status)
    except FormworkError as error:
        if error.status >= 500:
            log.error("%s %s: %s", request.method, request.url.path, error, exc_info=error)
        return as_json(body_of(error), error.status, headers_of(error))


async def answered_with_body(
    request: Request, act: Callable[..., Any], *arguments: Any, proves: bool = False
) -> Response:
    """The same for `act(caller, *arguments, body)`, where the body is a JSON object."""
    try:
        body = _object_in(await request.body())
    except ApiRefusal as error:
        return as_json(error.body, error.status)
    return await answered(request, act, *arguments, body, proves=proves)


def is_true(value: Any) -> bool:
    """A truth value of a body or a query."""
    return value is True or value == 1 or (isinstance(value, str) and value in TRUE)


def whole_number(given: Mapping[str, Any], name: str, *, least: int, most: int = MOST) -> int | None:
    """A number of a body or a query, None where it is not given. Raises `ApiRefusal`."""
    value = given.get(name)
    if value is None or value == "":
        return None
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = least - 1
    if isinstance(value, (bool, float)) or not least <= number <= most:
        raise wrong_request(f"{name} must be a whole number from {least} to {most}")
    return number


def _carried_out(request: Request, act: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    caller = caller_of(request)
    if is_named(request):
        with _noting(request, caller):
            return carried_out_once(caller, request, act, arguments)
    return _done(request, lambda: caller, act, arguments)


def _proven(request: Request, act: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """The same for what `proves`: its first question shows whether the token acts for whom it did a moment ago."""
    if _asks_from_within(request) is not None or is_named(request):
        return _carried_out(request, act, arguments)
    site, secret = _site_of(request), _secret_in(request)
    known = site.tokens.get(secret)
    if known is not None:
        try:
            return _done(request, lambda: _caller(site, known.holder, known.proof), act, arguments)
        except Unproven:
            site.tokens.forget(secret)
    holder, proof = api_tokens.proven_holder_of(site.stores, secret)
    site.tokens.keep(secret, holder, proof)
    return _done(request, lambda: _caller(site, holder), act, arguments)


def _done(request: Request, calling: Callable[[], Caller], act: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """What the act gives. Who is `calling` is said each time that it begins anew, and proven by it."""

    def begun() -> Any:
        caller = calling()
        try:
            return act(caller, *arguments)
        finally:
            caller.prove()  # who was refused before any transaction may know why, too

    with _noting(request, calling()):
        return again(begun)


@contextmanager
def _noting(request: Request, caller: Caller) -> Iterator[None]:
    """What the caller is refused inside is noted."""
    try:
        yield
    except Forbidden:
        note_forbidden(request, caller.store, caller.principal, request.url.path)
        raise


def caller_of(request: Request) -> Caller:
    """Whose token came with the request. Raises `SignInNeeded` when there is none, or none that counts."""
    within = _asks_from_within(request)
    if within is not None:
        return within
    return caller_with(_site_of(request), _secret_in(request))


def caller_with(site: Site, secret: str) -> Caller:
    """Whom a token acts for. Raises `SignInNeeded` when it does not count."""
    return _caller(site, api_tokens.holder_of(site.stores, secret))


def _asks_from_within(request: Request) -> Caller | None:
    return cast("Caller | None", request.scope.get(CALLER))


def _secret_in(request: Request) -> str:
    scheme, _space, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise SignInNeeded(_("Send an API token: Authorization: Bearer fwk_..."))
    return secret.strip()


def _caller(site: Site, holder: Holder, *proofs: Proof) -> Caller:
    return Caller(site, holder, site.stores.workspace(holder.workspace_id), holder.principal, list(proofs))


def _site_of(request: Request) -> Site:
    return cast(Site, request.app.state.site)


def check_size(body: Body) -> int:
    """How many keys there are. Raises `ApiRefusal` for a body that is nested too deep or has too many of them."""
    inner: list[Any] = [body]
    depth = keys = 0
    while inner:
        depth += 1
        keys += sum(len(one) for one in inner if isinstance(one, dict))
        if depth > MAX_DEPTH or keys > MAX_KEYS:
            says = f"The request body may be nested {MAX_DEPTH} deep and have {MAX_KEYS} keys"
            raise ApiRefusal(422, "INVALID_REQUEST_UNKNOWN", says)
        values = (value for one in inner for value in (one.values() if isinstance(one, dict) else one))
        inner = [value for value in values if isinstance(value, dict | list)]
    return keys


def _object_in(content: bytes) -> Body:
    try:
        body = orjson.loads(content or b"{}")
    except orjson.JSONDecodeError as error:
        raise ApiRefusal(400, "INVALID_REQUEST_BODY", f"Could not parse request body: {error}") from error
    if not isinstance(body, dict):
        raise ApiRefusal(422, "INVALID_REQUEST_UNKNOWN", "The request body must be a JSON object")
    # Of two keys that are alike one reader takes the first, another the last: which is meant, nobody knows.
    if check_size(body) < sum(map(bool, _TEXTS.findall(content))):
        raise ApiRefusal(422, "INVALID_REQUEST_UNKNOWN", "A key stands twice in one object of the request body")
    return body
