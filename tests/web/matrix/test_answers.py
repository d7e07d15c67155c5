"""Whatever goes wrong at a route, the answer says so, keeps a browser from harm, and tells nothing inner.

T-HDR-01, T-ERR-01. What goes well, and what is refused, is looked at by `Crowd.asks` for everybody (test_matrix.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from engine.errors import Unavailable
from engine.storage.databases import Database
from engine.storage.session import Session
from tests.support.statements import counted
from tests.web.matrix.answers import wrong_with
from tests.web.matrix.asking import Ask, Crowd, taken_back
from tests.web.matrix.every import POLICY, Visited, every_route
from web.security import ADDRESS_BYTES

METHODS = ("PUT", "DELETE", "PATCH", "GET", "POST")
WRITES = ("POST", "PUT", "PATCH", "DELETE")
SMUGGLED = "nobody'); DROP TABLE x; --"
NONSENSE: tuple[Any, ...] = (
    *("", "\x00", SMUGGLED, "9" * 5000, "-1", "\ud7ff\u202e\ufffe", "{{7*7}}", "1e999", "²", "٣", "2026-99-99"),
    *([], {}, None, True, 1e308, -(2**63), [[]], {"__proto__": {}}, ["\x00"]),
)  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_wrong(everybody: Crowd) -> Iterator[None]:
    """Holds every answer that the test gets."""
    everybody.wrong.clear()
    yield
    assert not everybody.wrong, "\n".join(everybody.wrong)


def statuses(crowd: Crowd, asked: list[tuple[Visited, Ask]]) -> dict[str, int]:
    return {str(one): crowd.asks(one.who, sent).status_code for one, sent in asked}


def test_a_wrong_method(everybody: Crowd) -> None:
    pages = [one for one in every_route(everybody.place) if not one.ask.is_api]  # paths of the API are also others
    taken: dict[str, set[str]] = {}
    for method, path in POLICY.routes:
        taken.setdefault(path, set()).add(method)
    asked = [
        (one, replace(one.ask, method=next(other for other in METHODS if other not in taken[one.ask.path])))
        for one in pages
    ]
    assert set(statuses(everybody, asked).values()) == {405}


def test_an_address_that_is_too_long(everybody: Crowd) -> None:
    asked = [(one, replace(one.ask, query={"x": "y" * ADDRESS_BYTES})) for one in every_route(everybody.place)]
    assert set(statuses(everybody, asked).values()) == {414}


def test_a_body_that_is_too_large(everybody: Crowd) -> None:
    found = set()
    for one in every_route(everybody.place, *WRITES):
        browser = everybody.program if one.ask.is_api else everybody.browser(one.who)
        kind = "application/json" if one.ask.is_api else "application/x-www-form-urlencoded"
        for length in ("100000000", "1e9", "-1"):
            headers = {"Content-Type": kind, "Content-Length": length}
            answer = browser.request(one.ask.method, one.ask.address, content=b"x", headers=headers)
            found |= {answer.status_code, *wrong_with(one.ask.path, answer)}
    assert found == {413}


def test_what_makes_no_sense_is_refused_or_means_nothing(everybody: Crowd) -> None:
    """... and is never a part of SQL (T-SQLI-02). Each route gets other words."""
    place = everybody.place
    asked = [
        (one, _nonsense(one.ask, NONSENSE[number % len(NONSENSE)])) for number, one in enumerate(every_route(place))
    ]
    stores = (place.stores.control, place.here.store, place.other.store)
    with taken_back(), counted(*stores) as said:
        found = statuses(everybody, asked).items()
    # What is ready is known for a few seconds, also after the test in which the database is down.
    assert not [one for one, status in found if status >= 500 and not str(one).endswith("GET /ready")]
    assert not [one for one in said if "nobody'" in one]


def test_a_mistake_of_ours(everybody: Crowd) -> None:
    def crash(*_given: object) -> None:
        raise RuntimeError("SELECT secret FROM /tmp/x.py")

    asked = [(one, one.ask) for one in every_route(everybody.place)]
    for one, _sent in asked:
        everybody.browser(one.who)
    with mock.patch.object(Session, "ask", crash), mock.patch.object(everybody, "form_token", return_value="x"):
        found = list(statuses(everybody, asked).values())
    assert found.count(500) > 50


def test_a_database_that_is_down(everybody: Crowd) -> None:
    def down(*_given: object, **_named: object) -> None:
        raise Unavailable("The database does not answer. Try again in a moment.")

    asked = [(one, one.ask) for one in every_route(everybody.place)]
    for one, _sent in asked:
        everybody.browser(one.who)
    with (
        mock.patch.object(Database, "begin", down),
        mock.patch.object(Database, "answer", down),
        mock.patch.object(everybody, "form_token", return_value="x"),
    ):
        found = list(statuses(everybody, asked).values())
    assert found.count(503) > 50
    assert 500 not in found


def _nonsense(one: Ask, word: Any) -> Ask:
    """The same with the word in place of everything that is sent, and under a name that nobody knows."""
    if one.is_api:
        body = _put(one.json, word) if one.json else {"nothing": word}
        return replace(one, json=None if one.method == "GET" else body, query={"pageSize": word, "offset": word})
    sent = {name: str(word) for name in (*one.form, *one.query, "nothing", "page", "q", "sort", "name__is")}
    return replace(one, query=sent) if one.method == "GET" else replace(one, form=sent, query=sent)


def _put(value: Any, word: Any) -> Any:
    if isinstance(value, dict):
        return {key: _put(inner, word) for key, inner in value.items()}
    return [_put(inner, word) for inner in value] if isinstance(value, list) else word
