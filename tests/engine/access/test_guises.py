"""Whoever looks as somebody else is that principal in everything (T-RULE-03)."""

from __future__ import annotations

import pytest

from engine import records
from engine.access.principals import guise, holding
from engine.errors import Forbidden
from engine.queries import Query
from tests.engine.access.conftest import Shop
from tests.engine.access.shop import ANA, AS_ANA, AS_REP, NEW, REP


@pytest.fixture
def filled(shop: Shop) -> Shop:
    shop.create(
        "accounts", {"name": "Mine", "owner": REP}, {"name": "Other", "owner": ANA}, {"name": "New", "owner": NEW}
    )
    shop.create("tags", {"name": "vip"})
    return shop


def test_roles_without_a_person_see_what_their_rules_show_somebody_who_owns_nothing(filled: Shop) -> None:
    assert filled.names("accounts", holding(["crm.rep"])) == []
    assert filled.names("accounts", holding(["crm.rep"], NEW)) == ["New"]
    assert filled.names("accounts", holding(["crm.rep", "crm.lead"])) == ["Mine", "New", "Other"]
    assert filled.names("tags", holding([])) == ["vip"]  # the default role
    with filled.workspace.read(holding(["crm.rep"])) as session:
        assert session.roles == {"crm": ["rep"]}
        assert "credit" not in session.layout.table("crm.accounts").fields


def test_a_guise_sees_what_its_person_sees_and_writes_nothing(filled: Shop) -> None:
    assert filled.names("accounts", guise(AS_REP)) == ["Mine"]
    for asker in (guise(AS_REP), guise(AS_ANA), holding(["crm.lead"])):
        with pytest.raises(Forbidden, match="You look as somebody else"):
            filled.create("tags", {"name": "x"}, by=asker)


def test_one_transaction_is_asked_by_several(filled: Shop) -> None:
    with filled.workspace.write(AS_ANA) as session:
        records.create(session, "crm.accounts", [{"name": "Newest", "owner": REP}])
        seen = records.find(session.in_guise(AS_REP), Query("crm.accounts")).records
        assert sorted(one.values["name"] for one in seen) == ["Mine", "Newest"]
        assert len(records.find(session, Query("crm.accounts")).records) == 4
