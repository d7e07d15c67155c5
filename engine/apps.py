"""Apps of a workspace: check, plan and apply their definitions; keep, compare and restore revisions."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from engine import access_tests, applying, audit, conversions
from engine.access import door
from engine.definitions import plan as planning
from engine.definitions.alteration import Alteration
from engine.definitions.apps import Apps
from engine.definitions.check import check as check_document
from engine.definitions.language import App, Document
from engine.definitions.plan import (
    ConvertField,
    RemoveApp,
    RemoveField,
    RemoveTable,
)
from engine.errors import Conflict, NotFound, Problem, Refused
from engine.rules import planned as rules_planned
from engine.storage import alterations, former_names, trash_rows, workspace_tables
from engine.storage.layout import Layout
from engine.storage.session import Session
from engine.storage.time_limits import JOB, WHOLE_TABLES
from engine.text import _

_apps = workspace_tables.apps
_revisions = workspace_tables.revisions
_layout = workspace_tables.layout


@dataclass(frozen=True)
class Plan:
    """What a new definition would do, and what is wrong with it (warnings do not stop it).

    `broken` are the expectations of access tests that would not hold: they stop it, unless somebody says otherwise.
    """

    alterations: list[Alteration]
    problems: list[Problem]
    broken: list[Problem] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        return any(problem.is_error for problem in self.problems)

    @property
    def lost(self) -> int:
        """How many values or records it takes away."""
        return sum(one.lost for one in self.alterations)


@dataclass(frozen=True)
class Revision:
    """One kept state of an app's definition; `summary` says what it changed."""

    app: str
    number: int
    at: str
    by: str | None
    summary: list[str]


def installed(session: Session) -> list[App]:
    """The apps of the workspace, in their order."""
    return list(session.layout.apps.values())


def get(session: Session, key: str) -> App:
    """One app. Raises `NotFound`."""
    if key not in session.layout.apps:
        raise NotFound(_("The app {app} is not installed.", app=key))
    return session.layout.apps[key]


def installed_at(session: Session, key: str) -> str:
    """When the app was installed. Raises `NotFound`."""
    get(session, key)
    return str(session.connection.execute(sa.select(_apps.c.installed_at).where(_apps.c.key == key)).scalar_one())


def check(session: Session, document: Any) -> list[Problem]:
    """Every problem of a definition in this workspace. Raises `Forbidden` for those whom roles limit."""
    door.enter_definition(session)
    return check_document(document, [app.document for app in installed(session)])


def plan(session: Session, document: Any, *, tested: bool = True) -> Plan:
    """What applying `document` would do, in words, with what it would take away counted in the real records.

    Its access tests, and those of apps bound to its tables, are tried unless nothing that they ask of changes; not at
    all without `tested`.
    """
    problems = check(session, document)
    if any(problem.is_error for problem in problems):
        return Plan([], problems)
    if not session.writing:
        session.take_time(JOB)  # whole tables are counted
    before = session.layout.apps.get(document["key"])
    listed = planning.plan(before.document if before else None, document)
    after = _layout_with(session, document)
    problems += _dependants(session, document["key"], after)
    problems += rules_planned.problems(session, document["key"], after)
    refused = any(problem.is_error for problem in problems)
    broken = access_tests.broken(session, document, after) if tested and not refused else []
    return Plan([_counted(session, one, after) for one in listed], problems, broken)


def apply(
    session: Session,
    document: Document,
    *,
    revision: int | None = None,
    tested: bool = True,
    despite_tests: bool = False,
) -> Plan:
    """Carry a definition out: install the app, or change it. The whole of it, or nothing.

    `revision` is the revision that the change was made from; raises `Conflict` when somebody changed the app
    since. Raises `Refused` with every problem, also with those of access tests unless `despite_tests`, and `Forbidden`
    for who may not build.
    """
    door.enter_builder(session.principal)
    lock(session)
    key = document.get("key") if isinstance(document, dict) else None
    before = session.layout.apps.get(key) if isinstance(key, str) else None
    if revision is not None and (before.revision if before else 0) != revision:
        raise Conflict(_("Somebody changed this app meanwhile. Look at their change, then try again."))
    planned = plan(session, document, tested=tested)
    if planned.refused:
        raise Refused([problem for problem in planned.problems if problem.is_error])
    if planned.broken and not despite_tests:
        raise Refused(planned.broken)
    if before is not None and before.document == document and not planned.alterations:  # == knows no order
        return planned
    applying.carry_out(session, document, planned.alterations, _layout_with(session, document))
    if planned.broken:
        says = _("changed the app {app} although its access tests fail", app=document.get("label", key))
        audit.note(session, "app.despite_tests", says, app=key, broken=[str(one.says) for one in planned.broken])
    return planned


def remove(session: Session, key: str) -> Plan:
    """Take an app out of the workspace; its records stay in the database, out of sight, until it is installed again.

    Raises `Refused` when other apps link to it, `NotFound`.
    """
    door.enter_builder(session.principal)
    lock(session)
    app = get(session, key)
    after = _layout_without(session, key)
    problems = _dependants(session, key, after)
    if problems:
        raise Refused(problems)
    lost = sum(alterations.count_records(session, table) for table in app.tables.values())
    gone = RemoveApp(key, lost=lost, label=app.label)
    trash_rows.put_part(session, "app", key, app.label, revision=app.revision, count=lost)
    session.connection.execute(sa.delete(_apps).where(_apps.c.key == key))
    applying.keep_revision(session, app.document, app.revision + 1, [str(gone.says)])
    audit.note(session, "app.removed", _("took the app {app} out", app=app.label), app=key, records=lost)
    applying.publish(session, after)
    return Plan([gone], [])


def export(session: Session, key: str) -> Document:
    """The app's document. Raises `NotFound`, `Forbidden` for those whom its roles limit."""
    get(session, key)
    door.enter_definition(session, key)
    return session.whole.apps[key].document


def revisions(session: Session, key: str) -> list[Revision]:
    """The revisions of an app, newest first."""
    door.enter_definition(session, key)
    c = _revisions.c
    wanted = sa.select(c.app, c.number, c.at, c.by, c.summary).where(c.app == key).order_by(c.number.desc())
    found = [Revision(*row[:4], json.loads(row[4])) for row in session.connection.execute(wanted)]
    if not found:
        raise NotFound(_("The app {app} is not installed.", app=key))
    return found


def document_of(session: Session, key: str, number: int) -> Document:
    """The document of one revision. Raises `NotFound`."""
    door.enter_definition(session, key)
    wanted = sa.select(_revisions.c.document).where(_revisions.c.app == key, _revisions.c.number == number)
    text = session.connection.execute(wanted).scalar()
    if text is None:
        raise NotFound(_("There is no revision {number} of {app}.", number=number, app=key))
    document: Document = json.loads(text)
    return document


def compare(session: Session, key: str, older: int, newer: int) -> list[Alteration]:
    """What changed from one revision to another."""
    return planning.plan(document_of(session, key, older), document_of(session, key, newer))


def restore(session: Session, key: str, number: int, *, despite_tests: bool = False) -> Plan:
    """Make an earlier revision the newest: undoing is one more change. Fields that it names come back with values."""
    return apply(session, document_of(session, key, number), despite_tests=despite_tests)


def _layout_with(session: Session, document: Document) -> Layout:
    layout = session.layout
    pairs = [(app.document, app.revision) for app in layout.apps.values() if app.key != document["key"]]
    keys = list(layout.apps)
    at = keys.index(document["key"]) if document["key"] in keys else len(pairs)
    before = layout.apps.get(document["key"])
    # One that was taken out and comes again goes on counting.
    newest = before.revision if before else applying.newest_revision(session, document["key"])
    pairs.insert(at, (document, newest + 1))
    former = former_names.after(layout.apps, Apps(pairs))
    return Layout(Apps(pairs, former), layout.version + 1, layout.calendar)


def _layout_without(session: Session, key: str) -> Layout:
    layout = session.layout
    pairs = [(app.document, app.revision) for app in layout.apps.values() if app.key != key]
    return Layout(Apps(pairs, layout.apps.former), layout.version + 1, layout.calendar)


def lock(session: Session) -> None:
    """Wait until nobody writes, and keep others from writing, until the transaction ends: the tables will change.

    That takes as long as it takes.
    """
    session.take_time(WHOLE_TABLES)
    if session.dialect == "postgresql":
        # Waits for every writer that began with the tables as they were.
        session.connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(current_schema()))"))


def _dependants(session: Session, key: str, after: Layout) -> list[Problem]:
    """What other installed apps would miss."""
    problems = []
    documents = [app.document for app in after.apps.values()]
    tied = _tied([*documents, *(app.document for app in session.layout.apps.values())], key)
    for app in after.apps.values():
        if app.key == key or app.key not in tied:
            continue
        others = [one for one in documents if one["key"] != app.key]
        for problem in check_document(app.document, others):
            if problem.is_error:
                says = _("The app {app} would break: {problem}", app=app.label, problem=problem.says)
                problems.append(Problem(problem.at, says, "dependant"))
    return problems


def _tied(documents: Sequence[Document], key: str) -> set[str]:
    """The apps that this one may matter to: one names the other (`crm.`), or both are tied to a third."""
    named: dict[str, set[str]] = {}
    for document in documents:
        names = re.findall(r"\b([a-z][a-z0-9_]*)\.", json.dumps(document))
        named.setdefault(document["key"], set()).update(names)
    tied: set[str] = set()
    waiting = [key]
    while waiting:
        one = waiting.pop()
        tied.add(one)
        waiting += [
            other for other in named.keys() - tied - set(waiting) if other in named.get(one, ()) or one in named[other]
        ]
    return tied


def _counted(session: Session, alteration: Alteration, after: Layout) -> Alteration:
    apps = session.layout.apps
    match alteration:
        case RemoveTable():
            table = apps.tables[f"{alteration.app}.{alteration.table}"]
            return alteration.counted(alterations.count_records(session, table))
        case RemoveField():
            field = apps.tables[f"{alteration.app}.{alteration.table}"].fields[alteration.field]
            return alteration.counted(alterations.count_values(session, field))
        case ConvertField():
            return conversions.told(session, alteration, after)
        case _:
            return alteration
