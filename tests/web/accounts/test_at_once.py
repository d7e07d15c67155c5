"""What counts once counts once, however many use it at the same moment, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
import sqlalchemy as sa

from engine import accounts, invitations, resets, second_factor, sign_in
from engine.accounts import Person
from engine.errors import FormworkError
from engine.sessions import Device
from engine.storage.control_tables import second_factors
from engine.workspaces import Membership
from tests.web.conftest import EMAIL, PASSWORD
from web.site import Site

MANY = 6


def _how_many(act: Callable[[int], object]) -> int:
    """How many of those who do it at once succeed."""
    start = Barrier(MANY)

    def one(number: int) -> bool:
        start.wait()
        try:
            act(number)
        except FormworkError:
            return False
        return True

    with ThreadPoolExecutor(MANY) as all_of_them:
        return sum(all_of_them.map(one, range(MANY)))


@pytest.fixture
def ada(site: Site, membership: Membership) -> Person:
    found = accounts.person_by_email(site.stores, EMAIL)
    assert found
    return found


def test_an_invitation_lets_one_in(site: Site, membership: Membership, ada: Person) -> None:
    link = invitations.invite(site.stores, site.vault, site.settings, membership.id, ada.id, role="guest").link
    token = link.rsplit("/", 1)[1]

    def accept(number: int) -> None:
        email = f"guest{number}@example.com"
        invitations.accept(site.stores, token, name="Guest", email=email, password=PASSWORD)

    assert _how_many(accept) == 1


def test_a_reset_link_sets_one_password(site: Site, ada: Person) -> None:
    token = resets.link(site.stores, ada.id)
    assert _how_many(lambda number: resets.choose_password(site.stores, token, f"four words in row {number}")) == 1


@pytest.mark.parametrize("kind", ["phone", "recovery"])
def test_a_code_lets_one_in(site: Site, ada: Person, kind: str) -> None:
    stores, seed = site.stores, second_factor.new_seed()
    now = second_factor.code_at(seed, datetime.now(UTC))
    codes = second_factor.switch_on(stores, site.vault, ada, seed, now)
    with stores.control.write() as session:
        session.connection.execute(sa.update(second_factors).values(last_step=0))
    code = now if kind == "phone" else codes[0]
    pending = [sign_in.sign_in(stores, EMAIL, PASSWORD).pending for _each in range(MANY)]
    enter = sign_in.enter_code
    assert _how_many(lambda number: enter(stores, site.vault, pending[number], code, Device())) == 1


def test_a_sign_in_tries_five_codes_also_at_once(site: Site, ada: Person) -> None:
    stores, seed = site.stores, second_factor.new_seed()
    second_factor.switch_on(stores, site.vault, ada, seed, second_factor.code_at(seed, datetime.now(UTC)))
    pending = sign_in.sign_in(stores, EMAIL, PASSWORD).pending
    assert _how_many(lambda _number: sign_in.enter_code(stores, site.vault, pending, "wrong", Device())) == 0
    assert not sign_in.is_pending(stores, pending)
