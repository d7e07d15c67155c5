from __future__ import annotations

import pytest
import sqlalchemy as sa

from engine import records
from engine.access.principals import Principal, person
from engine.errors import Forbidden
from engine.storage.session import Session
from engine.storage.stores import Workspace
from engine.verifying import verify
from tests.support.workspaces import install

TABLES = {
    "tags": {"fields": {"name": {"type": "text"}}},
    "customers": {
        "fields": {
            "name": {"type": "text"},
            "spent": {"type": "rollup", "through": "orders", "field": "total", "function": "sum"},
        }
    },
    "orders": {
        "fields": {
            "no": {"type": "text"},
            "net": {"type": "number"},
            "total": {"type": "formula", "formula": "{net} / {rate}"},
            "rate": {"type": "number"},
            "customer": {"type": "link", "to": "customers", "inverse": "orders"},
            "tags": {"type": "link", "to": "tags", "many": True},
        }
    },
}


def test_what_somebody_wrote_past_the_engine_is_found(workspace: Workspace, owner: Principal) -> None:
    install(workspace, owner, TABLES)
    with workspace.write(owner) as session:
        customer = records.create(session, "shop.customers", [{"name": "Acme"}])[0]
        tag = records.create(session, "shop.tags", [{"name": "new"}])[0]
        given = {"net": 10, "rate": 0, "customer": customer, "tags": [tag]}
        order, other = records.create(session, "shop.orders", [given, {**given, "rate": 2}])
        assert verify(session) == []

        layout = session.layout
        orders, customers, tags = (layout.sql(layout.table(f"shop.{key}")) for key in ("orders", "customers", "tags"))
        session.connection.execute(sa.update(customers).values(spent=7))
        assert _told(session) == {("shop.customers", "spent", customer)}
        session.connection.execute(sa.update(orders).where(orders.c.id == order).values(total__error=None))
        assert ("shop.orders", "total", order) in _told(session)
        session.connection.execute(sa.delete(tags))
        assert {("shop.orders", "tags", order), ("shop.orders", "tags", other)} <= _told(session)
        session.connection.execute(sa.delete(customers))
        assert ("shop.orders", "customer", order) in _told(session)
        session.connection.execute(sa.delete(orders).where(orders.c.id == order))
        assert [one.count for one in verify(session) if one.field == "tags"] == [1, 2]


def _told(session: Session) -> set[tuple[str, str, str]]:
    found = verify(session)
    return {(one.table, one.field, record_id) for one in found for record_id in one.records}


def test_only_who_may_build_has_everything_looked_through(workspace: Workspace, owner: Principal) -> None:
    install(workspace, owner, TABLES)
    with workspace.read(person("usrMember")) as session, pytest.raises(Forbidden):
        verify(session)
