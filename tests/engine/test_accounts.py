"""Accounts, sign-in, tokens and who belongs where, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from engine import accounts, api_tokens, passwords, people, sign_in, workspaces
from engine.accounts import Person
from engine.errors import Conflict, Forbidden, NotFound, Refused, SignInNeeded
from engine.sign_in import SignInRefused
from engine.sign_in_delay import Delays, delay_after
from engine.storage.control_tables import sessions, tokens, users
from engine.storage.session import timestamp
from engine.storage.stores import Stores
from engine.workspaces import Membership

OWNER = {"email": " Ada@Example.com ", "name": "Ada", "password": "four words in a row", "workspace": "Acme"}
BEN = {"email": "ben@example.com", "name": "Ben", "password": "four words in a row", "role": "member"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    monkeypatch.setattr(passwords, "hasher", hasher)
    monkeypatch.setattr(sign_in, "_delays", Delays())
    passwords._nobody.cache_clear()
    yield
    passwords._nobody.cache_clear()


@pytest.fixture
def ada(stores: Stores) -> tuple[Person, Membership]:
    return accounts.create_owner(stores, **OWNER)


def _places(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {one.at for one in refused.value.problems}


def test_the_owner_is_made_once(stores: Stores, ada: tuple[Person, Membership]) -> None:
    person, membership = ada
    assert person.email == "ada@example.com"
    assert membership.role == "owner"
    assert workspaces.belonging_to(stores, person.id) == [membership]
    assert workspaces.directory(stores) == {membership.id: "Acme"}
    with stores.workspace(membership.id).read() as session:
        assert people.names(session) == {person.id: "Ada"}
    with pytest.raises(Conflict):
        accounts.create_owner(stores, **OWNER)
    assert accounts.setup_link(stores) is None


def test_everything_wrong_with_the_owner_is_told_at_once(stores: Stores) -> None:
    with pytest.raises(Refused) as refused:
        accounts.create_owner(stores, email="ada", name=" ", password="short", workspace="")
    assert _places(refused) == {"/email", "/name", "/password", "/workspace"}
    with pytest.raises(NotFound):
        accounts.create_owner(stores, **OWNER, token="made up")


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("four words in a row", True),
        ("密码需要足够长的文字", True),
        ("x7!kQ2pz", True),
        ("1234567", False),
        ("password", False),
        ("Password123!", False),
        ("qwertyuiop", False),
        ("formwork2026", False),
        ("aaaaaaaaaa", False),
        ("ada@example.com", False),
        ("x" * 1_025, False),
        ("a long one " * 90, True),
    ],
)
def test_what_may_be_a_password(password: str, good: bool) -> None:
    assert (passwords.problems_with(password, ("ada@example.com", "Ada")) == []) is good


def test_passwords_are_not_cut_and_not_kept(stores: Stores, ada: tuple[Person, Membership]) -> None:
    long = "long " * 200
    accounts.change_password(stores, ada[0].id, current=OWNER["password"], new=long + "a")
    with pytest.raises(SignInRefused):
        sign_in.sign_in(stores, "ada@example.com", long + "b")
    assert sign_in.sign_in(stores, "ADA@example.com", long + "a")[1] == ada[0]
    with stores.control.read() as session:
        stored = session.connection.execute(sa.select(users.c.password_hash)).scalar_one()
    assert stored.startswith("$argon2id$")


def test_the_real_parameters_are_above_the_floor() -> None:
    monkey = PasswordHash((Argon2Hasher(time_cost=3, memory_cost=65_536, parallelism=4),))
    assert "m=65536,t=3,p=4" in monkey.hash("x")


def test_a_hash_with_old_parameters_is_renewed_at_the_next_sign_in(
    stores: Stores, ada: tuple[Person, Membership], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "hasher", PasswordHash((Argon2Hasher(time_cost=2, memory_cost=16, parallelism=1),)))
    sign_in.sign_in(stores, "ada@example.com", OWNER["password"])
    with stores.control.read() as session:
        assert "m=16,t=2,p=1" in session.connection.execute(sa.select(users.c.password_hash)).scalar_one()


def test_sessions_are_listed_seen_ended_and_renewed(stores: Stores, ada: tuple[Person, Membership]) -> None:
    person = ada[0]
    token, _person = sign_in.sign_in(stores, person.email, OWNER["password"], agent="Firefox/1")
    here = sign_in.session_of(stores, token)
    assert here is not None
    assert here.person == person
    other = sign_in.open_session(stores, person.id, agent="Chrome/1")
    assert {one.agent for one in sign_in.sessions_of(stores, person.id)} == {"Firefox/1", "Chrome/1"}
    sign_in.end_session(stores, person.id, here.id)
    assert sign_in.session_of(stores, token) is None
    with pytest.raises(NotFound):
        sign_in.end_session(stores, person.id, here.id)
    fresh = sign_in.renew(stores, other)
    assert sign_in.session_of(stores, other) is None
    assert sign_in.session_of(stores, fresh) is not None
    sign_in.sign_out(stores, fresh)
    assert sign_in.session_of(stores, fresh) is None
    with pytest.raises(SignInNeeded):
        sign_in.renew(stores, fresh)


def test_a_session_is_seen_now_and_then(stores: Stores, ada: tuple[Person, Membership]) -> None:
    token = sign_in.open_session(stores, ada[0].id)
    an_hour_ago = timestamp(datetime.now(UTC) - timedelta(hours=1))
    with stores.control.write() as session:
        session.connection.execute(sa.update(sessions).values(last_seen_at=an_hour_ago))
    sign_in.session_of(stores, token)
    assert sign_in.sessions_of(stores, ada[0].id)[0].last_seen_at > an_hour_ago


def test_the_delay_grows_and_ends() -> None:
    now = datetime.now(UTC)
    failures, until = 0, None
    for _failure in range(10):
        failures, until = delay_after(failures, until, now)
    assert until == timestamp(now)
    delays = []
    for _failure in range(12):
        failures, until = delay_after(failures, until, now)
        delays.append(until)
    assert delays == sorted(delays)
    assert delays[0] == timestamp(now + timedelta(seconds=5))
    assert delays[-1] == timestamp(now + timedelta(minutes=15))
    later = now + timedelta(minutes=31)
    assert delay_after(failures, until, later) == (1, timestamp(later))


def test_an_address_has_to_wait_after_fifty_failures() -> None:
    delays = Delays()
    for _failure in range(50):
        delays.count("from 10.0.0.1", free=50)
    assert delays.until("from 10.0.0.1") <= timestamp(datetime.now(UTC))
    delays.count("from 10.0.0.1", free=50)
    assert delays.until("from 10.0.0.1") > timestamp(datetime.now(UTC))
    assert delays.until("from 10.0.0.2") == ""


def test_people_come_and_go(stores: Stores, ada: tuple[Person, Membership]) -> None:
    home = ada[1].id
    ben = accounts.add_person(stores, home, **BEN)
    assert [(one.name, one.role) for one in workspaces.people(stores, home)] == [("Ada", "owner"), ("Ben", "member")]
    with pytest.raises(Refused):
        accounts.add_person(stores, home, **BEN)
    second = workspaces.create(stores, ada[0].id, "Second")
    assert accounts.add_person(stores, second.id, **(BEN | {"password": ""})) == ben
    workspaces.change_role(stores, home, ben.id, "owner")
    workspaces.change_role(stores, home, ada[0].id, "guest")
    assert workspaces.membership(stores, home, ada[0].id).role == "guest"
    with pytest.raises(Forbidden):
        workspaces.remove_person(stores, home, ben.id)
    workspaces.remove_person(stores, home, ada[0].id)
    with pytest.raises(NotFound):
        workspaces.membership(stores, home, ada[0].id)
    with stores.workspace(home).read() as session:
        assert [(one.name, one.role) for one in people.everybody(session)] == [("Ben", "owner")]
        assert people.names(session)[ada[0].id] == "Ada"


def test_a_new_name_reaches_the_workspaces(stores: Stores, ada: tuple[Person, Membership]) -> None:
    changed = accounts.change_person(stores, ada[0].id, name="Ada Byron", language="zh", theme="dark")
    assert (changed.name, changed.language, changed.theme) == ("Ada Byron", "zh", "dark")
    with stores.workspace(ada[1].id).read() as session:
        assert people.names(session)[ada[0].id] == "Ada Byron"
    with pytest.raises(Refused) as refused:
        accounts.change_person(stores, ada[0].id, name="", language="xx", theme="pink")
    assert _places(refused) == {"/name", "/language", "/theme"}


def test_a_workspace_is_renamed(stores: Stores, ada: tuple[Person, Membership]) -> None:
    workspaces.rename(stores, ada[1].id, "Acme Ltd.")
    assert workspaces.directory(stores)[ada[1].id] == "Acme Ltd."
    with pytest.raises(Refused):
        workspaces.rename(stores, ada[1].id, " ")
    with pytest.raises(Refused):
        workspaces.create(stores, ada[0].id, "")


def test_a_token_acts_for_its_holder_until_it_ends(stores: Stores, ada: tuple[Person, Membership]) -> None:
    person, home = ada
    token, secret = api_tokens.create(stores, person.id, home.id, "Reports", days=30)
    assert api_tokens.belonging_to(stores, person.id)[0].id == token.id
    holder = api_tokens.holder_of(stores, secret)
    assert (holder.user_id, holder.workspace_id, holder.role) == (person.id, home.id, "owner")
    with stores.control.read() as session:
        assert secret not in str(session.connection.execute(sa.select(tokens)).all())
    for wrong in (
        "",
        "fwk_",
        secret[:-1],
        secret + "x",
        secret.replace("fwk_", "xxx_"),
        secret.swapcase(),
        "fwk_" + "é" * 49,
    ):
        with pytest.raises(SignInNeeded):
            api_tokens.holder_of(stores, wrong)
    with stores.control.write() as session:
        gone = timestamp(session.now - timedelta(seconds=1))
        session.connection.execute(sa.update(tokens).values(expires_at=gone))
    with pytest.raises(SignInNeeded):
        api_tokens.holder_of(stores, secret)


def test_a_token_dies_with_its_deletion_and_when_its_holder_leaves(
    stores: Stores, ada: tuple[Person, Membership]
) -> None:
    home = ada[1].id
    ben = accounts.add_person(stores, home, **BEN)
    first, secret = api_tokens.create(stores, ben.id, home, "One", days=None)
    _second, other = api_tokens.create(stores, ben.id, home, "Two")
    with pytest.raises(NotFound):
        api_tokens.delete(stores, ada[0].id, first.id)
    api_tokens.delete(stores, ben.id, first.id)
    with pytest.raises(SignInNeeded):
        api_tokens.holder_of(stores, secret)
    workspaces.remove_person(stores, home, ben.id)
    with pytest.raises(SignInNeeded):
        api_tokens.holder_of(stores, other)
    with pytest.raises(NotFound):
        api_tokens.create(stores, ben.id, home, "Three")
    with pytest.raises(Refused) as refused:
        api_tokens.create(stores, ada[0].id, home, " ", days=0)
    assert _places(refused) == {"/name", "/days"}
