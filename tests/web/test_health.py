"""What watches over the server may ask it without signing in (T-DOS-01)."""

from __future__ import annotations

import pytest

from engine.errors import Unavailable
from tests.web.conftest import Visitor
from web.readiness import COUNTS_FOR, Readiness
from web.site import Site


def down(*_given: object, **_named: object) -> None:
    raise Unavailable("The database does not answer. Try again in a moment.")


def test_health_looks_at_nothing(site: Site, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.stores.control.database, "begin", down)
    answer = visitor.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready_says_whether_the_database_answers(site: Site, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.stores.control.database, "begin", down)
    answer = visitor.get("/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable"})


def test_the_database_is_looked_at_once_in_five_seconds(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    readiness = Readiness(site.stores, lambda: now)
    assert readiness.works()
    monkeypatch.setattr(site.stores.control.database, "begin", down)
    now += COUNTS_FOR
    assert readiness.works()
    now += 0.1
    assert not readiness.works()
