"""The second factor: a code that an app on the phone works out from a seed and the time (TOTP, RFC 6238).

A code counts once, for its half minute and the one before and after, since clocks differ. Ten recovery codes stand in
for a phone that is lost, each once.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from engine import account_log, notices
from engine.access.principals import ENGINE, Principal
from engine.accounts import Person
from engine.errors import Conflict, Problem, Refused
from engine.ids import secret_hash
from engine.storage.control_tables import pending_sign_ins, recovery_codes, remembered_browsers, second_factors
from engine.storage.session import Session, timestamp
from engine.storage.stores import Stores
from engine.text import _
from engine.vault import Vault

STEP = 30  # seconds that a code is shown
DIGITS = 6
SEED_BYTES = 20
RECOVERY_CODES = 10

_f = second_factors.c


@dataclass(frozen=True)
class State:
    """What its owner sees of the second factor that is on."""

    since: str
    codes_left: int


def new_seed() -> str:
    """A seed as phones take it when it is typed: 32 letters and digits."""
    return base64.b32encode(secrets.token_bytes(SEED_BYTES)).decode()


def address_of(seed: str, who: Person, issuer: str = "Formwork") -> str:
    """What the QR code says to the phone."""
    return _totp(seed).get_provisioning_uri(who.email, issuer)


def code_at(seed: str, now: datetime) -> str:
    """The code that the phone shows at an instant."""
    return _code(seed, _step(now))


def state(stores: Stores, user_id: str) -> State | None:
    """None while it is off."""
    with stores.control.read() as session:
        since = session.connection.execute(sa.select(_f.since).where(_f.user_id == user_id)).scalar()
        mine = recovery_codes.c.user_id == user_id
        left = session.connection.execute(sa.select(sa.func.count()).select_from(recovery_codes).where(mine)).scalar()
    return State(since, int(left or 0)) if since is not None else None


def switch_on(stores: Stores, vault: Vault, who: Person, seed: str, code: str) -> list[str]:
    """From the next sign-in on a code is asked for; the recovery codes, which are shown this once.

    The code proves that the phone has the seed. Raises `Refused` at `/code`, `Conflict` when it is on already.
    """
    with stores.control.write() as session:
        if is_on(session, who.id):
            raise Conflict(_("The second factor is on already."))
        step = _matching_step(seed, code, session.now, -1)
        if step is None:
            says = _("This is not the code that the phone shows now. Is its clock right?")
            raise Refused([Problem("/code", says, "wrong")])
        values = {"user_id": who.id, "seed": vault.seal(seed, place_of(who.id)), "last_step": step}
        session.connection.execute(sa.insert(second_factors).values(**values, since=timestamp(session.now)))
        account_log.note(session, who.id, "second_factor.on", _("switched their second factor on"))
        notices.put(session, who.id, _("The second factor was switched on: signing in takes a code of your phone."))
        return _insert_codes(session, who.id)


def new_codes(stores: Stores, user_id: str) -> list[str]:
    """Fresh recovery codes; those before count no more. Raises `Conflict` while the second factor is off."""
    with stores.control.write() as session:
        if not is_on(session, user_id):
            raise Conflict(_("The second factor is off."))
        account_log.note(session, user_id, "second_factor.codes", _("made new recovery codes"))
        notices.put(session, user_id, _("New recovery codes were made; those before count no more."))
        return _insert_codes(session, user_id)


def switch_off(stores: Stores, user_id: str, *, by: Principal = ENGINE) -> None:
    """No code is asked for any more. The caller has asked for the password."""
    with stores.control.write(by) as session:
        for table in (second_factors, recovery_codes, pending_sign_ins, remembered_browsers):
            session.connection.execute(sa.delete(table).where(table.c.user_id == user_id))
        account_log.note_about(session, user_id, "second_factor.off", _("switched a second factor off"))
        notices.put(session, user_id, _("The second factor was switched off: the password alone lets you in."))


def is_on(session: Session, user_id: str) -> bool:
    """Whether signing in takes a code."""
    return session.connection.execute(sa.select(_f.user_id).where(_f.user_id == user_id)).first() is not None


def takes(session: Session, vault: Vault, user_id: str, typed: str) -> bool:
    """Whether `typed` is a code of the phone or a recovery code that was not used yet; if so, it is used up."""
    code = "".join(typed.split()).replace("-", "").lower()
    if len(code) != DIGITS:
        mine = sa.and_(recovery_codes.c.user_id == user_id, recovery_codes.c.code_hash == secret_hash(code))
        return bool(session.connection.execute(sa.delete(recovery_codes).where(mine)).rowcount)
    row = session.connection.execute(sa.select(_f.seed, _f.last_step).where(_f.user_id == user_id)).one_or_none()
    step = _matching_step(vault.open(row[0], place_of(user_id)), code, session.now, row[1]) if row else None
    if step is None:
        return False
    used = sa.update(second_factors).where(_f.user_id == user_id, _f.last_step < step).values(last_step=step)
    return bool(session.connection.execute(used).rowcount)


def _insert_codes(session: Session, user_id: str) -> list[str]:
    codes = [base64.b32encode(secrets.token_bytes(10)).decode().lower() for _each in range(RECOVERY_CODES)]
    session.connection.execute(sa.delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    rows = [{"user_id": user_id, "code_hash": secret_hash(code)} for code in codes]
    session.connection.execute(sa.insert(recovery_codes), rows)
    return ["-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in codes]


def _matching_step(seed: str, code: str, now: datetime, after: int) -> int | None:
    """The step whose code this is, if it may be used: next to now, and later than `after`."""
    here = _step(now)
    for step in (here - 1, here, here + 1):
        if step > after and hmac.compare_digest(_code(seed, step).encode(), code.encode()):
            return step
    return None


def _code(seed: str, step: int) -> str:
    return _totp(seed).generate(step * STEP).decode()


def _totp(seed: str) -> TOTP:
    return TOTP(base64.b32decode(seed), DIGITS, SHA1(), STEP)  # noqa: S303 - as RFC 6238 says and phones do


def _step(now: datetime) -> int:
    return int(now.timestamp()) // STEP


def place_of(user_id: str) -> str:
    """What a person's seed is sealed for."""
    return f"second factor of {user_id}"
