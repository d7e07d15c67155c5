from __future__ import annotations

import copy

import pytest

from engine import apps, records
from engine.access.principals import Principal
from engine.errors import Refused
from engine.queries import Query
from engine.storage.stores import Workspace
from engine.verifying import verify
from tests.engine.test_records import TABLES
from tests.support.workspaces import install


def test_a_changed_definition_is_planned_in_words_applied_and_taken_back(
    workspace: Workspace, owner: Principal
) -> None:
    install(workspace, owner, TABLES)
    with workspace.write(owner) as session:
        (acme,) = records.create(session, "shop.customers", [{"name": "Acme"}])
        given = {"customer": acme, "amount": 10, "quantity": 2}
        records.create(session, "shop.orders", [{**given, "number": "12", "urgent": True}, {**given, "number": "A7"}])
    with workspace.read(owner) as session:
        document = copy.deepcopy(dict(apps.get(session, "shop").document))
    fields = document["tables"]["orders"]["fields"]
    fields["total"]["formula"] = "{amount} * {quantity} * 2"
    fields["number"] = {"type": "number"}
    fields["double"] = {"type": "formula", "formula": "{customer.spent} * 2"}
    del fields["day"], fields["urgent"]
    with workspace.write(owner) as session:
        planned = apps.apply(session, document)
        assert [str(one.says) for one in planned.alterations] == [
            "Turns number of orders from Text into Number; 1 values are kept, 1 cannot be.",
            "Changes formula of total in orders.",
            "Adds double to orders.",
            "Removes day from orders; 0 records have a value there.",
            "Removes urgent from orders; 1 records have a value there.",
        ]
    with workspace.read(owner) as session:
        order, other = (one.values for one in records.find(session, Query("shop.orders")).records)
        assert (order["number"], order["total"], order["double"]) == (12, 40, 160)
        assert other["number"] is None
        assert verify(session) == []
    with workspace.write(owner) as session:
        apps.restore(session, "shop", 1)
    with workspace.read(owner) as session:
        order = records.find(session, Query("shop.orders")).records[0].values
        assert (order["number"], order["total"], order["urgent"]) == ("12", 20, True)
        assert [one.number for one in apps.revisions(session, "shop")] == [3, 2, 1]


def test_a_refused_definition_writes_nothing(workspace: Workspace, owner: Principal) -> None:
    tables = copy.deepcopy(TABLES)
    tables["orders"]["fields"]["loop"] = {"type": "formula", "formula": "{loop} + 1"}  # type: ignore[index]
    with pytest.raises(Refused), workspace.write(owner) as session:
        apps.apply(session, {"formwork": 1, "key": "shop", "tables": tables})
    with workspace.read(owner) as session:
        assert apps.installed(session) == []
