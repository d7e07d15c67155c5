"""Looking at a workspace as somebody else: who may, until when, and what is noted of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine import accounts, apps, audit, guises, roles, sessions, ways_in, workspaces
from engine.access.principals import Principal, guise, holding, person
from engine.errors import Forbidden, NotFound, Refused
from engine.storage import control_tables
from engine.storage.session import timestamp
from engine.storage.stores import Stores
from tests.engine.access.shop import APP

PASSWORD = "four words in a row"


@dataclass
class Office:
    """A workspace with an owner, a builder and a member, and sessions of theirs."""

    stores: Stores
    workspace: str
    owner: Principal
    builder: Principal
    member: Principal

    def token(self, who: Principal) -> str:
        return sessions.open_session(self.stores, who.user_id or "")

    def here(self, token: str) -> sessions.Here:
        found = sessions.session_of(self.stores, token)
        assert found
        return found

    def begin(self, who: Principal, token: str, of: Principal | None = None, *held: str) -> None:
        session = self.here(token).id
        user = of.user_id or "" if of else ""
        guises.begin(self.stores, session, who, self.workspace, person=user, held=held)

    def seen_by(self, who: Principal, token: str) -> Principal | None:
        found = self.here(token).guise
        return guises.seen_through(self.stores, found, who) if found else None

    def said(self) -> list[str]:
        with self.stores.control.read(self.owner) as session:
            entries = audit.entries(session, workspace=self.workspace)[::-1]
        return [str(one.says) for one in entries if one.act.startswith("guise.")]


@pytest.fixture
def office(stores: Stores) -> Office:
    ada, home = accounts.create_owner(stores, email="ada@example.com", name="Ada", password=PASSWORD, workspace="Acme")

    def add(name: str, role: str) -> str:
        email = f"{name.lower()}@example.com"
        return accounts.add_person(stores, home.id, email=email, name=name, password=PASSWORD, role=role).id

    made = Office(
        stores,
        home.id,
        person(ada.id, "owner"),
        person(add("Ben", "builder"), "builder"),
        person(add("Bo", "member")),
    )
    with stores.workspace(home.id).write(made.owner) as session:
        apps.apply(session, APP)
        roles.give(session, "crm.rep", made.member.user_id or "")
    return made


def test_owners_and_builders_look_as_those_who_may_do_no_more(office: Office) -> None:
    token = office.token(office.owner)
    for of in (office.member, office.builder):
        office.begin(office.owner, token, of)
        assert office.seen_by(office.owner, token) == guise(of)
    office.begin(office.owner, token, None, "crm.rep", "crm.lead")
    found = office.seen_by(office.owner, token)
    assert found
    assert found == holding(["crm.rep", "crm.lead"])
    assert (found.role, found.user_id) == ("member", None)

    for who, of in ((office.builder, office.owner), (office.member, office.builder), (office.member, office.member)):
        with pytest.raises(Forbidden):
            office.begin(who, office.token(who), of)
    with pytest.raises(Forbidden):
        office.begin(office.member, office.token(office.member), None, "crm.rep")
    with pytest.raises(Forbidden):  # nor from within a guise
        office.begin(guise(office.builder), token, office.member)
    office.begin(office.builder, office.token(office.builder), office.member)


def test_who_or_what_is_not_there_is_nobodys_guise(office: Office) -> None:
    token = office.token(office.owner)
    with pytest.raises(NotFound):
        office.begin(office.owner, token, None, "crm.nope")
    with pytest.raises(NotFound):
        office.begin(office.owner, token, person("usrNobody"))
    with pytest.raises(Refused):
        office.begin(office.owner, token)
    assert office.here(token).guise is None


def test_it_ends_when_who_looks_may_less_and_when_the_other_is_gone(office: Office) -> None:
    token = office.token(office.builder)
    office.begin(office.builder, token, office.member)
    assert office.seen_by(person(office.builder.user_id or "", "member"), token) is None
    workspaces.change_role(office.stores, office.workspace, office.member.user_id or "", "owner")
    assert office.seen_by(office.builder, token) is None
    workspaces.change_role(office.stores, office.workspace, office.member.user_id or "", "guest")
    assert office.seen_by(office.builder, token) == guise(person(office.member.user_id or "", "guest"))
    ways_in.disable(office.stores, office.member.user_id or "")
    assert office.seen_by(office.builder, token) is None


def test_it_ends_after_an_hour(office: Office) -> None:
    token = office.token(office.owner)
    office.begin(office.owner, token, office.member)
    before = office.here(token)
    assert before.guise
    with office.stores.control.write() as session:
        lasting = timestamp(session.now + timedelta(minutes=59))
        assert lasting < before.guise.until <= timestamp(session.now + guises.LIFE)
        over = sa.update(control_tables.sessions).values(guise_until=timestamp(session.now))
        session.connection.execute(over)
    assert office.here(token).guise is None
    assert office.here(token).id == before.id
    assert office.said() == ["looks as Bo", "ended that Ada looks as Bo"]


def test_beginning_and_every_end_is_noted(office: Office) -> None:
    first = office.token(office.owner)
    office.begin(office.owner, first, office.member)
    office.begin(office.owner, first, None, "crm.rep")
    guises.end(office.stores, office.here(first).id, office.owner.user_id or "")
    guises.end(office.stores, office.here(first).id, office.owner.user_id or "")  # nothing to end
    assert office.said() == [
        "looks as Bo",
        "ended that Ada looks as Bo",
        "looks as somebody with these roles: crm.rep",
        "ended that Ada looks as somebody with these roles: crm.rep",
    ]
    office.begin(office.owner, first, office.builder)
    sessions.sign_out(office.stores, first)
    second, third = office.token(office.owner), office.token(office.builder)
    office.begin(office.owner, second, office.member)
    sessions.end_all(office.stores, office.owner.user_id or "")
    office.begin(office.builder, third, office.member)
    ways_in.disable(office.stores, office.builder.user_id or "")
    assert office.said()[4:] == [
        "looks as Ben",
        "ended that Ada looks as Ben",
        "looks as Bo",
        "ended that Ada looks as Bo",
        "looks as Bo",
        "ended that Ben looks as Bo",
    ]


def test_roles_are_called_by_their_labels(office: Office) -> None:
    token = office.token(office.owner)
    office.begin(office.owner, token, None, "crm.rep")
    found = office.here(token).guise
    assert found
    with office.stores.workspace(office.workspace).read(office.owner) as session:
        assert guises.called(session, found) == ["Sales rep"]
