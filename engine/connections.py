"""Where webhooks go: addresses and signing secrets, set by the workspace and never part of a definition.

A connection belongs to an app and has the key that the app gives it; a step that names a URL itself has a
connection by the name of that URL, so that it too is signed with a secret of its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from engine import audit, webhooks
from engine.access import door
from engine.actions import NotSetUp
from engine.addresses import read_url
from engine.egress import Egress
from engine.errors import NotFound
from engine.ids import new_id
from engine.storage.automation_tables import connections, run_steps, runs, unpacked
from engine.storage.session import Session, timestamp
from engine.text import Label, _
from engine.vault import Vault

ROTATION = timedelta(hours=24)  # how long the secret before the newest one signs too
FAILING_FOR = timedelta(days=5)  # of failures only, then it is switched off, as Standard Webhooks asks
QUIET = timedelta(hours=36)  # longer than any wait between attempts: what failed before that says nothing about today
LOOKED_AT = 500  # steps among which the newest call of each connection is looked for

_c = connections.c


@dataclass(frozen=True)
class Connection:
    """A connection as its settings page shows it; `url` is empty while it is not set up. Never holds the secret."""

    app: str
    name: str
    label: Label
    description: Label | None
    url: str
    set_at: str | None
    disabled_at: str | None
    disabled_why: str | None

    @property
    def is_set(self) -> bool:
        """Whether it leads somewhere."""
        return bool(self.url)


@dataclass(frozen=True)
class LastCall:
    """One attempt to call: `status` None when there was no answer."""

    at: str
    status: int | None
    milliseconds: int
    says: str
    run_id: str


@dataclass(frozen=True)
class Endpoint:
    """What a call needs: where to, and the secrets that sign it, the newest first."""

    url: str
    secrets: tuple[str, ...]


def of_app(session: Session, app: str) -> list[Connection]:
    """The connections that the app declares, then those of steps that name a URL. Raises NotFound, Forbidden."""
    door.enter_builder(session.principal)
    if app not in session.layout.apps:
        raise NotFound(_("There is no app {app}.", app=app))
    wanted = sa.select(_c.name, _c.url, _c.set_at, _c.disabled_at, _c.disabled_why).where(_c.app == app)
    stored = {row[0]: tuple(row[1:]) for row in session.connection.execute(wanted.order_by(_c.name))}
    declared = session.layout.apps[app].document.get("connections", {})
    found = [
        Connection(app, key, one.get("label", key), one.get("description"), *stored.pop(key, ("", None, None, None)))
        for key, one in declared.items()
    ]
    return found + [Connection(app, name, name, None, *row) for name, row in stored.items()]


def last_calls(session: Session, app: str) -> dict[str, LastCall]:
    """What came of the newest call over each connection of an app, by name, as far as runs of late had one."""
    door.enter_builder(session.principal)
    wanted = (
        sa.select(run_steps.c.prepared, run_steps.c.attempts, run_steps.c.run_id)
        .join(runs, runs.c.id == run_steps.c.run_id)
        .where(runs.c.automation.startswith(f"{app}."), run_steps.c.prepared.is_not(None))
        .order_by(run_steps.c.run_id.desc())
        .limit(LOOKED_AT)
    )
    found: dict[str, LastCall] = {}
    for prepared, attempts, run_id in session.connection.execute(wanted):
        sent, tried = json.loads(prepared), json.loads(attempts)
        name = str(sent.get("connection") or sent.get("url"))
        if tried and name not in found:
            last = tried[-1]
            found[name] = LastCall(last["at"], last["status"], last["milliseconds"], unpacked(last["says"]), run_id)
    return found


def connect(session: Session, vault: Vault, egress: Egress, app: str, name: str, url: str) -> str | None:
    """Set where a connection leads. The signing secret if a new one was made, to be shown this once.

    A secret stays with its host: for another host there is a new one. Raises EgressRefused for a URL that may
    not be called, NotFound for a connection that the app does not have, Forbidden.
    """
    if name not in {each.name for each in of_app(session, app)}:
        raise NotFound(_("The app has no connection {name}.", name=name))
    egress.check(url)
    row = _row(session, app, name)
    fresh = {"url": url, "set_at": timestamp(session.now), "disabled_at": None, "disabled_why": None}
    fresh |= {"failing_since": None, "failed_at": None}
    host = read_url(url).host  # its path may hold a secret of the receiver's
    says = _("set the connection {name} to {host}", name=name, host=host)
    audit.note(session, "connection.set", says, app=app, connection=name, host=host)
    if row is not None and read_url(row.url).host == host:
        session.connection.execute(sa.update(connections).where(_c.id == row.id).values(**fresh))
        return None
    if row is not None:
        session.connection.execute(sa.delete(connections).where(_c.id == row.id))
    return _make(session, vault, app, name, url)


def new_secret(session: Session, vault: Vault, app: str, name: str) -> str:
    """A new signing secret, to be shown this once; for 24 hours the old one signs as well.

    Raises NotFound, Forbidden.
    """
    door.enter_builder(session.principal)
    row = _row(session, app, name)
    if row is None:
        raise NotFound(_("The connection {name} does not lead anywhere yet.", name=name))
    secret = webhooks.new_secret()
    values = {
        "secret": vault.seal(secret, place_of(row.id)),
        "old_secret": row.secret,
        "old_until": timestamp(session.now + ROTATION),
    }
    session.connection.execute(sa.update(connections).where(_c.id == row.id).values(**values))
    says = _("made a new signing secret for the connection {name}", name=name)
    audit.note(session, "connection.secret_renewed", says, app=app, connection=name)
    return secret


def disconnect(session: Session, app: str, name: str) -> None:
    """Forget where a connection leads, and its secret. Raises Forbidden."""
    door.enter_builder(session.principal)
    session.connection.execute(sa.delete(connections).where(_c.app == app, _c.name == name))
    audit.note(session, "connection.removed", _("cleared the connection {name}", name=name), app=app, connection=name)


def disable(session: Session, app: str, name: str, why: str) -> None:
    """Call it no more until somebody sets it anew: its receiver said that it is gone."""
    values = {"disabled_at": timestamp(session.now), "disabled_why": why}
    session.connection.execute(sa.update(connections).where(_c.app == app, _c.name == name).values(**values))
    says = _("switched the connection {name} off", name=name)
    audit.note(session, "connection.disabled", says, app=app, connection=name)


def delivered(session: Session, app: str, name: str) -> None:
    """It works: whatever failed before is forgotten."""
    change = sa.update(connections).where(_c.app == app, _c.name == name, _c.failing_since.is_not(None))
    session.connection.execute(change.values(failing_since=None, failed_at=None))


def failed(session: Session, app: str, name: str) -> bool:
    """It did not take a message. After five days of nothing else it is switched off: True when that is now."""
    row = _row(session, app, name)
    if row is None or row.disabled_at:
        return False
    now = session.now
    quiet = row.failed_at is None or row.failed_at < timestamp(now - QUIET)
    since = timestamp(now) if row.failing_since is None or quiet else row.failing_since
    values = {"failing_since": since, "failed_at": timestamp(now)}
    session.connection.execute(sa.update(connections).where(_c.id == row.id).values(**values))
    if since > timestamp(now - FAILING_FOR):
        return False
    disable(session, app, name, _("It only failed for {days} days.", days=FAILING_FOR.days))
    return True


def prepare(session: Session, vault: Vault, app: str, url: str) -> None:
    """See to it that a step's own URL has a secret to sign with."""
    if _row(session, app, url) is None:
        _make(session, vault, app, url, url)


def endpoint(session: Session, vault: Vault, app: str, name: str) -> Endpoint:
    """Where a connection leads now. Raises NotSetUp when nowhere, or not any more."""
    row = _row(session, app, name)
    if row is None:
        raise NotSetUp(_("The connection {name} does not lead anywhere yet.", name=name))
    if row.disabled_at:
        raise NotSetUp(_("The connection {name} is switched off: {why}", name=name, why=row.disabled_why))
    sealed = [row.secret]
    if row.old_secret and row.old_until > timestamp(session.now):
        sealed.append(row.old_secret)
    return Endpoint(row.url, tuple(vault.open(one, place_of(row.id)) for one in sealed))


def _make(session: Session, vault: Vault, app: str, name: str, url: str) -> str:
    connection_id, secret = new_id("con"), webhooks.new_secret()
    values = {
        "id": connection_id,
        "app": app,
        "name": name,
        "url": url,
        "secret": vault.seal(secret, place_of(connection_id)),
        "set_at": timestamp(session.now),
    }
    session.connection.execute(sa.insert(connections).values(**values))
    return secret


def _row(session: Session, app: str, name: str) -> Any:
    return session.connection.execute(sa.select(connections).where(_c.app == app, _c.name == name)).one_or_none()


def place_of(connection_id: str) -> str:
    """What a connection's secrets are sealed for."""
    return f"connections/{connection_id}/secret"
