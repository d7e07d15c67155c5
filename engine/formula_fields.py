"""Formulas while they are written: what is wrong where, what they give for some records; then saving them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine import apps, formulas
from engine.access import door
from engine.definitions.language import RESERVED_KEYS, Field, Table
from engine.definitions.scope import Path
from engine.definitions.types import Cycle, Key, Unknown
from engine.errors import NotFound, Problem, Refused
from engine.formulas import Formula, FormulaError, Mistake, Type, with_keys
from engine.formulas.reading import Find
from engine.importers import key_for
from engine.queries import titles
from engine.storage.expressions import Records, clock_of, moment
from engine.storage.layout import Layout
from engine.storage.session import Session
from engine.text import _

EXAMPLES = 4  # records that a formula is tried with


@dataclass(frozen=True)
class Example:
    """What a formula gives for one record: its text, or the reason of an error."""

    record_id: str
    title: str
    shown: str
    error: str | None


@dataclass(frozen=True)
class Tried:
    """A formula that somebody is writing. `mistakes` have their places in what was typed; without any, `type` says
    what it gives and `examples` how that comes out for the newest records.
    """

    typed: str
    mistakes: Sequence[Mistake] = ()
    type: Type | None = None
    examples: Sequence[Example] = ()


def formula_fields(layout: Layout, table: Table) -> list[Field]:
    """The fields of a table that say a formula."""
    return [one for one in table.declared if "formula" in one.kind.options]


def try_out(session: Session, address: str, typed: str, key: str = "") -> Tried:
    """Check what was typed for the formula field `key` (a new one if it is empty), and work it out for some records."""
    table = session.layout.table(address)
    door.enter(session.principal, "read", table)
    try:
        formula = formulas.check(typed, session.layout.types.scope(address))
        way = _way_back(session.layout, table, formula, key)
    except FormulaError as error:
        return Tried(typed, error.mistakes)
    except (Cycle, Unknown):
        says = _("A field that it names cannot be worked out. Mend that field first.")
        return Tried(typed, [Mistake(says, 0, len(typed))])
    if way:
        says = _("It depends on itself: {way}.", way=" → ".join(".".join(one) for one in way))
        return Tried(typed, [Mistake(says, 0, len(typed))])
    return Tried(typed, type=formula.type, examples=_examples(session, table, typed))


def save(session: Session, address: str, key: str, label: str, typed: str) -> str:
    """Set the formula of a field, or of a new one called `label` if `key` is empty; the field's key.

    The fields that it names by label are kept by key. Raises `Refused` with each problem (at `/formula` or
    `/label`), `Forbidden` for who may not build.
    """
    table = session.layout.table(address)
    tried = try_out(session, address, typed, key)
    problems = [Problem("/formula", one.says, "formula", typed) for one in tried.mistakes]
    if not key and not label.strip():
        problems.append(Problem("/label", _("Give the field a name."), "required"))
    if problems:
        raise Refused(problems)
    document = apps.export(session, table.app)
    fields = document["tables"][table.key]["fields"]
    if key and key not in fields:
        raise NotFound(_("There is no field {field} here.", field=key))
    stored = stored_text(session.layout, table, typed)
    named = key or key_for(label, set(table.fields), RESERVED_KEYS, "formula_1", prefix="field_")
    changed = (
        {**fields[key], "formula": stored} if key else {"type": "formula", "label": label.strip(), "formula": stored}
    )
    tables = {**document["tables"], table.key: {**document["tables"][table.key], "fields": {**fields, named: changed}}}
    apps.apply(session, {**document, "tables": tables})
    return named


def stored_text(layout: Layout, table: Table, typed: str) -> str:
    """The formula with keys where fields are named by label, so that another label breaks nothing."""
    scope = layout.types.scope(table.address)

    def key_of(name: str) -> str | None:
        for path in ((name,), tuple(part.strip() for part in name.split("."))):
            found = scope.resolve(path)
            if found is not None:
                return scope.written(found)
        return None

    return with_keys(typed, key_of)


def _way_back(layout: Layout, table: Table, formula: Formula, key: str) -> list[Key]:
    """How the formula leads back to the field that it is for; empty if it does not."""
    if not key:
        return []
    goal = (table.address, key)
    ways: list[list[Key]] = [
        [goal, one] for one in _keys_read(layout, *layout.types.read_by(formula, table.address), table)
    ]
    seen: set[Key] = set()
    while ways:
        way = ways.pop()
        if way[-1] == goal:
            return way
        field = layout.table(way[-1][0]).fields.get(way[-1][1])
        if way[-1] in seen or field is None or not field.kind.computed:
            continue
        seen.add(way[-1])
        inputs, finds = layout.types.inputs(field), layout.types.finds(field)
        ways += [[*way, one] for one in _keys_read(layout, inputs, finds, layout.table(field.table))]
    return []


def _keys_read(layout: Layout, inputs: Iterable[Path], finds: Iterable[Find], table: Table) -> list[Key]:
    paths = [(table, path) for path in inputs]
    paths += [(layout.table(find.table), path) for find in finds for path in find.paths]
    return [one for start, path in paths for one in _keys_along(layout, start, path)]


def _keys_along(layout: Layout, table: Table, path: Path) -> list[Key]:
    found: list[Key] = []
    here: Table | None = table
    for part in path:
        field, behind = layout.apps.step(here, part)
        if field is None:
            break
        found.append((field.table, field.key))
        here = behind
    return found


def _examples(session: Session, table: Table, typed: str) -> list[Example]:
    layout, sql = session.layout, session.layout.rows(table)
    records = Records(layout, table, sql, clock_of(session))
    try:
        # On a line of its own, so that a comment at the end hides nothing.
        shown = formulas.compile(formulas.check(f'({typed}\n) & ""', layout.types.scope(table.address)), records)
    except FormulaError:
        return []  # it is as long as a formula may be
    columns: list[Any] = [sql.c.id, shown.value, sa.null() if shown.error is None else shown.error]
    wanted = sa.select(*columns).order_by(sql.c.id.desc()).limit(EXAMPLES)
    rows = session.connection.execute(wanted, moment(session)).all()
    names = titles(session, table.address, [row[0] for row in rows])
    return [Example(row[0], names.get(row[0]) or row[0], str(row[1] or "")[:200], row[2]) for row in rows]
