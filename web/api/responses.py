"""Answers as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

JSON = "application/json; charset=utf-8"


def as_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer."""
    return Response(orjson.dumps(value), status, headers, media_type=JSON)


def response_of(given: Any) -> Response:
    """What an endpoint gave, as JSON unless it is an answer by itself."""
    return given if isinstance(given, Response) else as_json(given)
