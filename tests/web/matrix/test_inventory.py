"""What the API says of itself is all that it has, and nothing more (T-INV-01)."""

from __future__ import annotations

from tests.web.matrix.asking import Ask, Crowd
from tests.web.routes import operations


def test_every_route_of_the_api_is_described(everybody: Crowd) -> None:
    document = everybody.asks("owner", Ask("GET", "/v0/{app}/openapi.json", {"app": "crm"})).json()
    tables = {path.split("/")[2] for path in document["paths"] if path.startswith("/crm/")}
    described = {
        (method.upper(), f"/v0{_general(path, tables)}")
        for path, found in document["paths"].items()
        for method in found
        if method != "parameters"
    }
    there = {
        (method, path)
        for method, path in operations(everybody.place.app)
        if path.startswith("/v0/") and "{rest:path}" not in path
    }
    assert there - described == {("GET", "/v0/{app}/openapi.json")}  # what is being read
    assert described - there == set()


def _general(path: str, tables: set[str]) -> str:
    """The path of the route that answers there."""
    parts = path.split("/")
    return "/".join(
        "{app}" if part == "crm" else "{table}" if part in tables and not part.startswith("{") and place == 2 else part
        for place, part in enumerate(parts)
    )
