"""All routes of the application, with made-up values in their addresses."""

from __future__ import annotations

import re

from fastapi import FastAPI

MADE_UP = {"record": "rec00000000000000", "transaction": "trx00000000000000", "user": "usr00000000000000"}


def paths(app: FastAPI, *methods: str, **known: str) -> list[str]:
    """The addresses that answer one of `methods`; `known` fills parameters, others get a value that does not exist."""
    filled = MADE_UP | known
    return [
        re.sub(r"\{(\w+)(:\w+)?\}", lambda found: filled.get(found[1], "nothing"), path)
        for path, operations in app.openapi()["paths"].items()
        if set(methods) & set(operations)
    ]
