"""Which endpoint answers: a path is compared only with those that are as long and take the request's method.

Programs ask for records most of all, and those routes come last, since all others are more special.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from itertools import product

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

Handle = Callable[[Request], Awaitable[Response]]


class Endpoint:
    """A handler of requests as an application. What it raises is for the frame of the whole site."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._handle(Request(scope, receive, send))
        await response(scope, receive, send)


class Routes(Router):
    """The routes of the API, in the order in which they count."""

    def __init__(self, routes: Sequence[Route]) -> None:
        super().__init__(routes, redirect_slashes=False)
        self._likely: dict[tuple[str, int], list[Route]] = defaultdict(list)
        lengths = range(max(map(_length, routes)) + 1)
        for route, length in product(routes, lengths):
            if length == _length(route) or (_takes_any(route) and length > _length(route)):
                for method in route.methods or ():
                    self._likely[method, length].append(route)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope["root_path"])
        for route in self._likely.get((scope["method"], path.count("/")), ()):
            if route.path_regex.match(path):
                scope.update(route.matches(scope)[1], route=route)
                return await route.handle(scope, receive, send)
        await super().app(scope, receive, send)  # what is longer than any of ours, and what there is not


def _length(route: Route) -> int:
    return route.path.count("/")


def _takes_any(route: Route) -> bool:
    """Whether the rest of a path is one of its parts, slashes included."""
    return ":path}" in route.path
