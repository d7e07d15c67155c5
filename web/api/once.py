"""`Idempotency-Key`: a request that is sent again gets the answer that it got, and does nothing twice."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from engine import repeats
from engine.errors import FormworkError
from engine.repeats import Kept
from engine.storage.session import Session, again
from web.api.callers import Caller
from web.api.errors import ApiRefusal
from web.api.responses import JSON, response_of

log = logging.getLogger("formwork.api")

HEADER = "idempotency-key"
LONGEST = 255
WRITES = frozenset({"POST", "PATCH", "PUT", "DELETE"})
Act = Callable[..., Any]


def is_named(request: Request) -> bool:
    """Whether the request carries a name of its own."""
    return HEADER in request.headers and request.method in WRITES


def carried_out_once(caller: Caller, request: Request, act: Act, arguments: tuple[Any, ...]) -> Response:
    """The answer of `act`, or the one that the same request got before.

    Raises `ApiRefusal`: 409 while the first is under way, 422 where the key names another request.
    """
    key = request.headers[HEADER]
    if not 1 <= len(key) <= LONGEST:
        raise ApiRefusal(422, "INVALID_REQUEST_UNKNOWN", f"An Idempotency-Key has 1 to {LONGEST} characters")
    name = _hash([caller.holder.token_id, key])
    asked = _hash([request.method, request.url.path, request.url.query, arguments])

    def begin() -> Response:
        with caller.read() as session:
            kept = repeats.known(session, name)
        return _act(caller, name, asked, act, arguments) if kept is None else _answer_again(caller, name, kept, asked)

    return again(begin)


@dataclass(frozen=True)
class _Once(Caller):
    """Takes the request's name in its first transaction that writes."""

    name: str = ""
    asked: str = ""
    taken: list[bool] = field(default_factory=list)

    @contextmanager
    def write(self, cause: str | None = None) -> Iterator[Session]:
        """A transaction of the workspace that commits at the end of the block."""
        with super().write(cause) as session:
            if not self.taken:
                repeats.begin(session, self.name, self.asked)
            yield session
        self.taken.append(True)


def _act(caller: Caller, name: str, asked: str, act: Act, arguments: tuple[Any, ...]) -> Response:
    once = _Once(caller.site, caller.holder, caller.store, caller.principal, [], name, asked)
    try:
        response = response_of(act(once, *arguments))
    except (ApiRefusal, FormworkError):
        if once.taken:
            with caller.write() as session:
                repeats.forget(session, name)
        raise
    if once.taken:
        try:
            with caller.write() as session:
                text = caller.site.vault.seal(
                    bytes(response.body).decode(), repeats.place_of(name)
                )  # it may hold a secret
                repeats.finish(session, name, response.status_code, text)
        except FormworkError as error:  # it is done all the same
            log.warning("the answer to a named request is not kept: %s", error.says)
    return response


def _answer_again(caller: Caller, name: str, kept: Kept, asked: str) -> Response:
    if kept.request != asked:
        says = "This Idempotency-Key was used for another request"
        raise ApiRefusal(422, "IDEMPOTENCY_KEY_REUSED", says)
    if kept.status is None:
        raise ApiRefusal(409, "CONFLICT", "The same request is being carried out. Ask for what became of it")
    body = caller.site.vault.open(kept.body or "", repeats.place_of(name))
    return Response(body, kept.status, {"Idempotent-Replayed": "true"}, JSON)


def _hash(told: Any) -> str:
    return hashlib.sha256(orjson.dumps(told)).hexdigest()
