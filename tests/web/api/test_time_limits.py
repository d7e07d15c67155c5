"""What the database works on for too long is answered with what to do, by the API and by pages (T-LIM-01)."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from engine import queries, record_writes
from engine.storage import databases
from engine.storage.session import Session
from tests.web.api.conftest import Client, Installation
from tests.web.conftest import Visitor

ORDERS = "/shop/orders"
ENDLESS = sa.text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the stores are opened. No other question of these tests takes so long."""
    monkeypatch.setattr(databases, "READING", 0.5)
    monkeypatch.setattr(databases, "JOB", 0.5)


def without_end(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """Let what the function asks the database have no end."""
    act = getattr(module, name)

    def asking(session: Session, *given: Any, **more: Any) -> Any:
        found = act(session, *given, **more)
        session.connection.execute(ENDLESS).all()
        return found

    monkeypatch.setattr(module, name, asking)


def test_reading_and_writing_are_broken_off_and_nothing_is_half_written(
    api: Client, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        without_end(patch, queries, "_rows_from")
        error = api.ask("GET", ORDERS, status=503)["error"]
        assert error["type"] == "TOOK_TOO_LONG"
        assert "add a condition" in error["message"]
        assert not any(word in str(error) for word in ("SELECT", "statement", "psycopg", "sqlite"))
        browser = Visitor(installation.app)
        assert browser.sign_in().status_code == 200
        page = browser.get(f"/w/{installation.membership.id}/apps/shop/orders")
        assert page.status_code == 503
        assert "This takes too long" in page.text
        assert "add a condition" in page.text
    with monkeypatch.context() as patch:
        without_end(patch, record_writes, "insert")
        assert api.refused("POST", ORDERS, {"fields": {"number": "1"}}, 503) == "TOOK_TOO_LONG"
    assert api.ask("GET", ORDERS)["records"] == []
    api.create({"number": "2"})
