"""From a name in a file to what it names: a record, a choice, a person, a department."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine import departments, people
from engine.access import door
from engine.definitions.language import Field, Table
from engine.field_types import split_list
from engine.field_types.select import COLORS
from engine.importers import key_for
from engine.storage.expressions import Records, clock_of, moment
from engine.storage.record_rows import MOST_VALUES, among_values
from engine.storage.session import Session
from engine.text import Text, _

MAX_SUGGESTED_FROM = 20_000  # names among which a similar one is looked for


class Names:
    """Things by name. An exact name counts first, then one that differs in capitals or outer spaces only."""

    def __init__(self, named: Iterable[tuple[str, str]]) -> None:
        """`named`: (name, id)."""
        self._ids: dict[str, dict[str, list[str]]] = {}
        for name, one in named:
            self.add(name, one)

    def add(self, name: str, one: str) -> None:
        """One more."""
        self._ids.setdefault(folded(name), {}).setdefault(name.strip(), []).append(one)

    def find(self, name: str) -> list[str]:
        """The ids of all that the name may mean: none, one, or several."""
        spelled = self._ids.get(folded(name), {})
        return spelled.get(name.strip()) or list(dict.fromkeys(one for ids in spelled.values() for one in ids))

    def similar(self, name: str) -> str | None:
        """The one name that is most like `name`, if any is: what somebody may have meant."""
        if len(self._ids) > MAX_SUGGESTED_FROM:
            return None
        bare = {_bare(other): other for other in self._ids}
        near = difflib.get_close_matches(_bare(folded(name)), bare, 1, 0.8)
        return next(iter(self._ids[bare[near[0]]])) if near else None


def folded(name: str) -> str:
    """A name without what two spellings of the same may differ in."""
    return name.strip().casefold()


def records_by_name(session: Session, tables: Iterable[str], by: str = "") -> Names:
    """The records of tables (by address; one that is not there has none) by what they are called, or by the field `by`.

    The door is asked.
    """
    names = Names(())
    for table in [session.layout.apps.tables[address] for address in tables if address in session.layout.apps.tables]:
        door.enter(session.principal, "read", table)
        sql = session.layout.rows(table)
        title = Records(session.layout, table, sql, clock_of(session)).field(by or table.title).value
        found = session.connection.execute(sa.select(sa.cast(title, sa.Text), sql.c.id), moment(session))
        for name, record_id in found:
            if name:
                names.add(name, record_id)
    return names


def people_by_name(session: Session) -> Names:
    """The people of the workspace by name and by e-mail address."""
    everybody = people.everybody(session)
    return Names([(name, one.id) for one in everybody for name in (one.name, one.email)])


def departments_by_name(session: Session) -> Names:
    """The departments by name and by path: `East`, `Sales / East`, `Sales/East`."""
    names: list[tuple[str, str]] = []
    for one in departments.tree(session):
        names += [(name, one.id) for name in {one.name, one.spelled, "/".join(one.path)}]
    return Names(names)


def names_of_kind(session: Session, of: Field) -> Names:
    """What the values of a field that names something, but no records, may be called."""
    if of.kind.names == "people":
        return people_by_name(session)
    return departments_by_name(session) if of.kind.names == "departments" else choices_by_label(of)


def names_in(of: Field, text: str, known: Names) -> list[str]:
    """The names in a text: one, or several for a field that holds a list, unless the whole text is a known name."""
    if not text.strip():
        return []
    return split_list(text) if of.several and not known.find(text) else [text]


def nothing_called(session: Session, of: Field, name: str, near: str | None) -> Text:
    """What to say where nothing that the field may hold has this name. `near`: a name that was perhaps meant."""
    if of.kind.names == "people":
        says = _("Nobody here is called {name}.", name=name)
    elif of.kind.names == "departments":
        says = _("No department is called {name}.", name=name)
    elif not of.is_link:
        says = _("{field} has no choice {name}.", field=of.label, name=name)
    elif of.target is None:
        says = _("No record that {field} may lead to is called {name}.", field=of.label, name=name)
    else:
        target = session.layout.table(of.target)
        says = _("No record of {table} is called {name}.", table=target.plural or target.label, name=name)
    return _("{problem} Did you mean {name}?", problem=says, name=near) if near else says


def choices_by_label(field: Field) -> Names:
    """The choices of a select by key and by label in each language."""
    names: list[tuple[str, str]] = []
    for key, choice in field.options["choices"].items():
        label = choice["label"]
        spellings = {key, *([label] if isinstance(label, str) else label.values())}
        names += [(name, key) for name in spellings]
    return Names(names)


def new_choices(field: Field, labels: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Choices for labels that the select does not have yet."""
    taken: dict[str, Any] = dict(field.options["choices"])
    made: dict[str, dict[str, Any]] = {}
    known = choices_by_label(field)
    for label in labels:
        if known.find(label):
            continue
        number = len(taken)
        key = key_for(label, taken, (), f"choice_{number + 1}", prefix="")
        made[key] = taken[key] = {"label": label.strip(), "color": COLORS[number % len(COLORS)]}
        known.add(label, key)
    return made


def records_by_values(
    session: Session, table: Table, keys: Sequence[str], wanted: Collection[tuple[Any, ...]]
) -> Mapping[tuple[Any, ...], list[str]]:
    """The ids of the records whose fields `keys` hold one of the combinations `wanted`."""
    sql = session.layout.rows(table)
    columns = [sql.c[key] for key in keys]
    found: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    firsts = list({values[0] for values in wanted})
    for start in range(0, len(firsts), MOST_VALUES):
        some = among_values(session, columns[0], firsts[start : start + MOST_VALUES])
        wanted_rows = sa.select(sql.c.id, *columns).where(some)
        for record_id, *values in session.connection.execute(wanted_rows, moment(session)):
            if tuple(values) in wanted:
                found[tuple(values)].append(record_id)
    return found


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", name)
