from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from engine import apps, people, records, roles
from engine.access.principals import Principal
from engine.queries import Query
from engine.storage.stores import Stores, Workspace
from tests.engine.access.shop import APP, AS_ANA, LEA, PEOPLE, REP
from tests.support.databases import Database


class Shop:
    """A workspace with the sales app, and short words for what people do in it."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def install(self, app: Mapping[str, Any] = APP) -> None:
        with self.workspace.write(AS_ANA) as session:
            if not people.everybody(session):
                people.mirror(session, PEOPLE)
            apps.apply(session, app)
            if "roles" in app:
                roles.give(session, "crm.rep", REP)
                roles.give(session, "crm.lead", LEA)

    def create(self, table: str, *given: Mapping[str, Any], by: Principal = AS_ANA) -> list[str]:
        with self.workspace.write(by) as session:
            return records.create(session, f"crm.{table}", given)

    def update(self, table: str, record_id: str, by: Principal = AS_ANA, **values: Any) -> list[str]:
        with self.workspace.write(by) as session:
            return records.update(session, f"crm.{table}", {record_id: values})

    def delete(self, table: str, *ids: str, by: Principal = AS_ANA) -> list[str]:
        with self.workspace.write(by) as session:
            return records.delete(session, f"crm.{table}", ids)

    def find(self, table: str, by: Principal = AS_ANA, **query: Any) -> list[records.Record]:
        with self.workspace.read(by) as session:
            return records.find(session, Query(f"crm.{table}", **query)).records

    def get(self, table: str, record_id: str, by: Principal = AS_ANA) -> dict[str, Any]:
        with self.workspace.read(by) as session:
            return dict(records.get(session, f"crm.{table}", record_id).values)

    def names(self, table: str, by: Principal, key: str = "name", **query: Any) -> Sequence[str]:
        return sorted(one.values[key] for one in self.find(table, by, **query))


@pytest.fixture
def shop(database_url: Database) -> Iterator[Shop]:
    """The sales app on each database."""
    stores = Stores(database_url.folder, database_url.url)
    made = Shop(stores.workspace("wsp00000000000001"))
    made.install()
    yield made
    stores.close()
