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

from engine.definitions import conditions
from engine.definitions.any_links import opened
from engine.definitions.language import Automation, Condition, Table, address
from engine.storage import workspace_tables
from engine.storage.automation_tables import automation_states, matching
from engine.storage.conditions import condition_sql
from engine.storage.expressions import ME, NOW, Records, clock_of
from engine.storage.layout import Layout
from engine.storage.record_rows import among
from engine.storage.session import Session, timestamp
from engine.triggers import Trigger, triggers

Path = tuple[str, ...]
_known: WeakSet[Layout] = WeakSet()  # layouts whose conditions `_matching` has been filled for


@dataclass(frozen=True)
class Watch:
    """An automation that waits for changes of `table`; `paths` lead to what its condition depends on."""

    automation: Automation
    kind: Trigger
    table: Table
    condition: Condition | None
    paths: frozenset[Path]

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
            _fill(session, watch, set() if quiet else _candidates(session, watch))
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
    candidates = {record_id for watch in group for record_id in _candidates(session, watch)}
    if not candidates:
        return []
    c = matching.c
    known = sa.select(c.automation, c.record_id).where(
        c.automation.in_([watch.address for watch in group]), among(session, c.record_id, candidates)
    )
    before = {(automation, record_id) for automation, record_id in session.connection.execute(known)}
    asked = _asked(session, group)
    rows = session.connection.execute(
        asked.where(among(session, session.layout.sql(group[0].table).c.id, candidates)), _moment(session, group[0])
    )
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
        paths = conditions.paths(condition, layout.types.scope(where)) if condition is not None else ()
        ways = frozenset(way for path in paths for way in opened(layout.types, table, path))
        yield Watch(automation, kind, table, condition, ways)


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


def _candidates(session: Session, watch: Watch) -> set[str]:
    """The records whose condition may have another answer than before this transaction."""
    found = _touched(session, watch.table.address)
    for path in watch.paths:
        here = watch.table
        links: list[str] = []
        for part in path:
            field, behind = session.layout.apps.step(here, part)
            if field is None or behind is None:
                break
            forward = (behind.address, field.inverse_of) if field.inverse_of else None
            found |= _seeing(session, watch.table, links, _relinked(session, *forward) if forward else set())
            links.append(part)
            here = behind
            found |= _seeing(session, watch.table, links, _touched(session, here.address))
    return found


def _touched(session: Session, table: str) -> set[str]:
    changed = {change.record_id for change in session.changes if change.table == table}
    return changed | session.touched.get(table, set())


def _relinked(session: Session, table: str, key: str) -> set[str]:
    """The records that a link of `table` leads to, or led to before this transaction."""
    found: set[str] = set()
    for change in session.changes:
        if change.table == table:
            for value in (change.before.get(key), change.after.get(key)):
                found.update([value] if isinstance(value, str) else value or ())
    return found


def _seeing(session: Session, table: Table, links: list[str], ids: set[str]) -> set[str]:
    """The records of `table` from which `links` lead to one of `ids`."""
    if not ids or not links:
        return ids
    sql = session.layout.sql(table)
    wanted = sa.select(sql.c.id).where(
        _leads(session, Records(session.layout, table, sql, clock_of(session)), links, ids)
    )
    return set(session.connection.execute(wanted).scalars())


def _leads(session: Session, records: Records, links: list[str], ids: set[str]) -> sa.ColumnElement[bool]:
    if not links:
        return among(session, records.field("id").value, ids)
    link, behind = session.layout.apps.step(records.table, links[0])
    if link is None:
        raise TypeError(f"{links[0]} is no link of {records.table.address}")
    inner, holds, _order = records.linked(link, behind)
    further = _leads(session, inner, links[1:], ids)
    return sa.exists(sa.select(inner.field("id").value).where(holds, further).correlate(records.source))
