"""Shares on both databases: made, opened by their token, counted, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from engine import accounts, apps, audit, records, shares
from engine.access.principals import Principal, person
from engine.errors import Forbidden, NotFound, Refused
from engine.queries import Query
from engine.storage.control_tables import users
from engine.storage.stores import Stores, Workspace
from tests.support.databases import Database

APP = {
    "formwork": 1,
    "key": "crm",
    "label": "CRM",
    "tables": {
        "accounts": {
            "label": "Accounts",
            "title": "name",
            "fields": {
                "name": {"type": "text"},
                "mine": {"type": "user", "default": "=ME()"},
                "parent": {"type": "parent"},
            },
            "views": {
                "all": {"type": "grid"},
                "mine": {"type": "grid", "fields": ["name", "parent"], "filter": "={mine} = ME()"},
            },
        }
    },
}  # fmt: skip


@dataclass
class Office:
    stores: Stores
    workspace: Workspace
    owner: Principal
    member: Principal

    def share(self, by: Principal, **given: object) -> tuple[shares.Share, str]:
        with self.workspace.write(by) as session:
            return shares.create(session, "crm.accounts", "mine", **given)  # type: ignore[arg-type]

    def names(self, token: str) -> dict[str, object]:
        of = shares.opened(self.stores, token)
        with of.store.read(of.principal) as session:
            found = records.find(session, Query("crm.accounts", sort=["name"])).records
            return {str(one.values["name"]): one.values["parent"] for one in found}


@pytest.fixture
def office(database_url: Database) -> Iterator[Office]:
    stores = Stores(database_url.folder, database_url.url)
    ana, made = accounts.create_owner(
        stores, email="ana@example.com", name="Ana", password="four words in a row", workspace="Acme"
    )
    bo = accounts.add_person(
        stores, made.id, email="bo@example.com", name="Bo", password="four other words", role="member"
    )
    office = Office(stores, stores.workspace(made.id), person(ana.id, "owner"), person(bo.id))
    with office.workspace.write(office.owner) as session:
        apps.apply(session, APP)
        (alder,) = records.create(session, "crm.accounts", [{"name": "Alder"}])
    with office.workspace.write(office.member) as session:
        (birch,) = records.create(session, "crm.accounts", [{"name": "Birch", "parent": alder}])
        records.create(session, "crm.accounts", [{"name": "Cedar", "parent": birch}])
    yield office
    stores.close()


def test_it_is_seen_by_the_eyes_of_its_maker(office: Office) -> None:
    _share, token = office.share(office.member)
    found = office.names(token)
    assert list(found) == ["Birch", "Cedar"]  # ME() is the maker
    assert found["Birch"] is None  # what it lies under is not among the records that are shown
    assert str(found["Cedar"]).startswith("rec")
    assert list(office.names(office.share(office.owner)[1])) == ["Alder"]


def test_a_token_leads_to_one_share_of_one_workspace(office: Office) -> None:
    share, token = office.share(office.member, name="For Bo")
    of = shares.opened(office.stores, token)
    assert (of.id, of.organisation, of.principal.role, of.principal.user_id) == (share.id, "Acme", "", None)
    workspace, _dot, secret = token.partition(".")
    for wrong in (secret, f"wsp00000000000000.{secret}", f"{workspace}.", f"{token}x", workspace, ""):
        with pytest.raises(NotFound):
            shares.opened(office.stores, wrong)


def test_it_is_taken_back_by_its_maker_and_those_who_build(office: Office) -> None:
    mine, token = office.share(office.member)
    theirs, _other = office.share(office.owner)
    with office.workspace.write(office.member) as session:
        assert [one.id for one in shares.belonging_to(session)] == [mine.id]
        with pytest.raises(NotFound):
            shares.revoke(session, theirs.id)
    with office.workspace.write(office.owner) as session:
        assert [one.id for one in shares.belonging_to(session)] == [theirs.id, mine.id]
        shares.revoke(session, mine.id)
    with pytest.raises(NotFound):
        shares.opened(office.stores, token)


def test_it_ends_with_its_makers_account(office: Office) -> None:
    _share, token = office.share(office.member)
    with office.stores.control.write() as session:
        session.connection.execute(sa.update(users).values(disabled_at="2026-01-01T00:00:00.000Z"))
    with pytest.raises(NotFound):
        shares.opened(office.stores, token)


def test_openings_are_counted_and_the_first_is_noted(office: Office) -> None:
    _share, token = office.share(office.member)
    of = shares.opened(office.stores, token)
    shares.count_opening(of)
    shares.count_opening(of)
    with office.workspace.read(office.owner) as session:
        (found,) = shares.belonging_to(session)
        noted = [one for one in audit.entries(session) if one.act == "share.opened"]
    assert (found.openings, found.last_opened_at is not None) == (2, True)
    assert [(one.by_kind, one.by_id, one.user_id) for one in noted] == [("share", of.id, "")]


def test_a_password_is_kept_as_its_hash_and_asked_a_few_times_only(office: Office) -> None:
    share, token = office.share(office.owner, password="correct horse battery")
    assert share.has_password
    of = shares.opened(office.stores, token)
    assert of.password_hash
    assert "correct" not in of.password_hash
    assert not shares.unlock(office.stores, of, "wrong", "192.0.2.1")
    assert shares.unlock(office.stores, of, "correct horse battery", "192.0.2.1")
    for problem in ({"password": "short"}, {"days": 0}, {"days": 5000}):
        with pytest.raises(Refused):
            office.share(office.owner, **problem)


def test_only_people_who_may_work_here_share(office: Office) -> None:
    for asker in (person("usrGus", "guest"), Principal("token", "tok0", office.owner.user_id, "owner")):
        with pytest.raises(Forbidden):
            office.share(asker)


def test_its_name_its_end_and_its_password_are_changed(office: Office) -> None:
    share, token = office.share(office.member, days=7, password="four words in a row")
    with office.workspace.write(office.owner) as session:
        shares.change(session, share.id, name=" For Ana ", forever=True)
        (held,) = shares.belonging_to(session)
    assert (held.name, held.expires_at, held.has_password) == ("For Ana", None, True)
    before = shares.opened(office.stores, token).password_hash
    with office.workspace.write(office.member) as session:
        shares.change(session, share.id, password="four other words")
    of = shares.opened(office.stores, token)
    assert of.password_hash != before  # so that what a browser keeps of the old one counts no more
    assert not shares.unlock(office.stores, of, "four words in a row", "")
    assert shares.unlock(office.stores, of, "four other words", "")
    with office.workspace.write(office.member) as session:
        shares.change(session, share.id, password="", days=3)
        (held,) = shares.belonging_to(session)
        assert held.expires_at
        assert not held.has_password
    assert shares.opened(office.stores, token).password_hash is None


def test_what_is_wrong_with_a_change_is_told_at_once_and_only_ones_own_are_changed(office: Office) -> None:
    share, _token = office.share(office.owner, name="Kept")
    with office.workspace.write(office.owner) as session, pytest.raises(Refused) as refused:
        shares.change(session, share.id, name=" ", password="short", days=0)
    assert [one.at for one in refused.value.problems] == ["/name", "/password", "/days"]
    with office.workspace.write(office.member) as session, pytest.raises(NotFound):
        shares.change(session, share.id, name="Mine")
    with office.workspace.read(office.owner) as session:
        assert [one.name for one in shares.belonging_to(session)] == ["Kept"]
