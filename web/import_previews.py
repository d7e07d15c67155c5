"""What a preview of an import shows besides its counts, and what its form says about unknown names."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData

from engine import named, queries
from engine.definitions.language import Table
from engine.errors import NotFound
from engine.imports import Import
from engine.storage.session import Session
from engine.text import _, label_in

MOST_NAMES = 300  # names that an input offers


@dataclass(frozen=True)
class Unknown:
    """A column with names that nothing has: {value, rows, suggestion} each; `stays` is what becomes of the rest."""

    column: str
    names: list[dict[str, Any]]
    offered: list[str]
    table: Table | None
    stays: str
    can_create: bool


def unknown_in(session: Session, held: Import, column: str) -> Unknown:
    """The names of a column that nothing has, those with a proposal first, and what they can mean."""
    of = session.layout.apps.tables.get(held.table or "")
    mapping = (held.mapping or {})["columns"][column]
    field = of.fields.get(mapping["field"]) if of else None
    names = sorted((held.counts or {})["unknown"][column], key=lambda one: one["suggestion"] is None)
    offered: list[str] = []
    target = session.layout.apps.tables.get(field.target or "") if field else None
    if field is not None and field.is_link:
        offered = [title for _table, _id, title in queries.find_titles_in(session, field.targets, "", MOST_NAMES)]
    elif field is not None and field.kind.names in named.KINDS:
        offered = list(named.offered(session, [field.kind.names])[field.kind.names].values())
    elif field is not None:
        offered = [label_in(one["label"], "en") for one in field.choices.values()]
    can_create = field is None or (field.kind.names not in named.KINDS and not field.kind.of_any_table)
    return Unknown(column, names, offered, target, mapping.get("unknown", "refuse"), can_create)


def renamed(held: Import, form: FormData) -> dict[str, Any]:
    """The mapping with the names of the form: `name` and `means` in pairs for each column, and its `unknown`."""
    if held.mapping is None or held.counts is None:
        raise NotFound(_("Say first which column goes where."))
    mapping = copy.deepcopy(held.mapping)
    for number, column in enumerate(held.counts["unknown"]):
        one = mapping["columns"][column]
        pairs = zip(form.getlist(f"{number}.name"), form.getlist(f"{number}.means"), strict=False)
        one["values"] = {**(one.get("values") or {}), **{str(a): str(b).strip() for a, b in pairs if str(b).strip()}}
        one["unknown"] = str(form.get(f"{number}.unknown") or one.get("unknown", "refuse"))
    return mapping


def about(session: Session, held: Import) -> dict[str, Any]:
    """The table that an import goes into, and what things there are called."""
    table = session.layout.apps.tables.get(held.table or "")
    return {
        "table": table,
        "app": session.layout.apps[table.app] if table else None,
        "tables": session.layout.apps.tables,
        "labels": {key: one.label for key, one in table.fields.items()} if table else {},
        "total": held.details.get("line_count", 0),
    }
