"""All routes of the application, with made-up values in their addresses."""

from __future__ import annotations

import re

from fastapi import FastAPI
from starlette.routing import Mount, Route

MADE_UP = {"record": "rec00000000000000", "transaction": "trx00000000000000", "user": "usr00000000000000"}


def operations(app: FastAPI) -> list[tuple[str, str]]:
    """Every method and path that answers, static files apart: `("POST", "/w/{workspace}/people/{user}/role")`."""
    of_pages = [(one.upper(), path) for path, found in app.openapi()["paths"].items() for one in found]
    of_api = [
        (method, mount.path + route.path)
        for mount in app.routes
        if isinstance(mount, Mount)
        for route in mount.routes or ()
        if isinstance(route, Route)
        for method in sorted(route.methods or ())
        if method != "HEAD"
    ]
    plain = [
        (method, route.path)
        for route in app.routes
        if type(route) is Route
        for method in sorted(route.methods or ())
        if method != "HEAD"
    ]
    return [*of_api, *plain, *of_pages]


def filled(path: str, known: dict[str, str]) -> str:
    """The path with its parameters; those that are not known get a value that does not exist."""
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: known.get(found[1], MADE_UP.get(found[1], "nothing")), path)


def paths(app: FastAPI, /, *methods: str, **known: str) -> list[str]:
    """The addresses that answer one of `methods`; `known` fills parameters, others get a value that does not exist."""
    wanted = {one.upper() for one in methods}
    found = dict.fromkeys(filled(path, known) for method, path in operations(app) if method in wanted)
    return list(found)
