"""Signing in with an address and a password."""

from __future__ import annotations

import sqlalchemy as sa

from engine import accounts, passwords, sessions, sign_in_delay
from engine.accounts import Person
from engine.errors import FormworkError
from engine.sessions import Device
from engine.sign_in_delay import FREE_OF_ADDRESS
from engine.storage.control_tables import users
from engine.storage.stores import Stores
from engine.text import _


class SignInRefused(FormworkError):
    """Wrong address or password (which of them is not said), or too many tries."""

    status = 422
    code = "sign_in_refused"


def sign_in(stores: Stores, email: str, password: str, device: Device | None = None) -> tuple[str, Person]:
    """A new session's token and the person.

    Raises `SignInRefused`: the same words, and the same work done, whether or not there is such an account.
    After 10 failures for one name (50 from one network address) each further try waits longer, at most 15 minutes.
    """
    device = device or Device()
    name, sender = f"name {accounts.address(email)}", f"from {device.address}"
    with stores.control.read() as session:
        if sign_in_delay.must_wait(session, name, sender):
            raise SignInRefused(_("Too many tries. Wait a little, then try again."))
        wanted = sa.select(users.c.id, users.c.password_hash, users.c.disabled_at)
        found = session.connection.execute(wanted.where(users.c.email == accounts.address(email))).one_or_none()
    right, fresh_hash = passwords.matches(password, found.password_hash if found is not None else None)
    if not right or found is None:
        with stores.control.write() as session:
            sign_in_delay.count(session, name)
            if device.address:
                sign_in_delay.count(session, sender, FREE_OF_ADDRESS)
        raise SignInRefused(_("This address and password do not belong together."))
    if found.disabled_at:
        raise SignInRefused(_("This account is switched off. Ask whoever runs this installation."))
    with stores.control.write() as session:
        sign_in_delay.forget(session, name)
        if fresh_hash:
            change = sa.update(users).where(users.c.id == found.id).values(password_hash=fresh_hash)
            session.connection.execute(change)
        token = sessions.insert_session(session, found.id, device)
    return token, accounts.person(stores, found.id)
