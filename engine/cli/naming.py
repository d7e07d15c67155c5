"""Tables, fields, people and departments as they are named on the command line."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from engine import departments
from engine.definitions.language import Table
from engine.errors import NotFound, Problem, Refused
from engine.imports.lookups import Names, departments_by_name, people_by_name
from engine.storage.layout import Layout
from engine.storage.session import Session
from engine.text import Label, Text, _


def find_table(layout: Layout, name: str) -> Table:
    """The table at the address `name`, else the one that has this key or label. Raises `NotFound`."""
    if name in layout.apps.tables:
        return layout.apps.tables[name]
    wanted = name.casefold()
    by_key = [one for one in layout.apps.tables.values() if one.key == wanted]
    by_label = [one for one in layout.apps.tables.values() if wanted in {*_said(one.label), *_said(one.plural)}]
    found = by_key or by_label
    if len(found) == 1:
        return found[0]
    if found:
        addresses = ", ".join(one.address for one in found)
        raise NotFound(_("Several tables are called {name}: {addresses}.", name=name, addresses=addresses))
    near = get_close_matches(name, list(layout.apps.tables), n=1)
    if near:
        raise NotFound(_("There is no table {name}. Did you mean {near}?", name=name, near=near[0]))
    raise NotFound(_("There is no table {name}. `formwork apps` lists them.", name=name))


def field_keys(layout: Layout, table: Table, names: Iterable[str], *, signed: bool = False) -> list[str]:
    """The keys of fields named by key or label; `signed` lets a `-` stand before each. Raises `Refused` with all."""
    scope = layout.types.scope(table.address)
    keys, problems = [], []
    for name in names:
        sign = "-" if signed and name.startswith("-") else ""
        bare = name.removeprefix(sign)
        found = scope.resolve((bare,))
        if found is None:
            near = get_close_matches(bare, list(table.fields), n=1)
            hint = _("Did you mean {name}?", name=near[0]) if near else ""
            says = _("{table} has no field {name}. {hint}", table=table.label, name=bare, hint=hint)
            problems.append(Problem("", says.strip(), "unknown_field", bare))
        else:
            keys.append(sign + found[0])
    if problems:
        raise Refused(problems)
    return keys


def find_person(session: Session, name: str) -> str:
    """The id of the person who has this e-mail address or name. Raises `NotFound`."""
    return _only(people_by_name(session), name, _("Nobody here is called {name}.", name=name))


def find_department(session: Session, name: str) -> str:
    """The id of the department that is called so, by name, path (`Sales / East`) or id. Raises `NotFound`."""
    known = departments_by_name(session)
    return _only(known, name, _("No department is called {name}.", name=name), departments.paths(session))


def listed(values: Iterable[str] | None) -> list[str]:
    """`["a,b", "c"]` as `["a", "b", "c"]`: options that may be given several times, or once with commas."""
    return [part.strip() for one in values or () for part in one.split(",") if part.strip()]


def _only(known: Names, name: str, nothing: Text, ids: Collection[str] = ()) -> str:
    found = [name] if name in ids else known.find(name)
    if len(found) > 1:
        raise NotFound(_("{count} are called {name}.", count=len(found), name=name))
    if not found:
        near = known.similar(name)
        raise NotFound(_("{problem} Did you mean {name}?", problem=nothing, name=near) if near else nothing)
    return found[0]


def _said(label: Label | None) -> set[str]:
    if label is None:
        return set()
    return {label.casefold()} if isinstance(label, str) else {one.casefold() for one in label.values()}
