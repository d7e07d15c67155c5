"""One step of a run: its condition, its expressions as one SELECT, and the verbs that its action may use."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine import formulas, notifications, outbox, people, records
from engine.access.principals import Principal, on_behalf
from engine.access.scopes import Scope
from engine.actions import Options, Posted, Written, actions
from engine.automations.runs import Journalled, Run
from engine.definitions.apps import Apps
from engine.definitions.check_automations import scope_of
from engine.definitions.documents import address
from engine.definitions.language import App, Automation, Condition, Field, Table
from engine.definitions.scope import Path, RecordScope
from engine.egress import Egress
from engine.errors import Forbidden, FormworkError, Problem
from engine.formulas import Compiled, messages
from engine.settings import Settings
from engine.storage.conditions import condition_sql
from engine.storage.expressions import Records, clock_of, moment
from engine.storage.layout import sql_type
from engine.storage.session import Session
from engine.storage.workspace_tables import revisions
from engine.text import Text, _, label_in
from engine.vault import Vault

STEP_RESULTS = ("id", "status")  # what expressions may name of an earlier step
RECORD = sa.bindparam("the_record", type_=sa.Text)


@dataclass(frozen=True)
class Means:
    """What runs work with besides the workspace: settings, the way out, and the key to stored secrets.

    `say` says our own sentences in a language, for mails that the engine itself writes.
    """

    settings: Settings
    egress: Egress
    vault: Vault
    say: Callable[[Text, str], str] = lambda text, _language: str(text)


class NotInstalled(FormworkError):
    """The step is about a table of an app that is not installed; the run goes on without it."""

    status = 409
    code = "not_installed"


@dataclass(frozen=True)
class Look:
    """What the record says about a step: whether the automation's conditions and the step's own hold, and its options.

    `problems` tells of expressions that came to an error; `missing` why the step has no table to write to.
    """

    conditions_hold: bool
    is_wanted: bool
    options: Options
    problems: list[Problem]
    missing: str | None


@dataclass(frozen=True)
class _Asking:
    """All questions of one step as one SELECT, kept as long as the definitions are; values go to `written`."""

    statement: sa.Select[Any]
    written: list[Written]
    fields: list[Field | None]
    missing: str | None


class Situation:
    """A run with the definition it was started by and the record it is about, inside one transaction."""

    def __init__(
        self, session: Session, run: Run, automation: Automation, table: Table, done: Mapping[str, Journalled]
    ):
        """Raises `Forbidden` and `NotFound` where it acts with somebody's rights and they have none."""
        self.session = session
        self.asker = _asker(session, run, automation)
        self.run = run
        self.automation = automation
        self.table = table if self.asker is session else self.asker.layout.table(table.address)
        self.app: App = session.layout.apps[automation.app]
        self.done = done

    def look(self, key: str) -> Look | None:
        """Ask the record everything about the step; None when the record is gone."""
        session, layout = self.session, self.asker.layout
        place = ("asking", self.automation.address, self.run.revision, key, clock_of(session))
        asking = layout.remember(place, lambda: self._asking(key))
        row = session.connection.execute(asking.statement, self._parameters()).one_or_none()
        if row is None:
            return None
        count = len(asking.written)
        values, reasons = row[2 : 2 + count], row[2 + count :]
        problems = [
            Problem(one.at, _("An expression came to an error: {reason}", reason=reason), "formula", one.text)
            for one, reason in zip(asking.written, reasons, strict=True)
            if reason is not None
        ]
        options = copy.deepcopy(dict(self.automation.steps[key]))
        for one, field, value in zip(asking.written, asking.fields, values, strict=True):
            _put(options, one.at, value if field is None else self._fitting(field, value))
        return Look(bool(row[0]), bool(row[1]), options, problems, asking.missing)

    def target(self, step: Options) -> Table:
        """The table that a step writes to. Raises NotInstalled, NotFound."""
        if "table" not in step:
            return self.table
        where = address(self.app.document, step["table"])
        if where.partition(".")[0] not in self.session.layout.apps:
            raise NotInstalled(_("The app {app} is not installed.", app=where.partition(".")[0]))
        return self.asker.layout.table(where)

    def _asking(self, key: str) -> _Asking:
        step = self.automation.steps[key]
        kind = actions[step["action"]]
        layout = self.asker.layout
        rows = layout.rows(self.table)
        scope = scope_of(self.automation, self.table, layout.types)
        records = _records(self.asker, self.app, self.table, rows, scope)
        target: Table | None = None
        missing: str | None = None
        try:
            target = self.target(step) if kind.writes else None
        except NotInstalled as error:
            missing = error.says
        written = [] if missing else kind.expressions(step)
        fields = [target.fields.get(one.field) if target and one.field else None for one in written]
        compiled = [self._compiled(one, field, scope, records) for one, field in zip(written, fields, strict=True)]
        columns: list[sa.ColumnElement[Any]] = [
            *(_test(condition, records) for condition in (self.automation.conditions, step.get("if"))),
            *(sa.type_coerce(one.value, sql_type(one.type)) for one in compiled),
            *(sa.null() if one.error is None else one.error for one in compiled),
        ]
        return _Asking(sa.select(*columns).select_from(rows).where(rows.c.id == RECORD), written, fields, missing)

    def _compiled(self, written: Written, field: Field | None, scope: RecordScope, records: Records) -> Compiled:
        if written.gives == "message":
            text = label_in(written.text, self.session.workspace.language)
            return messages.compile(messages.check(text, scope), records)
        text = str(written.text).removeprefix("=")
        checked = formulas.check(text, scope)
        if field is not None and field.kind.holds == "text" and checked.type.name not in {"text", "blank"}:
            checked = formulas.check(f"CONCATENATE({text})", scope)
        return formulas.compile(checked, records)

    def _parameters(self) -> dict[str, Any]:
        """The values that differ from run to run, for every statement of the automation."""
        facts: dict[str, Any] = {**moment(self.asker), RECORD.key: self.run.record_id}
        for key, journalled in self.done.items():
            facts |= {_step_name(key, name): str(value) for name, value in journalled.result.items()}
        for key in self.automation.steps:
            for name in STEP_RESULTS:
                facts.setdefault(_step_name(key, name), None)
        for key, field in self.table.fields.items():
            facts[f"had__{key}"] = key in self.run.previous
            facts[f"previous__{key}"] = _as_expressions_see(field, self.run.previous.get(key))
        return facts

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
        self._asker = situation.asker
        self._means = means

    def create_record(self, table: str, values: Mapping[str, Any]) -> str:
        """See `engine.actions.Step`."""
        return records.create(self._asker, self._situation.target({"table": table}).address, [values])[0]

    def update_record(self, table: str, record_id: str, values: Mapping[str, Any]) -> bool:
        """See `engine.actions.Step`."""
        where = self._situation.target({"table": table}).address
        return bool(records.update(self._asker, where, {record_id: values}))

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


def _asker(session: Session, run: Run, automation: Automation) -> Session:
    """In whose name the steps ask and write: the app's, or that of the person behind the run, as they are now."""
    if automation.acts_as == "app":
        return session
    cause = run.caused_by or {}
    role = people.role_of(session, str(cause.get("user")))
    if not role:
        raise Forbidden(_("It acts with the rights of who caused it, and that is nobody of this workspace."))
    scope = Scope(cause["writes"], tuple(cause["within"]))
    return session.in_guise(
        on_behalf(automation.address, Principal("person", cause["user"], cause["user"], role, scope))
    )


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


def _test(condition: Condition | None, records: Records) -> sa.ColumnElement[bool]:
    return sa.true() if condition is None else condition_sql(condition, records)


def _records(session: Session, app: App, table: Table, rows: sa.FromClause, scope: RecordScope) -> Records:
    """The run's record to expressions, with what was before the change, what steps gave, and the app's settings."""
    clock = clock_of(session)
    now = Records(session.layout, table, rows, clock)
    more: dict[Path, Compiled] = {}
    for path, held in (scope.more or {}).items():
        kind = sql_type(held)
        if path[0] == "steps":
            more[path] = Compiled(sa.bindparam(_step_name(path[1], path[2]), type_=kind), None, held)
        elif path[0] == "previous":
            before = sa.bindparam(f"previous__{path[1]}", type_=kind)
            changed = sa.bindparam(f"had__{path[1]}", type_=sa.Boolean)
            more[path] = Compiled(sa.case((changed, before), else_=now.value(path[1:]).value), None, held)
    for key, value in app.settings.items():
        setting = scope.type_of(("settings", key))
        if setting is not None:
            kind = sql_type(setting)
            more["settings", key] = Compiled(
                sa.cast(sa.null(), kind) if value is None else sa.literal(value, kind), None, setting
            )
    return Records(session.layout, table, rows, clock, more)


def _as_expressions_see(field: Field, value: Any) -> Any:
    """JSON is a text to expressions."""
    return value if value is None or field.kind.holds != "json" else field.kind.display(value, field.options, "en")


def _step_name(key: str, name: str) -> str:
    return f"steps__{key}__{name}"


def _put(tree: Any, pointer: str, value: Any) -> None:
    *path, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    for part in path:
        tree = tree[int(part)] if isinstance(tree, list) else tree[part]
    if isinstance(tree, list):
        tree[int(last)] = value
    else:
        tree[last] = value
