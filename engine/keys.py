"""The key that stored secrets are sealed with, replaced while everything goes on.

A new key comes first in the key file and seals from then on; the older ones stay in it and open what they sealed. What
is stored is sealed anew in slices, each in a transaction of its own, so whoever is broken off simply begins again. The
older keys go when they are told to, since backups are sealed with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine import account_mail, audit, bases, connections, hooks, mailboxes, repeats, second_factor, workspaces
from engine.errors import Conflict
from engine.storage import automation_tables, base_tables, control_tables, hook_tables, mailbox_tables, repeat_tables
from engine.storage.session import Session
from engine.storage.stores import Store, Stores
from engine.text import Text, _
from engine.vault import CannotOpen, KeyFile, Vault, new_key

SLICE = 200


@dataclass(frozen=True)
class Sealed:
    """A column of sealed texts: what names a row, what the text is sealed for, and which rows hold any."""

    column: sa.Column[Any]
    key: sa.Column[Any]
    named: sa.Column[Any]  # what the place is made of
    place_of: Callable[[str], str]

    @property
    def table(self) -> Any:
        return self.column.table


_c, _h, _r = automation_tables.connections.c, hook_tables.hooks.c, repeat_tables.repeats.c
_b = mailbox_tables.mailboxes.c
_bases = base_tables.bases.c
_f, _m = control_tables.second_factors.c, automation_tables.outbox.c
OF_MACHINE = (
    Sealed(_f.seed, _f.user_id, _f.user_id, second_factor.place_of),
    Sealed(_m.body, _m.id, _m.recipient, account_mail.place_of),
)
OF_WORKSPACE = (
    Sealed(_c.secret, _c.id, _c.id, connections.place_of),
    Sealed(_c.old_secret, _c.id, _c.id, connections.place_of),
    Sealed(_h.secret, _h.id, _h.id, hooks.place_of),
    Sealed(_b.password, _b.id, _b.id, mailboxes.place_of),
    Sealed(_r.body, _r.name, _r.name, repeats.place_of),
    Sealed(_bases.token, _bases.id, _bases.id, bases.place_of),
)


@dataclass(frozen=True)
class Rotation:
    """What came of it: whether there is a new key, how many secrets were sealed anew, which cannot be opened at all."""

    is_new: bool
    sealed: int
    unreadable: tuple[str, ...] = ()


def rotate(stores: Stores, vault: Vault) -> Rotation:
    """Seal everything with a new key. What an earlier rotation left is finished first, instead of beginning another."""
    begun = any(_older(session, vault, one) for session, one in _everywhere(stores))
    if not begun:
        file = _file(vault)
        file.replace([new_key(), *file.keys])
        _note(stores, "key.added", _("put a new key in use"), key=vault.key_id)
    sealed = 0
    for store, columns in _stores(stores):
        for one in columns:
            sealed += _seal_anew(store, vault, one)
    unreadable = [place for session, one in _everywhere(stores) for place in _unreadable(session, vault, one)]
    _note(stores, "key.rotated", _("sealed {count} secrets with the new key", count=sealed), key=vault.key_id)
    return Rotation(not begun, sealed, tuple(unreadable))


def drop_old(stores: Stores, vault: Vault) -> int:
    """Only the newest key counts from now on; how many went. Raises `Conflict` while older ones are needed."""
    file = _file(vault)
    needed = sum(_older(session, vault, one) for session, one in _everywhere(stores))
    if needed:
        raise Conflict(_("{count} secrets are sealed with older keys. Rotate first.", count=needed))
    count = len(file.keys) - 1
    if count:
        file.replace(file.keys[:1])
        _note(stores, "key.dropped", _("took older keys out of use: {count}", count=count), count=count)
    return count


def _file(vault: Vault) -> KeyFile:
    if vault.file is None:
        raise TypeError("a vault without a file has no keys to be replaced")
    return vault.file


def _stores(stores: Stores) -> Iterator[tuple[Store, Sequence[Sealed]]]:
    yield stores.control, OF_MACHINE
    for workspace_id in workspaces.directory(stores):
        yield stores.workspace(workspace_id), OF_WORKSPACE


def _everywhere(stores: Stores) -> Iterator[tuple[Session, Sealed]]:
    for store, columns in _stores(stores):
        with store.read() as session:
            for one in columns:
                yield session, one


def _older(session: Session, vault: Vault, one: Sealed) -> int:
    """How many texts another key than the newest sealed."""
    counted = sa.select(sa.func.count()).select_from(one.table).where(_is_older(vault, one))
    return int(session.connection.execute(counted).scalar_one())


def _is_older(vault: Vault, one: Sealed) -> sa.ColumnElement[bool]:
    return sa.or_(sa.false(), *map(one.column.startswith, vault.marks[1:]))


def _seal_anew(store: Store, vault: Vault, one: Sealed) -> int:
    sealed, last = 0, ""
    while True:
        wanted = sa.select(one.key, one.named, one.column).where(_is_older(vault, one), one.key > last)
        with store.write() as session:
            rows = session.connection.execute(wanted.order_by(one.key).limit(SLICE)).all()
            for key, named, text in rows:
                with suppress(CannotOpen):  # somebody meddled with it: no key opens it
                    fresh = vault.seal(vault.open(text, one.place_of(named)), one.place_of(named))
                    mine = sa.and_(one.key == key, one.column == text)  # nobody has set another one meanwhile
                    change = sa.update(one.table).where(mine).values({one.column: fresh})
                    sealed += session.connection.execute(change).rowcount
        if len(rows) < SLICE:
            return sealed
        last = rows[-1][0]


def _unreadable(session: Session, vault: Vault, one: Sealed) -> list[str]:
    """What the texts are sealed for that no key of the file opens."""
    foreign = sa.and_(one.column.is_not(None), ~one.column.startswith(vault.marks[0]))
    return [one.place_of(named) for named in session.connection.execute(sa.select(one.named).where(foreign)).scalars()]


def _note(stores: Stores, act: str, says: Text, **about: Any) -> None:
    """In the log of every workspace: each has secrets that are sealed with the key."""
    with stores.control.write() as session:
        for workspace_id in [*workspaces.directory(stores), ""]:
            audit.note(session, act, says, workspace=workspace_id, **about)
