"""All routes of the application, with made-up values in their addresses."""

from __future__ import annotations

import re

from fastapi import FastAPI
from starlette.routing import Mount, Route

MADE_UP = {"record": "rec00000000000000", "transaction": "trx00000000000000", "user": "usr00000000000000"}


def paths(app: FastAPI, /, *methods: str, **known: str) -> list[str]:
    """The addresses that answer one of `methods`; `known` fills parameters, others get a value that does not exist."""
    filled = MADE_UP | known
    of_pages = [(path, set(operations)) for path, operations in app.openapi()["paths"].items()]
    of_api = [
        (mount.path + route.path, {one.lower() for one in route.methods or ()})
        for mount in app.routes
        if isinstance(mount, Mount)
        for route in mount.routes or ()
        if isinstance(route, Route)
    ]
    return [
        re.sub(r"\{(\w+)(:\w+)?\}", lambda found: filled.get(found[1], "nothing"), path)
        for path, operations in [*of_api, *of_pages]
        if set(methods) & operations
    ]
