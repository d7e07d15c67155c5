"""No secret is stored as it is, and none comes into the log, whatever is asked and however it fails (T-SEC-01)."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from unittest import mock
from urllib.parse import quote

import pytest

from engine.storage.session import Session
from tests.web.conftest import PASSWORD
from tests.web.matrix.asking import Crowd, rows, taken_back
from tests.web.matrix.place import SHARE_PASSWORD, Place
from tests.web.matrix.policy import LINKS, PEOPLE, PROGRAMS
from tests.web.matrix.test_matrix import Cell, cells

OF_THE_TESTS = ("httpx2", "httpcore2", "asyncio")  # what drives the application writes down the addresses that it asks


def secrets(place: Place) -> set[str]:
    """Everything that lets somebody in."""
    found = {PASSWORD, SHARE_PASSWORD, *place.hidden_from(""), *place.sids.values(), *place.tokens.values()}
    found |= {value for name, value in place.here.ids.items() if "token" in name}
    found |= {own[name] for own in place.own.values() for name in ("address token", "reset token", "signed")}
    return found


def spelled(secret: str) -> Iterator[str]:
    """The ways in which it might stand somewhere."""
    yield from (secret, quote(secret, safe=""), json.dumps(secret)[1:-1])
    yield base64.b64encode(secret.encode()).decode().rstrip("=")


def held(text: str, place: Place) -> list[str]:
    return [secret for secret in secrets(place) if any(one in text for one in spelled(secret))]


def asked(kinds: tuple[str, ...]) -> Iterator[Cell]:
    """Every route once, by whoever may most there."""
    seen: set[tuple[str, str]] = set()
    for kind in kinds:
        for cell in cells(kind):
            if cell.is_granted and cell.who in ("owner", "open") and (cell.method, cell.path) not in seen:
                seen.add((cell.method, cell.path))
                yield cell


def logged(caplog: pytest.LogCaptureFixture) -> str:
    records = [one for one in caplog.records if not one.name.startswith(OF_THE_TESTS)]
    return "\n".join(f"{one.getMessage()} {one.exc_text or one.exc_info or ''}" for one in records)


def _crash(*_given: object) -> None:
    raise RuntimeError("a mistake of ours")


def test_no_secret_is_stored_as_it_is(crowd: Crowd) -> None:
    place = crowd.place
    stored = [f"{table}: {row}" for table, row in rows(place)]
    assert len(stored) > 100
    found = [(row[:200], held(row, place)) for row in stored if held(row, place)]
    assert not found


def test_no_secret_comes_into_the_log(crowd: Crowd, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tried = 0
    with taken_back():
        for cell in asked((PEOPLE, LINKS, PROGRAMS)):
            crowd.asks(cell.who, cell.ask(crowd))
            tried += 1
    assert tried > 100
    assert held(logged(caplog), crowd.place) == []


def test_a_crash_tells_no_secret(crowd: Crowd, caplog: pytest.LogCaptureFixture) -> None:
    place = crowd.place
    asks = [(cell.who, cell.ask(crowd)) for cell in asked((PEOPLE, LINKS, PROGRAMS))]
    for who in ("owner", "open"):
        crowd.browser(who)
    caplog.set_level(logging.DEBUG)
    crashed = 0
    with mock.patch.object(Session, "ask", _crash):
        for who, one in asks:
            with mock.patch.object(crowd, "form_token", return_value="x"):
                answer = crowd.asks(who, one)
            crashed += answer.status_code == 500
            assert "a mistake of ours" not in answer.text
            assert "Traceback" not in answer.text
            others = [secret for secret in held(answer.text, place) if secret not in one.known.values()]
            assert not others, one
    assert crashed > 5
    assert held(logged(caplog), place) == []
