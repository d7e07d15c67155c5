"""Links that may lead only to some records: those that satisfy `where`, also by what the record itself holds.

Held after every write, in one SELECT per link; pickers offer the same records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from engine import queries
from engine.definitions import conditions
from engine.definitions.language import Field, Table
from engine.definitions.scope import Path
from engine.errors import NotFound, Problem, Refused
from engine.formulas import Compiled
from engine.storage.conditions import condition_sql
from engine.storage.expressions import Records, clock_of, moment
from engine.storage.layout import Layout
from engine.storage.record_rows import among
from engine.storage.session import Session
from engine.text import _
from engine.values import accept
from engine.written import Written

MAX_CHOICES = 20


def after_write(session: Session, written: Written, table: Table, ids: Sequence[str]) -> None:
    """Ask every limited link that may be wrong now, of the records `ids`. Raises `Refused` at `/<number>/<link>`."""
    changed = {key for address, key in written.fields if address == table.address}
    problems: list[Problem] = []
    for field in table.fields.values():
        if "where" not in field.options or field.is_side or not field.is_link:
            continue
        if field.key in changed or set(depends_on(session.layout, field)) & changed:
            problems += _problems(session, table, field, ids)
    if problems:
        raise Refused(problems)


def depends_on(layout: Layout, field: Field) -> list[str]:
    """The fields of the record itself that decide where its link may lead."""
    if "where" not in field.options or not field.is_link:
        return []
    return layout.remember(("limits", field.table, field.key), lambda: _own_keys(layout, field))


def choices(
    session: Session, table: str, key: str, given: Mapping[str, Any], text: str = "", limit: int = MAX_CHOICES
) -> list[tuple[str, str]]:
    """What a link may lead to whose record holds `given` (as typed): (id, title) of records with `text` in it."""
    of = session.layout.table(table)
    field = of.fields.get(key)
    if field is None or not field.is_link:
        raise NotFound(_("There is no field {field} here.", field=key))
    return queries.find_titles(session, field.target or "", text, limit, offered=offered(session, of, field, given))


def offered(
    session: Session, table: Table, field: Field, given: Mapping[str, Any]
) -> Callable[[Records], ColumnElement[bool]] | None:
    """Which records of its table a link may lead to, as a condition on them; None: all."""
    if "where" not in field.options:
        return None
    layout = session.whole  # what a link may lead to is the app's rule, which may name what the asker does not see
    keys = depends_on(layout, field)
    accepted, _problems = accept(session, table, [{name: given.get(name) for name in keys}], "text")
    fields = layout.table(table.address).fields
    own: dict[Path, Compiled] = {
        ("record", name): Compiled(
            sa.literal(accepted[0].get(name), layout.column_type(fields[name])),
            None,
            layout.types.of(fields[name]),
        )
        for name in keys
    }

    def fits(records: Records) -> ColumnElement[bool]:
        if records.layout is layout:
            return _holds(field, records, own)
        target = layout.table(records.table.address)
        every = Records(layout, target, layout.source(target), records.clock)
        fitting = sa.select(every.rows.c.id).where(_holds(field, every, own))
        return records.field("id").value.in_(fitting)

    return fits


def _own_keys(layout: Layout, field: Field) -> list[str]:
    scope = layout.types.scope(field.target or "", layout.types.of_record(field.table))
    return sorted({path[1] for path in conditions.paths(field.options["where"], scope) if path[0] == "record"})


def _problems(session: Session, table: Table, field: Field, ids: Sequence[str]) -> list[Problem]:
    sql = session.layout.sql(table)
    records = Records(session.layout, table, sql, clock_of(session))
    linked, leads, _order = records.linked(field)
    own: dict[Path, Compiled] = {("record", name): records.field(name) for name in depends_on(session.layout, field)}
    holds = sa.func.coalesce(_holds(field, linked, own), sa.false())
    wrong = sa.exists(sa.select(1).where(leads, sa.not_(holds)).correlate(sql))
    found = session.connection.execute(
        sa.select(sql.c.id).where(among(session, sql.c.id, ids), wrong), moment(session)
    ).scalars()
    numbers = {record_id: number for number, record_id in enumerate(ids)}
    says = _("{field} may not lead there: what is chosen does not fit.", field=field.label)
    return [Problem(f"/{numbers[one]}/{field.key}", says, "not_offered") for one in sorted(found, key=numbers.get)]  # type: ignore[arg-type]


def _holds(field: Field, records: Records, own: Mapping[Path, Compiled]) -> ColumnElement[bool]:
    given = Records(records.layout, records.table, records.source, records.clock, own)
    return condition_sql(field.options["where"], given)
