"""Bases of another service (Airtable, and what speaks its API) become apps: looked at, shown, then brought in at once.

`offered` asks which bases a token opens, `begin` keeps the token, sealed, and `choose` says which base. A worker then
fetches all of it onto the disk (`working.py`) and says what it becomes; `confirm` lets it be brought in, in one
transaction that `take_back` takes back. The token is forgotten as soon as it is not needed any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import sqlalchemy as sa

from engine import apps, audit, going_on, queries
from engine import undo as undoing
from engine.access import door
from engine.access.principals import Principal
from engine.automations.starts import something_began
from engine.automations.steps import Means
from engine.bases import keeping
from engine.bases.answers import Base, OtherSide
from engine.bases.asking import Asker
from engine.bases.keeping import BaseImport, next_due, place_of, sweep
from engine.bases.telling import readable
from engine.definitions.language import App
from engine.errors import Conflict, NotFound, Problem, Refused
from engine.queries import Query
from engine.storage.base_tables import bases as rows
from engine.storage.session import Session, again, timestamp
from engine.storage.stores import Workspace
from engine.text import _
from engine.vault import Vault

__all__ = [
    "Base",
    "BaseImport",
    "OtherSide",
    "begin",
    "brought_before",
    "cancel",
    "choose",
    "confirm",
    "discard",
    "get",
    "go_on",
    "listed",
    "next_due",
    "offered",
    "place_of",
    "readable",
    "sweep",
    "take_back",
    "undo",
]

ASKING_SECONDS = 15.0  # while somebody waits for the list of bases


def offered(means: Means, token: str) -> list[Base]:
    """The bases that a token opens, asked over there. Takes no transaction.

    Raises `Refused` at `/token`, `OtherSide`, `EgressRefused`.
    """
    bare = token.strip()
    if not bare or len(bare) > 500 or not bare.isascii() or not bare.isprintable():
        raise Refused([Problem("/token", _("Give the token, as the other service shows it once."), "required")])
    asker = replace(Asker.of(means.settings, means.egress, bare), tries=1, seconds=ASKING_SECONDS)
    found = asker.bases()
    if not found:
        raise Refused([Problem("/token", _("This token opens no base. Give it one over there."), "empty")])
    return found


def begin(session: Session, vault: Vault, token: str, offered: Sequence[Base]) -> BaseImport:
    """Keep the token for an import of one of the `offered` bases. Raises `Forbidden` for who may not build."""
    door.enter_builder(session.principal)
    return keeping.add(session, vault, token.strip(), offered)


def choose(session: Session, import_id: str, base: str, into: str | None = None) -> BaseImport:
    """Fetch this base: for a new app, or anew `into` an app that it was brought into before.

    Raises `Refused` at `/base` and `/into`, `Conflict`, `NotFound`, `Forbidden`.
    """
    held = _in_state(session, import_id, "choosing")
    found = next((one for one in held.offered if one.id == base), None)
    if found is None:
        says = _("There is no such base, or the token does not open it.")
        raise Refused([Problem("/base", says, "unknown", base)])
    if into is not None and into not in {one.key for one in brought_before(session, base)}:
        says = _("This base was not brought into such an app before.")
        raise Refused([Problem("/into", says, "unknown", into)])
    session.after_commit(something_began.set)
    return keeping.change(session, import_id, state="fetching", base=base, name=found.name, into=into)


def confirm(session: Session, import_id: str) -> BaseImport:
    """Bring in what was fetched. Raises `Conflict`, `NotFound`, `Forbidden`."""
    _in_state(session, import_id, "fetched")
    session.after_commit(something_began.set)
    return keeping.change(session, import_id, state="bringing")


def go_on(session: Session, vault: Vault, import_id: str, token: str = "") -> BaseImport:
    """Let what failed go on where it was, with another `token` if given. Raises as `confirm` does."""
    held = _in_state(session, import_id, "failed")
    if token.strip():
        keeping.change(session, import_id, token=vault.seal(token.strip(), place_of(import_id)))
    elif not held.has_token:
        raise Refused([Problem("/token", _("The token is forgotten by now. Give it again."), "required")])
    session.after_commit(something_began.set)
    return keeping.change(session, import_id, state="bringing" if held.plan else "fetching", says=None)


def get(session: Session, import_id: str) -> BaseImport:
    """One of them, for who may build. Raises `NotFound`, `Forbidden`."""
    door.enter_builder(session.principal)
    return keeping.get(session, import_id)


def listed(session: Session) -> list[BaseImport]:
    """All of them, newest first; none for who may not build."""
    return keeping.listed(session) if session.principal.role in door.BUILDS else []


def brought_before(session: Session, base: str) -> list[App]:
    """The apps that a base was brought into, and that are still here."""
    c = rows.c
    wanted = sa.select(c.app).where(c.base == base, c.state == "done").distinct()
    return [
        session.layout.apps[key] for key in session.connection.execute(wanted).scalars() if key in session.layout.apps
    ]


def cancel(session: Session, import_id: str) -> None:
    """Stop what goes on; nothing is changed, and it may go on later. Raises `Conflict` when nothing goes on."""
    if not get(session, import_id).under_way:
        raise Conflict(_("There is nothing to cancel: this import is not going on."))
    path = keeping.path_of(session.workspace, import_id)
    path.parent.mkdir(parents=True, exist_ok=True)  # no worker may have begun
    going_on.ask_to_stop(path)


def discard(session: Session, import_id: str) -> None:
    """Forget one that is not carried out, its token and what was fetched. Raises `Conflict` while it goes on."""
    held = get(session, import_id)
    if held.under_way or held.state in ("done", "undone"):
        raise Conflict(_("This import goes on, or is done. Cancel or undo it."))
    keeping.remove(session, import_id)


def undo(session: Session, import_id: str) -> BaseImport:
    """Take everything back that it did. Open the session with `cause=f"undo:{transaction_id}"`.

    An app that it made goes too, unless it has got other records. Raises `Conflict`, and takes nothing back, when
    somebody changed what came since.
    """
    held = _in_state(session, import_id, "done")
    if held.transaction_id is not None:
        with suppress(NotFound):  # it may have changed nothing
            undoing.undo(session, held.transaction_id)
    audit.note(session, "base.undone", _("took back what the base {name} brought in", name=held.name), base=held.base)
    if held.into is None and held.app is not None:
        _remove_empty(session, held.app)
    return keeping.change(session, import_id, state="undone", finished_at=timestamp(session.now))


def take_back(workspace: Workspace, principal: Principal, import_id: str) -> BaseImport:
    """`undo` in a transaction of its own."""
    with workspace.read(principal) as session:
        held = get(session, import_id)

    def act() -> BaseImport:
        with workspace.write(principal, cause=f"undo:{held.transaction_id}") as session:
            return undo(session, import_id)

    return again(act)


def _remove_empty(session: Session, app: str) -> None:
    if app not in session.layout.apps:
        return
    tables = session.layout.apps[app].tables.values()
    if not any(queries.count(session, Query(one.address)) for one in tables):
        with suppress(Refused):  # another app leads to it by now
            apps.remove(session, app)


def _in_state(session: Session, import_id: str, state: str) -> BaseImport:
    held = get(session, import_id)
    if held.state != state:
        raise Conflict(_("This import has gone on meanwhile. Look at it again."))
    return held
