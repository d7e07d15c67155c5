"""AUTONUMBER and LAST_MODIFIED_TIME: what they say after every way of writing, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine import apps, records, trash
from engine.access.principals import Principal
from engine.definitions.check import check
from engine.storage.session import timestamp
from engine.storage.stores import Workspace
from engine.undo import undo
from engine.verifying import verify
from tests.support.workspaces import install

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIELDS: dict[str, Any] = {
    "title": {"type": "text"},
    "stage": {"type": "select", "choices": {"open": {"label": "Open"}, "won": {"label": "Won"}}},
    "amount": {"type": "number"},
    "parts": {"type": "link", "to": "parts", "many": True},
    "number": {"type": "autonumber"},
    "spoken": {"type": "formula", "formula": '"No. " & AUTONUMBER()'},
    "moved": {"type": "formula", "formula": "LAST_MODIFIED_TIME({stage})"},
    "priced": {"type": "formula", "formula": "LAST_MODIFIED_TIME({amount}, {Parts})"},
    "touched": {"type": "formula", "formula": "LAST_MODIFIED_TIME()"},
}
TABLES: dict[str, Any] = {
    "deals": {"title": "title", "fields": {**FIELDS, "parts": {**FIELDS["parts"], "label": "Parts"}}},
    "parts": {"title": "name", "fields": {"name": {"type": "text"}}},
}


class Deals:
    """A deal, written to at times that are known: each act is an hour after the one before."""

    def __init__(self, workspace: Workspace, owner: Principal) -> None:
        self.workspace, self.owner, self.hour = workspace, owner, 0
        install(workspace, owner, TABLES)

    def act(self, what: Any) -> tuple[Any, str]:
        """What `what` gives, and the transaction."""
        self.hour += 1
        with self.workspace.write(self.owner) as session:
            session.now = START + timedelta(hours=self.hour)
            return what(session), session.transaction_id

    def at(self, hour: int | None) -> str | None:
        return None if hour is None else timestamp(START + timedelta(hours=hour))

    def says(self, deal: str, moved: int | None, priced: int | None, touched: int) -> None:
        """The hours at which these formulas say that something changed."""
        with self.workspace.read(self.owner) as session:
            values = records.get(session, "shop.deals", deal).values
            assert verify(session) == []
        found = (values["moved"], values["priced"], values["touched"])
        assert found == (self.at(moved), self.at(priced), self.at(touched))


@pytest.fixture
def deals(workspace: Workspace, owner: Principal) -> Deals:
    return Deals(workspace, owner)


def test_a_time_follows_its_own_fields(deals: Deals) -> None:
    given: list[dict[str, Any]] = [{"title": "a", "stage": "open"}, {"title": "b", "amount": 1}]
    (one, other), _act = deals.act(lambda session: records.create(session, "shop.deals", given))
    deals.says(one, 1, None, 1)
    deals.says(other, None, 1, 1)
    deals.act(lambda session: records.update(session, "shop.deals", {one: {"title": "A"}}))
    deals.says(one, 1, None, 2)
    deals.act(lambda session: records.update(session, "shop.deals", {one: {"stage": "open", "amount": 5}}))
    deals.says(one, 1, 3, 3)
    both: dict[str, dict[str, Any]] = {one: {"stage": None}, other: {"stage": "won"}}
    _changed, act = deals.act(lambda session: records.update(session, "shop.deals", both))
    deals.says(one, 4, 3, 4)
    deals.says(other, 4, 1, 4)
    deals.act(lambda session: undo(session, act))
    deals.says(one, 5, 3, 5)
    (part,), _act = deals.act(lambda session: records.create(session, "shop.parts", [{"name": "x"}]))
    deals.act(lambda session: records.update(session, "shop.deals", {one: {"parts": [part]}}))
    deals.says(one, 5, 7, 7)
    deals.act(lambda session: records.delete(session, "shop.parts", [part]))
    deals.says(one, 5, 8, 8)


@pytest.mark.parametrize("way", ["undone", "restored"])
def test_what_comes_back_has_not_changed_by_that(deals: Deals, way: str) -> None:
    (one,), _act = deals.act(lambda session: records.create(session, "shop.deals", [{"stage": "open"}]))
    deals.act(lambda session: records.update(session, "shop.deals", {one: {"amount": 2}}))
    _gone, act = deals.act(lambda session: records.delete(session, "shop.deals", [one]))

    def back(session: Any) -> None:
        if way == "undone":
            session.cause = f"undo:{act}"
            undo(session, act)
        else:
            trash.restore(session, [trash.entries(session)[0].id])

    deals.act(back)
    deals.says(one, 1, 2, 2)


def test_a_field_that_comes_later_knows_what_was_before(deals: Deals) -> None:
    (one,), _act = deals.act(lambda session: records.create(session, "shop.deals", [{"title": "a"}]))
    deals.act(lambda session: records.update(session, "shop.deals", {one: {"title": "b"}}))
    with deals.workspace.write(deals.owner) as session:
        document: Any = dict(apps.get(session, "shop").document)
        fields = {**document["tables"]["deals"]["fields"]}
        fields["named"] = {"type": "formula", "formula": "LAST_MODIFIED_TIME({title})"}
        tables = {**document["tables"], "deals": {**document["tables"]["deals"], "fields": fields}}
        apps.apply(session, {**document, "tables": tables})
    with deals.workspace.read(deals.owner) as session:
        assert records.get(session, "shop.deals", one).values["named"] == deals.at(2)
        assert verify(session) == []


def test_a_record_says_its_number(deals: Deals) -> None:
    made, _act = deals.act(lambda session: records.create(session, "shop.deals", [{"title": "a"}, {"title": "b"}]))
    with deals.workspace.read(deals.owner) as session:
        found = [one.values["spoken"] for one in records.get_many(session, "shop.deals", made)]
    assert found == ["No. 1", "No. 2"]


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("AUTONUMBER()", "This table has no autonumber field. Add one, or use RECORD_ID()."),
        ("LAST_MODIFIED_TIME({name}, {long})", "When long changed is not known"),
        ("LAST_MODIFIED_TIME({created_at})", "When created_at changed is not known"),
        ("LAST_MODIFIED_TIME(1)", "Write a field here, such as {stage}."),
        ("LAST_MODIFIED_TIME({nme})", "There is no field nme. Did you mean {name}?"),
    ],
)
def test_what_cannot_be_known_is_refused(formula: str, says: str) -> None:
    fields = {
        "name": {"type": "text"},
        "long": {"type": "formula", "formula": "LEN({name})"},
        "wrong": {"type": "formula", "formula": formula},
    }
    tables = {"things": {"title": "name", "fields": fields}}
    (problem,) = check({"formwork": 1, "key": "shop", "label": "Shop", "version": "1.0.0", "tables": tables})
    assert problem.at == "/tables/things/fields/wrong/formula"
    assert says in problem.says
