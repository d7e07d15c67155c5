"""Accounts, sign-in, tokens and who belongs where, on both databases."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from engine import (
    accounts,
    api_tokens,
    catalog,
    passwords,
    people,
    sessions,
    sign_in,
    sign_in_delay,
    ways_in,
    workspaces,
)
from engine.access import principals
from engine.accounts import Person
from engine.errors import Conflict, Forbidden, NotFound, Refused, SignInNeeded, TooOften
from engine.sessions import Device
from engine.sign_in import SignInRefused
from engine.sign_in_delay import delay_after
from engine.storage import control_tables
from engine.storage.control_tables import tokens, users
from engine.storage.session import timestamp
from engine.storage.stores import Stores
from engine.workspaces import Membership
from tests.support.statements import counted

OWNER = {"email": " Ada@Example.com ", "name": "Ada", "password": "four words in a row", "workspace": "Acme"}
BEN = {"email": "ben@example.com", "name": "Ben", "password": "four words in a row", "role": "member"}


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


def test_nobody_is_there_before_the_owner_and_no_template_brings_anybody(stores: Stores) -> None:
    """T-PRIV-03."""
    credentials = (users, tokens, control_tables.sessions, control_tables.memberships)
    with stores.control.read() as session:
        assert [session.connection.scalar(sa.select(sa.func.count()).select_from(one)) for one in credentials] == [
            0
        ] * 4
    owner, membership = accounts.create_owner(stores, **OWNER)
    with stores.workspace(membership.id).write(principals.person(owner.id, "owner")) as session:
        for one in catalog.templates():
            catalog.install(session, one.key)
        assert people.names(session) == {owner.id: "Ada"}
    with stores.control.read() as session:
        assert session.connection.scalars(sa.select(users.c.id)).all() == [owner.id]


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
    assert sign_in.sign_in(stores, "ADA@example.com", long + "a").person == ada[0]
    with stores.control.read() as session:
        stored = session.connection.execute(sa.select(users.c.password_hash)).scalar_one()
    assert stored.startswith("$argon2id$")


def test_the_real_parameters_are_above_the_floor() -> None:
    """In a process of its own, since passwords cost next to nothing here (T-PWD-01)."""
    asked = "from engine import passwords; print(passwords.hashed('four words in a row'))"
    environment = {"PYTHONPATH": str(Path(passwords.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True)
    found = re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$", done.stdout)
    assert found
    memory, passes, lanes = map(int, found.groups())
    assert (memory >= 19_456, passes >= 2, lanes >= 1) == (True, True, True)


def test_so_many_passwords_are_hashed_at_once_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Semaphore(0), threading.Event()

    class Slow:
        def hash(self, _password: str) -> str:
            begun.release()
            go_on.wait()
            return "hash"

    monkeypatch.setattr(passwords, "hasher", Slow())
    threads = [threading.Thread(target=passwords.hashed, args=("x",)) for _each in range(passwords.AT_ONCE + 2)]
    for thread in threads:
        thread.start()
    assert all(begun.acquire(timeout=60) for _each in range(passwords.AT_ONCE))
    assert not begun.acquire(timeout=0.2)
    go_on.set()
    for thread in threads:
        thread.join()


def test_a_hash_with_old_parameters_is_renewed_at_the_next_sign_in(
    stores: Stores, ada: tuple[Person, Membership], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "hasher", PasswordHash((Argon2Hasher(time_cost=2, memory_cost=16, parallelism=1),)))
    sign_in.sign_in(stores, "ada@example.com", OWNER["password"])
    with stores.control.read() as session:
        assert "m=16,t=2,p=1" in session.connection.execute(sa.select(users.c.password_hash)).scalar_one()


def test_sessions_are_listed_seen_and_ended(stores: Stores, ada: tuple[Person, Membership]) -> None:
    person = ada[0]
    token = sign_in.sign_in(stores, person.email, OWNER["password"], Device("Firefox/1", "10.0.0.7")).session
    here = sessions.session_of(stores, token)
    assert here is not None
    assert here.person == person
    assert here.just_proved
    other = sessions.open_session(stores, person.id, Device("Chrome/1"))
    listed = {(one.agent, one.address) for one in sessions.belonging_to(stores, person.id)}
    assert listed == {("Firefox/1", "10.0.0.7"), ("Chrome/1", "")}
    sessions.end(stores, person.id, here.id)
    assert sessions.session_of(stores, token) is None
    with pytest.raises(NotFound):
        sessions.end(stores, person.id, here.id)
    third = sessions.open_session(stores, person.id)
    kept = sessions.session_of(stores, third)
    assert kept
    assert sessions.end_all(stores, person.id, keep=kept.id) == 1
    assert sessions.session_of(stores, other) is None
    sessions.sign_out(stores, third)
    assert sessions.session_of(stores, third) is None


def _age(stores: Stores, column: str, by: timedelta) -> str:
    then = timestamp(datetime.now(UTC) - by)
    with stores.control.write() as session:
        session.connection.execute(sa.update(control_tables.sessions).values(**{column: then}))
    return then


def test_a_session_is_seen_now_and_then(stores: Stores, ada: tuple[Person, Membership]) -> None:
    token = sessions.open_session(stores, ada[0].id)
    an_hour_ago = _age(stores, "last_seen_at", timedelta(hours=1))
    sessions.session_of(stores, token)
    assert sessions.belonging_to(stores, ada[0].id)[0].last_seen_at > an_hour_ago


def test_a_typed_password_counts_for_15_minutes(stores: Stores, ada: tuple[Person, Membership]) -> None:
    token = sessions.open_session(stores, ada[0].id)
    _age(stores, "proved_at", timedelta(minutes=16))
    here = sessions.session_of(stores, token)
    assert here
    assert not here.just_proved


def test_the_delay_grows_and_ends() -> None:
    assert [delay_after(failures) for failures in (1, 10)] == [timedelta(0)] * 2
    delays = [delay_after(failures) for failures in range(11, 30)]
    assert delays == sorted(delays)
    assert (delays[0], delays[-1]) == (timedelta(seconds=5), timedelta(minutes=15))


def test_failures_are_counted_by_name_and_address_and_forgotten(stores: Stores) -> None:
    def waits(what: str, later: timedelta = timedelta(0)) -> bool:
        with stores.control.read() as session:
            session.now += later
            try:
                sign_in_delay.check(session, "name nobody", what)
            except TooOften:
                return True
        return False

    for _failure in range(50):
        with stores.control.write() as session:
            sign_in_delay.count(session, "from 10.0.0.1", free=50)
    assert not waits("from 10.0.0.1")
    with stores.control.write() as session:
        sign_in_delay.count(session, "from 10.0.0.1", free=50)
    assert waits("from 10.0.0.1")
    assert not waits("from 10.0.0.2")
    assert not waits("from 10.0.0.1", timedelta(minutes=1))
    with stores.control.write() as session:
        session.now += timedelta(hours=1)
        sign_in_delay.count(session, "from 10.0.0.2", free=50)
        assert (
            session.connection.execute(sa.select(sa.func.count()).select_from(control_tables.failed_tries)).scalar()
            == 1
        )
        sign_in_delay.forget(session, "from 10.0.0.2")
        assert not session.connection.execute(sa.select(control_tables.failed_tries)).all()


def test_a_failed_try_costs_the_same_work_for_a_name_that_nobody_has(
    stores: Stores, ada: tuple[Person, Membership], monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    matches = passwords.hasher.verify_and_update

    def counting(password: str, stored: str) -> tuple[bool, str | None]:
        hashed.append(stored)
        return matches(password, stored)

    monkeypatch.setattr(passwords.hasher, "verify_and_update", counting)
    work = []
    for email in (ada[0].email, "nobody@example.com"):
        with counted(stores.control) as said, pytest.raises(SignInRefused):
            sign_in.sign_in(stores, email, "wrong", Device("", "10.0.0.1"))
        work.append((list(said), len(hashed)))
        hashed.clear()
    assert work[0] == work[1]
    assert work[0][1] == 1


def test_an_account_that_is_switched_off_is_out(stores: Stores, ada: tuple[Person, Membership]) -> None:
    person, home = ada
    token, secret = sessions.open_session(stores, person.id), api_tokens.create(stores, person.id, home.id, "One")[1]
    ways_in.disable(stores, person.id)
    assert sessions.session_of(stores, token) is None
    with pytest.raises(SignInNeeded):
        api_tokens.holder_of(stores, secret)
    with pytest.raises(NotFound):
        workspaces.membership(stores, home.id, person.id)
    with pytest.raises(SignInRefused, match="switched off"):
        sign_in.sign_in(stores, person.email, OWNER["password"])
    with pytest.raises(SignInRefused, match="do not belong together"):
        sign_in.sign_in(stores, person.email, "another password")
    ways_in.enable(stores, person.id)
    assert sign_in.sign_in(stores, person.email, OWNER["password"]).session
    assert api_tokens.holder_of(stores, secret).user_id == person.id


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
