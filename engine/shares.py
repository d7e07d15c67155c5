"""Shares: a view, or one record, by a link that anybody opens without signing in.

The link's token names the workspace and holds 256 random bits, of which the workspace's store keeps the SHA-256. A
share shows what the person who made it sees at that moment, and less: the records and fields of the view. When they
may no longer read it, or leave, it shows nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from engine import audit, passwords, queries, records, sign_in_delay, workspaces
from engine.access import door, principals
from engine.access.principals import Principal, Shared, person
from engine.definitions.language import Table, View
from engine.errors import Forbidden, NotFound, Problem, Refused
from engine.files import File, known
from engine.held_files import is_shown_now
from engine.ids import new_id, new_secret, secret_hash
from engine.sign_in_delay import FREE_OF_ADDRESS
from engine.storage.session import Session, timestamp
from engine.storage.share_tables import shares as _shares
from engine.storage.stores import Stores, Workspace
from engine.text import _, label_in

LONGEST_DAYS = 3650
_c = _shares.c
_SHOWN = (
    _c.id, _c.name, _c.table_address, _c.view, _c.record_id, _c.made_by, _c.created_at, _c.expires_at,
    _c.last_opened_at, _c.openings, _c.password_hash.is_not(None),
)  # fmt: skip


@dataclass(frozen=True)
class Share:
    """A share as its maker sees it in the list. `record` is empty where it is a view; `expires_at` None: never."""

    id: str
    name: str
    table: str
    view: str
    record: str
    made_by: str
    created_at: str
    expires_at: str | None
    last_opened_at: str | None
    openings: int
    has_password: bool


@dataclass(frozen=True)
class Opened:
    """What a link leads to. While `password_hash` is not None a password must be typed first (`unlock`)."""

    id: str
    organisation: str
    store: Workspace
    principal: Principal
    shared: Shared
    password_hash: str | None


def create(
    session: Session,
    table: str,
    view: str,
    *,
    record: str = "",
    name: str = "",
    password: str = "",
    days: int | None = None,
) -> tuple[Share, str]:
    """Share a view, or with `record` one record with the fields of the view; the share and its token, shown this once.

    `days` None: it never expires. Raises `NotFound`, `Forbidden`, `Refused` (places `/password`, `/days`).
    """
    of, chosen = sharable(session, table, view, record)
    problems = [*(passwords.problems_with(password, (name,)) if password else []), *_problems_with(days)]
    if problems:
        raise Refused(problems)
    called = name.strip()[:200] or _called(session, of, chosen, record)
    token = f"{session.workspace.id}.{new_secret()}"
    expires_at = timestamp(session.now + timedelta(days=days)) if days else None
    made = Share(
        new_id("shr"), called, table, view, record, session.principal.user_id or "", timestamp(session.now),
        expires_at, None, 0, bool(password),
    )  # fmt: skip
    session.connection.execute(
        sa.insert(_shares).values(
            id=made.id,
            token_hash=secret_hash(token),
            name=made.name,
            table_address=table,
            view=view,
            record_id=record,
            made_by=made.made_by,
            created_at=made.created_at,
            expires_at=expires_at,
            password_hash=passwords.hashed(password) if password else None,
        )
    )
    says = _("shared {name} by a link", name=made.name)
    audit.note(session, "share.created", says, share=made.id, table=table, view=view, record=record)
    return made, token


def sharable(session: Session, table: str, view: str, record: str = "") -> tuple[Table, View]:
    """What would be shared. Raises `NotFound`, `Forbidden` for who may not share it."""
    asker = session.principal
    if asker.kind != "person" or not _has_the_role(asker.role):
        raise Forbidden(_("Guests can look but not share anything. Ask an owner for another role."))
    of = session.layout.table(table)
    door.enter(asker, "export", of)
    if view not in of.views:
        raise NotFound(_("There is no view {view} here.", view=view))
    if record:
        records.get(session, table, record)
    return of, of.views[view]


def may_share(asker: Principal, table: Table) -> bool:
    """Whether somebody may make links to what a table shows to them."""
    return asker.kind == "person" and _has_the_role(asker.role) and door.may(asker, "export", table)


def belonging_to(session: Session) -> Sequence[Share]:
    """The shares of the workspace for those who build, else one's own; the newest first. Raises `Forbidden`."""
    wanted = sa.select(*_SHOWN).where(_is_theirs(session)).order_by(_c.created_at.desc(), _c.id.desc())
    return [Share(*row) for row in session.connection.execute(wanted)]


def change(
    session: Session,
    share_id: str,
    *,
    name: str | None = None,
    password: str | None = None,
    days: int | None = None,
    forever: bool = False,
) -> None:
    """Call a share otherwise, give it another password (empty: none), let it count for `days` from now or `forever`.

    What is None stays. Raises `NotFound`, `Forbidden`, `Refused` (places `/name`, `/password`, `/days`).
    """
    found = session.connection.execute(sa.select(_c.name).where(_c.id == share_id, _is_theirs(session))).scalar()
    if found is None:
        raise NotFound(_("There is no such share (any more)."))
    called = found if name is None else name.strip()[:200]
    problems = [] if called else [Problem("/name", _("Give it a name, to find it again."), "required")]
    problems += passwords.problems_with(password, (called,)) if password else []
    problems += _problems_with(days)
    if problems:
        raise Refused(problems)
    values: dict[str, Any] = {"name": called}
    if password is not None:
        values["password_hash"] = passwords.hashed(password) if password else None
    if days is not None or forever:
        values["expires_at"] = timestamp(session.now + timedelta(days=days)) if days else None
    session.connection.execute(sa.update(_shares).where(_c.id == share_id).values(**values))
    says = _("changed the link to {name}", name=called)
    audit.note(session, "share.changed", says, share=share_id, changed=sorted(values.keys() - {"name"}))


def revoke(session: Session, share_id: str) -> None:
    """The link leads nowhere from the next request on. Raises `NotFound`, `Forbidden`."""
    gone = sa.delete(_shares).where(_c.id == share_id, _is_theirs(session)).returning(_c.name)
    name = session.connection.execute(gone).scalar()
    if name is None:
        raise NotFound(_("There is no such share (any more)."))
    audit.note(session, "share.revoked", _("took back the link to {name}", name=name), share=share_id)


def opened(stores: Stores, token: str) -> Opened:
    """What the token of a link leads to now. Raises `NotFound`, with the same words whatever the reason."""
    nowhere = NotFound(_("This link does not lead anywhere (any more)."))
    workspace_id, _dot, _secret = token.partition(".")
    if workspace_id not in workspaces.directory(stores):  # asking for its store would make one
        raise nowhere
    store = stores.workspace(workspace_id)
    wanted = sa.select(_c.id, _c.table_address, _c.view, _c.record_id, _c.made_by, _c.expires_at, _c.password_hash)
    with store.read() as session:
        row = session.connection.execute(wanted.where(_c.token_hash == secret_hash(token))).one_or_none()
        now = timestamp(session.now)
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        raise nowhere
    try:
        maker = workspaces.membership(stores, workspace_id, row.made_by)
    except NotFound:
        raise nowhere from None
    if not _has_the_role(maker.role):
        raise nowhere
    shared = Shared(row.table_address, row.view, row.record_id, person(row.made_by, maker.role))
    return Opened(row.id, maker.name, store, principals.share(row.id, shared), shared, row.password_hash)


def unlock(stores: Stores, of: Opened, password: str, address: str) -> bool:
    """Whether the password is right. `address` is where it was typed: failures are counted as at the sign-in.

    Raises `TooOften` after too many wrong ones.
    """
    name, sender = f"share {of.id}", f"from {address}"
    with stores.control.read() as session:
        sign_in_delay.check(session, name, sender, at="/password")
    right, _fresh = passwords.matches(password, of.password_hash)
    with stores.control.write() as session:
        if right:
            sign_in_delay.forget(session, name)
        else:
            sign_in_delay.count(session, name)
            if address:
                sign_in_delay.count(session, sender, FREE_OF_ADDRESS)
    return right


def count_opening(of: Opened) -> None:
    """Somebody opened it. The first time is noted in the audit log."""
    with of.store.write() as session:
        counted = sa.update(_shares).where(_c.id == of.id)
        counted = counted.values(openings=_c.openings + 1, last_opened_at=timestamp(session.now))
        row = session.connection.execute(counted.returning(_c.openings, _c.name)).one_or_none()
        if row is not None and row[0] == 1:
            session.principal = of.principal
            says = _("opened the link to {name} for the first time", name=row[1])
            audit.note(session, "share.opened", says, share=of.id)


def file(session: Session, file_id: str) -> File:
    """A file that a record of the share holds now in a field that is shown. Raises `NotFound`."""
    shared = session.principal.shared
    if shared is not None and is_shown_now(session, shared.table, file_id):
        return known(session, [file_id])[file_id]
    raise NotFound(_("There is no such file (any more)."))


def _problems_with(days: int | None) -> list[Problem]:
    if days is None or 1 <= days <= LONGEST_DAYS:
        return []
    return [Problem("/days", _("Choose between 1 and {most} days.", most=LONGEST_DAYS), "range", days)]


def _has_the_role(role: str) -> bool:
    return role in {*door.BUILDS, "member"}


def _is_theirs(session: Session) -> sa.ColumnElement[bool]:
    asker = session.principal
    if asker.kind == "person" and asker.role in door.BUILDS:
        return sa.true()
    if asker.kind != "person" or not asker.role:
        raise Forbidden(_("Only people of the workspace see what is shared by links."))
    return _c.made_by == asker.user_id


def _called(session: Session, table: Table, view: View, record: str) -> str:
    """What it is called by itself, in the workspace's language."""
    if record:
        return queries.titles(session, table.address, [record]).get(record, record)
    language = session.workspace.language
    return f"{label_in(table.plural or table.label, language)} · {label_in(view.label, language)}"
