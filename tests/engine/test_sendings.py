"""What strangers send by public forms: when it is taken, how much, and the link by which one may correct it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import accounts, apps, forms, history, records, sendings, trash
from engine.access.principals import Principal, correction, person, public_form
from engine.definitions.check import check
from engine.errors import NotFound, Refused
from engine.queries import Query
from engine.storage.sending_tables import sendings as rows
from engine.storage.stores import Stores, Workspace
from tests.support.databases import Database

ASK: dict[str, Any] = {
    "fields": [{"field": "wish", "required": True}, "pieces", "email", "room"],
    "public": True,
    "corrections": {"days": 7, "mail_to": "email"},
}
DOCUMENT: dict[str, Any] = {
    "formwork": 1,
    "key": "shop",
    "label": "Shop",
    "tables": {
        "rooms": {"title": "name", "fields": {"name": {"type": "text"}, "price": {"type": "number"}}},
        "requests": {
            "title": "wish",
            "fields": {
                "wish": {"type": "text"},
                "pieces": {"type": "number"},
                "email": {"type": "email"},
                "room": {"type": "link", "to": "rooms", "inverse": "requests"},
                "note": {"type": "text", "default": "inside"},
                "double": {"type": "formula", "formula": "{pieces} * 2"},
            },
            "forms": {"ask": ASK},
        },
    },
}
REQUESTS = "shop.requests"
STRANGER = public_form("shop", "requests", "ask")
SECRET = "x" * 43


@dataclass
class Shop:
    stores: Stores
    workspace: Workspace
    owner: Principal

    def ask(self, **options: Any) -> None:
        """Set options of the form; None takes one away."""
        with self.workspace.write(self.owner) as session:
            forms.change(session, REQUESTS, "ask", options)

    def send(self, page: str = "page", days_ago: int = 0, **values: Any) -> str:
        with self.workspace.write(STRANGER) as session:
            session.now -= timedelta(days=days_ago)
            form = forms.get(session, REQUESTS, "ask", public=True)
            record = forms.submit(session, REQUESTS, form, {"wish": "a desk", **values}, page=page)
            sendings.allow_correction(session, form, record, self.token(record))
            return record

    def token(self, record: str) -> str:
        return f"{self.workspace.id}.{SECRET}{record}"

    def correct(self, token: str, was: dict[str, Any] | None = None, **given: Any) -> None:
        of = sendings.opened(self.stores, token)
        with self.workspace.write(of.principal, "correction") as session:
            sendings.correct(session, given, sendings.sent(session) if was is None else was)

    def values(self, record: str) -> dict[str, Any]:
        with self.workspace.read(self.owner) as session:
            return records.get(session, REQUESTS, record).values


@pytest.fixture
def shop(database_url: Database) -> Iterator[Shop]:
    stores = Stores(database_url.folder, database_url.url)
    ana, made = accounts.create_owner(
        stores, email="ana@example.com", name="Ana", password="four words in a row", workspace="Acme"
    )
    shop = Shop(stores, stores.workspace(made.id), person(ana.id, "owner"))
    with shop.workspace.write(shop.owner) as session:
        apps.apply(session, DOCUMENT)
        records.create(session, "shop.rooms", [{"name": "Blue", "price": 80}])
    yield shop
    stores.close()


def refusal(shop: Shop, **values: Any) -> str:
    with pytest.raises(Refused) as refused:
        shop.send(**values)
    return refused.value.says


def test_it_is_taken_while_the_form_is_open(shop: Shop) -> None:
    shop.ask(opens="2000-01-01T00:00", closes="2999-12-31T17:00")
    shop.send()
    shop.ask(opens="2999-01-01T00:00")
    assert refusal(shop) == "This form is not open yet."
    shop.ask(opens=None, closes="2000-01-01T00:00")
    assert refusal(shop) == "This form is closed."


def test_the_workspace_s_clock_counts(shop: Shop) -> None:
    shop.workspace.time_zone = "Asia/Shanghai"
    shop.ask(opens="2999-01-01T08:00")
    with shop.workspace.read(STRANGER) as session:
        table = session.layout.table(REQUESTS)
        shut = sendings.closed(session, table, table.forms["ask"])
    assert shut == sendings.Closed("early", "2999-01-01T00:00:00.000Z")


def test_no_more_are_taken_than_are_asked_for_and_what_is_deleted_makes_room(shop: Shop) -> None:
    shop.ask(most=2)
    first = shop.send()
    shop.send()
    assert refusal(shop) == "This form has all the answers that it takes."
    with shop.workspace.write(shop.owner) as session:
        records.delete(session, REQUESTS, [first])
        records.create(session, REQUESTS, [{"wish": "did not come by the form"}])
    shop.send()
    refusal(shop)


def test_a_form_comes_in_so_often_a_day(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sendings, "MOST_A_DAY", 2)
    shop.send(days_ago=2)
    shop.send()
    shop.send()
    assert "too often today" in refusal(shop)


def test_what_was_sent_is_corrected_by_its_link_and_history_tells(shop: Shop) -> None:
    record = shop.send(pieces="2")
    shop.correct(shop.token(record), pieces="3", wish="a desk")
    assert (shop.values(record)["pieces"], shop.values(record)["double"]) == (3, 6)
    with shop.workspace.read(shop.owner) as session:
        newest = history.of_record(session, REQUESTS, record)[0]
    assert (newest.by_kind, newest.by_id, newest.user_id) == ("public_form", "shop.requests.ask", None)
    assert str(newest.says) == "corrected what was sent"
    assert newest.change.after == {"pieces": 3}


def test_the_link_opens_the_form_s_fields_of_that_one_record_and_nothing_else(shop: Shop) -> None:
    first, second = shop.send(), shop.send()
    of = sendings.opened(shop.stores, shop.token(first))
    assert of.principal == correction(REQUESTS, "ask", first)
    with shop.workspace.write(of.principal) as session:
        assert sendings.sent(session) == {"wish": "a desk", "pieces": None, "email": None, "room": None}
        assert records.get(session, REQUESTS, first).values == sendings.sent(session)
        assert [one.id for one in records.find(session, Query(REQUESTS)).records] == [first]
        for act in (
            lambda: records.get(session, REQUESTS, second),
            lambda: records.update(session, REQUESTS, {second: {"wish": "mine"}}),
            lambda: records.create(session, REQUESTS, [{"wish": "more"}]),
            lambda: records.delete(session, REQUESTS, [first]),
            lambda: records.find(session, Query("shop.rooms")),
            lambda: history.of_record(session, REQUESTS, first),
        ):
            with pytest.raises(NotFound):
                act()
        with pytest.raises(Exception, match="does not ask for that"):
            records.update(session, REQUESTS, {first: {"note": "mine"}})
        sendings.correct(session, {"note": "mine"}, {})
    assert shop.values(first)["note"] == "inside"


def test_mistakes_stand_at_their_field(shop: Shop) -> None:
    record = shop.send()
    with pytest.raises(Refused) as refused:
        shop.correct(shop.token(record), pieces="many")
    assert [one.at for one in refused.value.problems] == ["/0/pieces"]
    with pytest.raises(Refused) as refused:
        shop.correct(shop.token(record), wish=" ")
    assert [(one.at, one.code) for one in refused.value.problems] == [("/0/wish", "required")]


def test_what_somebody_changed_meanwhile_is_not_overwritten_unseen(shop: Shop) -> None:
    record = shop.send(pieces="2")
    was = {"wish": "a desk", "pieces": 2}
    with shop.workspace.write(shop.owner) as session:
        records.update(session, REQUESTS, {record: {"pieces": 5}})
    shop.correct(shop.token(record), was, wish="two desks", pieces="2")  # as it was shown: left alone
    assert (shop.values(record)["wish"], shop.values(record)["pieces"]) == ("two desks", 5)
    with pytest.raises(Refused) as refused:
        shop.correct(shop.token(record), was | {"wish": "two desks"}, pieces="3")
    assert [(one.at, one.code) for one in refused.value.problems] == [("/0/pieces", "changed")]


@pytest.mark.parametrize(
    "options",
    [{"public": False}, {"corrections": None}, {"closes": "2000-01-01T00:00"}],
    ids=lambda one: next(iter(one)),
)
def test_the_link_counts_as_long_as_the_form_is_open_and_allows_it(shop: Shop, options: dict[str, Any]) -> None:
    record = shop.send()
    shop.ask(**options)
    with pytest.raises(NotFound):
        shop.correct(shop.token(record), pieces="3")


def test_the_link_ends_by_itself_and_is_taken_back(shop: Shop) -> None:
    old, new = shop.send(days_ago=8), shop.send()
    with pytest.raises(NotFound):
        sendings.opened(shop.stores, shop.token(old))
    with shop.workspace.write(shop.owner) as session:
        table = session.layout.table(REQUESTS)
        assert sendings.can_be_corrected(session, table, new)
        sendings.revoke(session, REQUESTS, new)
        assert not sendings.can_be_corrected(session, table, new)
        assert not sendings.allow_correction(session, table.forms["ask"], new, shop.token(new)), (
            "once taken back it stays so"
        )
    with pytest.raises(NotFound):
        sendings.opened(shop.stores, shop.token(new))


def test_what_was_deleted_cannot_be_corrected_and_purging_forgets_it(shop: Shop) -> None:
    record = shop.send()
    with shop.workspace.write(shop.owner) as session:
        records.delete(session, REQUESTS, [record])
    with pytest.raises(NotFound):
        shop.correct(shop.token(record), pieces="3")
    with shop.workspace.write(shop.owner) as session:
        trash.purge(session, [one.id for one in trash.entries(session)])
        assert session.connection.execute(sa.select(sa.func.count()).select_from(rows)).scalar() == 0


def test_the_store_holds_no_token(shop: Shop) -> None:
    record = shop.send(page="the page's token")
    with shop.workspace.read(shop.owner) as session:
        (row,) = session.connection.execute(sa.select(rows)).all()
        table = session.layout.table(REQUESTS)
        assert sendings.came_from(session, table, table.forms["ask"], "the page's token") == record
        assert sendings.came_from(session, table, table.forms["ask"], "another") is None
    assert SECRET not in str(row)
    assert "the page's token" not in str(row)


def test_a_definition_that_makes_no_sense_is_told_at_its_place() -> None:
    def wrong(**options: Any) -> list[tuple[str, str]]:
        requests = {**DOCUMENT["tables"]["requests"], "forms": {"ask": {**ASK, **options}}}
        document = {**DOCUMENT, "tables": {**DOCUMENT["tables"], "requests": requests}}
        return [(one.at.rpartition("/ask/")[2], str(one.says)) for one in check(document)]

    assert wrong() == []
    assert wrong(closes="2026-02-30T10:00") == [("closes", "2026-02-30T10:00 is no day and time.")]
    assert wrong(opens="2026-03-02T10:00", closes="2026-03-01T10:00") == [("closes", "It must close after it opens.")]
    for key in ("note", "wish"):
        ((at, says),) = wrong(corrections={"mail_to": key})
        assert (at, "must be an e-mail address that the form asks for" in says) == ("corrections/mail_to", True)
    assert [at for at, _says in wrong(most=0, closes="tomorrow")] == ["closes", "most"]
