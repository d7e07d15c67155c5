"""Automations that wait for changes, and which records match their conditions.

Whether a record *begins* to match is decided by comparing the records that match now with those that were known to
match (`_matching`); so it makes no difference how a record came to match: by a write, by a computed field, or by
what it is linked to.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

import sqlalchemy as sa

from engine.automations.candidates import candidates
from engine.definitions import conditions
from engine.definitions.documents import address
from engine.definitions.language import Automation, Condition, Table
from engine.definitions.scope import Path
from engine.formulas.reading import Find
from engine.storage import workspace_tables
from engine.storage.automation_tables import automation_states, matching
from engine.storage.conditions import condition_sql
from engine.storage.expressions import ME, NOW, Records, clock_of
from engine.storage.layout import Layout
from engine.storage.record_rows import among
from engine.storage.session import Session, timestamp
from engine.triggers import Trigger, triggers
from engine.written import Ids, union

_known: WeakSet[Layout] = WeakSet()  # layouts whose conditions `_matching` has been filled for


@dataclass(frozen=True)
class Watch:
    """An automation that waits for changes of `table`.

    `paths` lead to what its condition depends on, `finds` are the tables that it looks through without a link.
    """

    automation: Automation
    kind: Trigger
    table: Table
    condition: Condition | None
    paths: tuple[Path, ...]
    finds: tuple[Find, ...]

    @property
    def address(self) -> str:
        return self.automation.address


def watches_of(layout: Layout) -> list[Watch]:
    """All automations of the workspace whose table exists."""
    return layout.remember("watches", lambda: list(_watches(layout)))


def acting_for(session: Session, app: str) -> str | None:
    """The person whom the app's automations act for: who changed it last, or installed it, or an owner."""
    people = workspace_tables.people
    makers = session.layout.remember(("makers", app), lambda: _makers(session, app))
    here = sa.select(people.c.id).where(people.c.role != "", sa.or_(people.c.id.in_(makers), people.c.role == "owner"))
    known = sorted(session.connection.execute(here).scalars())
    return next((user_id for user_id in (*makers, *known) if user_id in known), None)


def _makers(session: Session, app: str) -> list[str]:
    c, revisions = workspace_tables.apps.c, workspace_tables.revisions
    wanted = (
        sa.select(revisions.c.by, c.installed_by)
        .select_from(workspace_tables.apps)
        .outerjoin(revisions, sa.and_(revisions.c.app == c.key, revisions.c.number == c.revision))
        .where(c.key == app)
    )
    return [maker for maker in session.connection.execute(wanted).one_or_none() or () if maker]


def set_state(session: Session, automation: str, values: Mapping[str, Any]) -> None:
    """Write down something about an automation that its definition does not say."""
    change = sa.update(automation_states).where(automation_states.c.automation == automation).values(**values)
    if not session.connection.execute(change).rowcount:
        session.connection.execute(sa.insert(automation_states).values(automation=automation, **values))


def know_conditions(session: Session, watches: list[Watch], quiet: bool) -> None:
    """Fill `_matching` for conditions that are new or changed: records that match already begin nothing."""
    layout = session.layout
    if layout in _known:
        return
    c = automation_states.c
    known = session.connection.execute(sa.select(c.automation, c.matching))
    states = dict(known.all())
    wanted = {watch.address: watch for watch in watches if watch.condition is not None}
    for automation in [one for one, known in states.items() if known is not None and one not in wanted]:
        session.connection.execute(sa.delete(matching).where(matching.c.automation == automation))
        set_state(session, automation, {"matching": None})
    for automation, watch in wanted.items():
        mark = json.dumps([watch.table.address, watch.condition], sort_keys=True)
        if states.get(automation) != mark:
            session.connection.execute(sa.delete(matching).where(matching.c.automation == automation))
            some = set() if quiet else candidates(session, watch.table, watch.paths, watch.finds)
            _fill(session, watch, some or set())  # where all may have changed, nobody knows which began now
            set_state(session, automation, {"matching": mark})
    session.after_commit(lambda: _known.add(layout))


def began(session: Session, watches: Sequence[Watch]) -> list[tuple[Watch, str]]:
    """Which records match which watch's condition since this transaction. What is known is brought up to date."""
    groups: dict[tuple[str, str], list[Watch]] = defaultdict(list)
    for watch in watches:
        if watch.condition is not None:
            groups[watch.table.address, watch.automation.app].append(watch)
    return [one for group in groups.values() for one in _began(session, group)]


def _began(session: Session, group: list[Watch]) -> list[tuple[Watch, str]]:
    """The same for watches of one table and one app, whose conditions are asked all at once."""
    some: Ids = set()
    for watch in group:
        some = union(some, candidates(session, watch.table, watch.paths, watch.finds))
    if some is not None and not some:
        return []
    c = matching.c
    known = sa.select(c.automation, c.record_id).where(c.automation.in_([watch.address for watch in group]))
    asked = _asked(session, group)
    if some is not None:
        known = known.where(among(session, c.record_id, some))
        asked = asked.where(among(session, session.layout.sql(group[0].table).c.id, some))
    before = {(automation, record_id) for automation, record_id in session.connection.execute(known)}
    rows = session.connection.execute(asked, _moment(session, group[0]))
    now = {
        (watch.address, record_id)
        for record_id, *answers in rows
        for watch, holds in zip(group, answers, strict=True)
        if holds
    }
    for watch in group:
        gone = {record_id for automation, record_id in before - now if automation == watch.address}
        if gone:
            left = sa.and_(c.automation == watch.address, among(session, c.record_id, gone))
            session.connection.execute(sa.delete(matching).where(left))
    begun = sorted(now - before)
    if begun:
        new = [{"automation": automation, "record_id": record_id} for automation, record_id in begun]
        session.connection.execute(sa.insert(matching), new)
    by_address = {watch.address: watch for watch in group}
    return [(by_address[automation], record_id) for automation, record_id in begun]


def _asked(session: Session, group: list[Watch]) -> sa.Select[Any]:
    """One SELECT of a record's id and whether it satisfies each condition; made once a day, for what "today" means."""
    clock = clock_of(session)
    key = ("asked", clock, *(watch.address for watch in group))

    def made() -> sa.Select[Any]:
        tests = [_condition(session, watch)[0] for watch in group]
        return sa.select(session.layout.sql(group[0].table).c.id, *tests)

    return session.layout.remember(key, made)


def _watches(layout: Layout) -> Iterator[Watch]:
    for automation in layout.apps.automations.values():
        kind = triggers[automation.trigger["type"]]
        where = address(layout.apps[automation.app].document, automation.trigger["table"])
        table = layout.apps.tables.get(where)
        if table is None:
            continue
        condition = kind.condition(automation.trigger)
        paths, finds = layout.types.read_by_condition(condition, where) if condition is not None else ([], [])
        yield Watch(automation, kind, table, condition, tuple(paths), tuple(finds))


def _fill(session: Session, watch: Watch, but: set[str]) -> None:
    holds, sql = _condition(session, watch)
    wanted = sa.select(sa.literal(watch.address), sql.c.id).where(holds)
    if but:
        wanted = wanted.where(sa.not_(among(session, sql.c.id, but)))
    wanted = wanted.params(**_moment(session, watch))  # an INSERT would take parameters for columns
    session.connection.execute(sa.insert(matching).from_select(["automation", "record_id"], wanted))


def _condition(session: Session, watch: Watch) -> tuple[sa.ColumnElement[bool], sa.Table]:
    sql = session.layout.sql(watch.table)
    return condition_sql(
        watch.condition or {"all": []}, Records(session.layout, watch.table, sql, clock_of(session))
    ), sql


def _moment(session: Session, watch: Watch) -> dict[str, Any]:
    me = acting_for(session, watch.automation.app) if _asks_who(session.layout, watch) else None
    return {NOW.key: timestamp(session.now), ME.key: me}


def _asks_who(layout: Layout, watch: Watch) -> bool:
    """Whether a condition of the watch's app and table may be about the person who acts."""
    app, table = watch.automation.app, watch.table
    scope = layout.types.scope(table.address)

    def found() -> bool:
        same = [one for one in watches_of(layout) if (one.automation.app, one.table.address) == (app, table.address)]
        return any(conditions.uses_clock(one.condition, scope) for one in same if one.condition is not None)

    return layout.remember(("asks who", app, table.address), found)
