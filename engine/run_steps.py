"""One step of a run: its condition, its expressions as one SELECT, and the verbs that its action may use."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine import formulas, notifications, outbox, records
from engine.actions import Action, Options, Posted, Written
from engine.definitions.check_automations import scope_of
from engine.definitions.language import App, Apps, Automation, Condition, Field, Table, address
from engine.definitions.types import Path, RecordScope
from engine.egress import Egress
from engine.errors import FormworkError, Problem, Refused
from engine.formulas import Compiled, Type, messages
from engine.runs import Journalled, Run
from engine.settings import Settings
from engine.storage.conditions import condition_sql
from engine.storage.expressions import Records, clock_of
from engine.storage.layout import sql_type
from engine.storage.session import Session
from engine.storage.workspace_tables import revisions
from engine.text import _, label_in
from engine.values import moment
from engine.vault import Vault


@dataclass(frozen=True)
class Means:
    """What runs work with besides the workspace: settings, the way out, and the key to stored secrets."""

    settings: Settings
    egress: Egress
    vault: Vault


class NotInstalled(FormworkError):
    """The step is about a table of an app that is not installed; the run goes on without it."""

    status = 409
    code = "not_installed"


class Situation:
    """A run with the definition it was started by and the record it is about, inside one transaction."""

    def __init__(
        self, session: Session, run: Run, automation: Automation, table: Table, done: Mapping[str, Journalled]
    ):
        self.session = session
        self.run = run
        self.automation = automation
        self.table = table
        self.app: App = session.layout.apps[automation.app]
        self.scope = scope_of(automation, table, session.layout.types)
        self.sql = session.layout.sql(table)
        self.records = _records(session, run, self.app, table, self.scope, done)

    def record_exists(self) -> bool:
        """Whether the record is still there."""
        wanted = sa.select(self.sql.c.id).where(self.sql.c.id == self.run.record_id)
        return self.session.connection.execute(wanted).scalar() is not None

    def holds(self, condition: Condition | None) -> bool:
        """Whether the record satisfies the condition now."""
        if condition is None:
            return True
        wanted = sa.select(self.sql.c.id).where(
            self.sql.c.id == self.run.record_id, condition_sql(condition, self.records)
        )
        return self.session.connection.execute(wanted, moment(self.session)).scalar() is not None

    def target(self, step: Options) -> Table:
        """The table that a step writes to. Raises NotInstalled, NotFound."""
        if "table" not in step:
            return self.table
        where = address(self.app.document, step["table"])
        if where.partition(".")[0] not in self.session.layout.apps:
            raise NotInstalled(_("The app {app} is not installed.", app=where.partition(".")[0]))
        return self.session.layout.table(where)

    def evaluated(self, kind: Action, step: Options) -> Options:
        """The step's options, every expression replaced by its value, all of them asked in one SELECT.

        Raises Refused with the place and reason of every expression that came to an error.
        """
        written = kind.expressions(step)
        options = copy.deepcopy(dict(step))
        if not written:
            return options
        target = self.target(step) if kind.writes else None
        compiled = [self._compiled(one, target) for one in written]
        columns = [sa.type_coerce(one.value, sql_type(one.type)) for one in compiled]
        errors = [sa.null() if one.error is None else one.error for one in compiled]
        wanted = sa.select(*columns, *errors).select_from(self.sql).where(self.sql.c.id == self.run.record_id)
        row = self.session.connection.execute(wanted, moment(self.session)).one()
        values, reasons = row[: len(written)], row[len(written) :]
        problems = [
            Problem(one.at, _("This expression came to an error: {reason}", reason=reason), "formula", one.text)
            for one, reason in zip(written, reasons, strict=True)
            if reason is not None
        ]
        if problems:
            raise Refused(problems)
        for one, value in zip(written, values, strict=True):
            field = target.fields.get(one.field) if target and one.field else None
            _put(options, one.at, value if field is None else self._fitting(field, value))
        return options

    def _compiled(self, written: Written, target: Table | None) -> Compiled:
        if written.gives == "message":
            text = label_in(written.text, self.session.workspace.language)
            return messages.compile(messages.check(text, self.scope), self.records)
        text = str(written.text).removeprefix("=")
        checked = formulas.check(text, self.scope)
        field = target.fields.get(written.field) if target else None
        if field is not None and field.kind.holds == "text" and checked.type.name not in {"text", "blank"}:
            checked = formulas.check(f"CONCATENATE({text})", self.scope)
        return formulas.compile(checked, self.records)

    def _fitting(self, field: Field, value: Any) -> Any:
        """The value in the shape that the field takes: one record for many, the day of an instant."""
        if field.many and isinstance(value, str):
            return [value]
        if field.kind.holds == "date" and isinstance(value, str) and "T" in value:
            zone = ZoneInfo(self.session.workspace.time_zone)
            return datetime.fromisoformat(value).astimezone(zone).date().isoformat()
        return value


class Inside:
    """The verbs of a step that writes into the workspace, in the run's own transaction."""

    def __init__(self, situation: Situation, options: Options, means: Means) -> None:
        self.options = options
        self.table = situation.table.address
        self.record_id = situation.run.record_id
        self._situation = situation
        self._session = situation.session
        self._means = means

    def create_record(self, table: str, values: Mapping[str, Any]) -> str:
        """See `engine.actions.Step`."""
        return records.create(self._session, self._situation.target({"table": table}).address, [values])[0]

    def update_record(self, table: str, record_id: str, values: Mapping[str, Any]) -> bool:
        """See `engine.actions.Step`."""
        where = self._situation.target({"table": table}).address
        return bool(records.update(self._session, where, {record_id: values}))

    def notify(self, user_ids: Sequence[str], message: str, *, link: bool) -> list[str]:
        """See `engine.actions.Step`."""
        about = {"table": self.table, "record_id": self.record_id} if link else {}
        return notifications.tell(
            self._session, user_ids, message, automation=self._situation.automation.address, **about
        )

    def deliver_mail(self, to: Sequence[str], subject: str, text: str) -> list[str]:
        """See `engine.actions.Step`."""
        return outbox.put(self._session, to, subject, text, self._means.settings)

    def post(self, options: Options) -> Posted:
        """Calls are made outside of transactions."""
        raise TypeError("an action that calls somebody outside must say external = True")


def automation_of(session: Session, run: Run) -> Automation | None:
    """The automation as it was when the run was started; None when its app is gone."""
    app = session.layout.apps.get(run.app)
    if app is None:
        return None
    key = run.automation.partition(".")[2]
    if app.revision == run.revision:
        return app.automations.get(key)
    return session.layout.remember(("automations", run.app, run.revision), lambda: _of_revision(session, run)).get(key)


def _of_revision(session: Session, run: Run) -> Mapping[str, Automation]:
    wanted = sa.select(revisions.c.document).where(revisions.c.app == run.app, revisions.c.number == run.revision)
    text = session.connection.execute(wanted).scalar()
    return Apps([(json.loads(text), run.revision)])[run.app].automations if text else {}


def _records(
    session: Session, run: Run, app: App, table: Table, scope: RecordScope, done: Mapping[str, Journalled]
) -> Records:
    """The run's record to expressions, with what was before the change, what steps gave, and the app's settings."""
    sql, clock = session.layout.sql(table), clock_of(session)
    now = Records(session.layout, table, sql, clock)
    more: dict[Path, Compiled] = {}
    for path, held in (scope.more or {}).items():
        if path[0] == "steps":
            value = done[path[1]].result.get(path[2]) if path[1] in done else None
            more[path] = _known(None if value is None else str(value), held)
        elif path[0] == "previous" and path[1] in run.previous:
            more[path] = _known(run.previous[path[1]], held)
        elif path[0] == "previous":
            more[path] = now.field(path[1])
    for key, value in app.settings.items():
        setting = scope.type_of(("settings", key))
        if setting is not None:
            more["settings", key] = _known(value, setting)
    return Records(session.layout, table, sql, clock, more)


def _known(value: Any, held: Type) -> Compiled:
    kind = sql_type(held)
    return Compiled(sa.cast(sa.null(), kind) if value is None else sa.literal(value, kind), None, held)


def _put(tree: Any, pointer: str, value: Any) -> None:
    *path, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    for part in path:
        tree = tree[int(part)] if isinstance(tree, list) else tree[part]
    if isinstance(tree, list):
        tree[int(last)] = value
    else:
        tree[last] = value
