"""Codes of the phone, recovery codes, and sign-ins that wait for one, on both databases."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from engine import accounts, second_factor, sessions, sign_in
from engine.accounts import Person
from engine.errors import Conflict, Refused, TooOften
from engine.sessions import Device
from engine.sign_in import SignInOver, SignInRefused
from engine.storage.control_tables import pending_sign_ins, recovery_codes, second_factors
from engine.storage.session import timestamp
from engine.storage.stores import Stores
from engine.vault import Vault, new_key

PASSWORD = "four words in a row"
PHONE = Device("Phone")


@pytest.fixture
def vault() -> Vault:
    return Vault(new_key())


@pytest.fixture
def ada(stores: Stores) -> Person:
    made, _home = accounts.create_owner(
        stores, email="ada@example.com", name="Ada", password=PASSWORD, workspace="Acme"
    )
    return made


@pytest.fixture
def seed() -> str:
    return second_factor.new_seed()


@pytest.fixture
def codes(stores: Stores, vault: Vault, ada: Person, seed: str) -> list[str]:
    """Recovery codes; the second factor is on, and the code of just now is used up."""
    return second_factor.switch_on(stores, vault, ada, seed, second_factor.code_at(seed, datetime.now(UTC)))


def _takes(stores: Stores, vault: Vault, ada: Person, code: str, later: timedelta = timedelta(0)) -> bool:
    with stores.control.write() as session:
        session.now += later
        return second_factor.takes(session, vault, ada.id, code)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """The last six digits of the values in RFC 6238, appendix B."""
    seed = base64.b32encode(b"12345678901234567890").decode()
    assert second_factor.code_at(seed, datetime.fromtimestamp(seconds, UTC)) == code


def test_it_is_switched_on_by_a_right_code_alone(stores: Stores, vault: Vault, ada: Person, seed: str) -> None:
    now = datetime.now(UTC)
    for wrong in ("", "000000" if second_factor.code_at(seed, now) != "000000" else "111111", "abcdef"):
        with pytest.raises(Refused):
            second_factor.switch_on(stores, vault, ada, seed, wrong)
    assert second_factor.state(stores, ada.id) is None
    codes = second_factor.switch_on(stores, vault, ada, seed, second_factor.code_at(seed, now))
    assert len(set(codes)) == 10
    with pytest.raises(Conflict):
        second_factor.switch_on(stores, vault, ada, seed, second_factor.code_at(seed, now))
    with stores.control.read() as session:
        kept = str(session.connection.execute(sa.select(second_factors)).all())
        kept += str(session.connection.execute(sa.select(recovery_codes)).all())
    assert seed not in kept
    assert codes[0].replace("-", "") not in kept


def test_a_code_counts_once_and_one_step_to_either_side(
    stores: Stores, vault: Vault, ada: Person, seed: str, codes: list[str]
) -> None:
    base = datetime.now(UTC) + timedelta(minutes=10)
    ahead = base - datetime.now(UTC)

    def code(steps: int) -> str:
        return second_factor.code_at(seed, base + timedelta(seconds=30 * steps))

    assert not _takes(stores, vault, ada, code(-2), ahead)
    assert not _takes(stores, vault, ada, code(2), ahead)
    assert _takes(stores, vault, ada, code(-1), ahead)
    assert not _takes(stores, vault, ada, code(-1), ahead)
    assert _takes(stores, vault, ada, f" {code(1)[:3]} {code(1)[3:]} ", ahead)
    assert not _takes(stores, vault, ada, code(0), ahead)  # older than one that was used
    assert not _takes(stores, vault, ada, code(1), ahead)


def test_a_recovery_code_counts_once_and_until_there_are_new_ones(
    stores: Stores, vault: Vault, ada: Person, codes: list[str]
) -> None:
    assert _takes(stores, vault, ada, codes[0].upper())
    assert not _takes(stores, vault, ada, codes[0])
    assert _takes(stores, vault, ada, codes[1].replace("-", " "))
    state = second_factor.state(stores, ada.id)
    assert state
    assert state.codes_left == 8
    fresh = second_factor.new_codes(stores, ada.id)
    assert not _takes(stores, vault, ada, codes[2])
    assert _takes(stores, vault, ada, fresh[0])
    second_factor.switch_off(stores, ada.id)
    assert not _takes(stores, vault, ada, fresh[1])
    with pytest.raises(Conflict):
        second_factor.new_codes(stores, ada.id)


def test_signing_in_takes_the_password_then_a_code(stores: Stores, vault: Vault, ada: Person, codes: list[str]) -> None:
    entry = sign_in.sign_in(stores, ada.email, PASSWORD, PHONE)
    assert not entry.session
    assert sign_in.is_pending(stores, entry.pending)
    assert sessions.session_of(stores, entry.pending) is None
    with pytest.raises(SignInRefused):
        sign_in.enter_code(stores, vault, entry.pending, "123456x", PHONE)
    done = sign_in.enter_code(stores, vault, entry.pending, codes[0], PHONE)
    here = sessions.session_of(stores, done.session)
    assert here
    assert here.person == ada
    with pytest.raises(SignInOver):
        sign_in.enter_code(stores, vault, entry.pending, codes[1], PHONE)
    with stores.control.read() as session:
        assert session.connection.execute(sa.select(pending_sign_ins)).all() == []


def test_a_sign_in_takes_five_codes_and_ten_minutes(
    stores: Stores, vault: Vault, ada: Person, codes: list[str]
) -> None:
    pending = sign_in.sign_in(stores, ada.email, PASSWORD).pending
    for _try in range(4):
        with pytest.raises(SignInRefused, match="code is wrong"):
            sign_in.enter_code(stores, vault, pending, "wrong", PHONE)
    for code in ("wrong", codes[0]):
        with pytest.raises(SignInOver):
            sign_in.enter_code(stores, vault, pending, code, PHONE)
    other = sign_in.sign_in(stores, ada.email, PASSWORD).pending
    with stores.control.write() as session:
        gone = timestamp(session.now - timedelta(seconds=1))
        session.connection.execute(sa.update(pending_sign_ins).values(expires_at=gone))
    with pytest.raises(SignInOver):
        sign_in.enter_code(stores, vault, other, codes[0], PHONE)


def test_who_knows_the_password_cannot_try_codes_for_ever(
    stores: Stores, vault: Vault, ada: Person, codes: list[str]
) -> None:
    """Each sign-in takes five, and wrong ones count like wrong passwords, which a right password does not forget."""
    said = []
    for _sign_in in range(3):
        pending = sign_in.sign_in(stores, ada.email, PASSWORD).pending
        for _try in range(5):
            with pytest.raises((SignInRefused, TooOften)) as refused:
                sign_in.enter_code(stores, vault, pending, "000000", PHONE)
            said.append(isinstance(refused.value, TooOften))
    assert said == [False] * 11 + [True] * 4
    with pytest.raises(TooOften, match="Too many tries"):
        sign_in.sign_in(stores, ada.email, PASSWORD)


def test_a_new_password_ends_a_sign_in_that_waits(stores: Stores, vault: Vault, ada: Person, codes: list[str]) -> None:
    pending = sign_in.sign_in(stores, ada.email, PASSWORD).pending
    accounts.change_password(stores, ada.id, current=PASSWORD, new="another four words")
    with pytest.raises(SignInOver):
        sign_in.enter_code(stores, vault, pending, codes[0], PHONE)
