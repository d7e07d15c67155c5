"""Links that may lead only to some records, on every way in."""

from __future__ import annotations

from typing import Any

import pytest

from engine import apps, limits, records
from engine.access.principals import Principal
from engine.errors import Refused
from engine.storage.stores import Workspace
from tests.support.workspaces import install

OF_ACCOUNT = {"field": "account", "op": "is", "value": "={record.account}"}
TABLES: dict[str, Any] = {
    "accounts": {"title": "name", "fields": {"name": {"type": "text"}, "closed": {"type": "checkbox"}}},
    "contacts": {
        "title": "name",
        "fields": {"name": {"type": "text"}, "account": {"type": "link", "to": "accounts", "inverse": "contacts"}},
    },
    "deals": {
        "title": "name",
        "fields": {
            "name": {"type": "text"},
            "account": {
                "type": "link",
                "to": "accounts",
                "where": {"field": "closed", "op": "is", "value": False},
            },
            "contact": {"type": "link", "to": "contacts", "where": OF_ACCOUNT, "inverse": "deals"},
            "others": {"type": "link", "to": "contacts", "many": True, "where": "={account} = {record.account}"},
        },
    },
}


class Desk:
    """Two open accounts with a contact each, and a closed one."""

    def __init__(self, workspace: Workspace, owner: Principal) -> None:
        self.workspace, self.owner = workspace, owner
        install(workspace, owner, TABLES)
        self.a, self.b, self.closed = self.create(
            "accounts", {"name": "A"}, {"name": "B"}, {"name": "C", "closed": True}
        )
        self.ann, self.ben = self.create(
            "contacts", {"name": "Ann", "account": self.a}, {"name": "Ben", "account": self.b}
        )

    def create(self, table: str, *given: dict[str, Any]) -> list[str]:
        with self.workspace.write(self.owner) as session:
            return records.create(session, f"shop.{table}", given)

    def update(self, table: str, record: str, **values: Any) -> None:
        with self.workspace.write(self.owner) as session:
            records.update(session, f"shop.{table}", {record: values})


@pytest.fixture
def desk(workspace: Workspace, owner: Principal) -> Desk:
    return Desk(workspace, owner)


def told(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(one.at, one.code) for one in refused.value.problems]


def test_only_what_fits_can_be_set(desk: Desk) -> None:
    fits = {"account": desk.a, "contact": desk.ann, "others": [desk.ann]}
    (deal,) = desk.create("deals", fits)
    with pytest.raises(Refused) as refused:
        desk.create(
            "deals", fits, {"account": desk.closed}, {**fits, "contact": desk.ben, "others": [desk.ann, desk.ben]}
        )
    assert sorted(told(refused)) == [
        ("/1/account", "not_offered"),
        ("/2/contact", "not_offered"),
        ("/2/others", "not_offered"),
    ]
    with pytest.raises(Refused) as refused:
        desk.update("deals", deal, account=desk.b)
    assert sorted(told(refused)) == [("/0/contact", "not_offered"), ("/0/others", "not_offered")]
    desk.update("deals", deal, account=desk.b, contact=desk.ben, others=[])
    with pytest.raises(Refused) as refused:  # from the other side too
        desk.update("contacts", desk.ann, deals=[deal])
    assert told(refused) == [("/0/deals/contact", "not_offered")]


def test_pickers_offer_only_what_fits(desk: Desk) -> None:
    with desk.workspace.read(desk.owner) as session:
        assert limits.choices(session, "shop.deals", "account", {}) == [(desk.a, "A"), (desk.b, "B")]
        assert limits.choices(session, "shop.deals", "contact", {"account": desk.b}) == [(desk.ben, "Ben")]
        assert limits.choices(session, "shop.deals", "others", {"account": desk.a}, "n") == [(desk.ann, "Ann")]
        assert limits.choices(session, "shop.deals", "contact", {}) == []


def test_a_limit_that_makes_no_sense_is_refused(workspace: Workspace, owner: Principal) -> None:
    wrong = {"field": "colour", "op": "is", "value": "={record.nothing}"}
    deals = {
        "title": "name",
        "fields": {**TABLES["deals"]["fields"], "contact": {"type": "link", "to": "contacts", "where": wrong}},
    }
    document = {"formwork": 1, "key": "shop", "tables": {**TABLES, "deals": deals}}
    with workspace.read(owner) as session:
        found = [problem.at for problem in apps.check(session, document)]
    assert found == ["/tables/deals/fields/contact/where/field"]
