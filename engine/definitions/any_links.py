"""What an expression may ask of a link to any of several tables: `{about.title}`, `{about.table}` and `{about.id}`.

Each is worked out from fields of every one of those tables. In the paths that say what a field depends on, the step to
one of them is written `about@crm.leads`, so that a change of the title of a lead is walked back like through any link.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine import formulas
from engine.definitions.language import Field, Table
from engine.formulas import Formula, Type
from engine.formulas.types import TEXT, any_record_of, failing
from engine.text import label_in

if TYPE_CHECKING:
    from engine.definitions.types import FieldTypes

Path = tuple[str, ...]
PARTS = ("title", "table", "id")


def type_of(types: FieldTypes, link: Field) -> Type:
    """The type of the link's values; as a text they are titles."""
    return any_record_of(_names(types, link), "title")


def type_of_part(types: FieldTypes, link: Field, part: str) -> Type | None:
    """The type of one of the `PARTS`; None if it is none. A table is a choice by its name in the option `to`."""
    if part == "id":
        return any_record_of(_names(types, link))
    if part == "table":
        return Type("select", choices=tuple(_names(types, link).values()))
    if part == "title":
        return failing(TEXT, any(title_of(types, table).can_fail for _name, table in tables_of(types, link)))
    return None


def tables_of(types: FieldTypes, link: Field) -> Iterator[tuple[str, Table]]:
    """The tables that the link may lead to, each with its name there; one that is missing is told elsewhere."""
    app = link.table.partition(".")[0]
    for name in link.kind.leads_to(link.options, link.table.partition(".")[2]):
        table = types.apps.tables.get(types.apps.address(app, name))
        if table is not None:
            yield name, table


def _names(types: FieldTypes, link: Field) -> dict[str, tuple[str, str]]:
    return {table.address: (name, label_in(table.label, "en", name)) for name, table in tables_of(types, link)}


def title_of(types: FieldTypes, table: Table) -> Formula:
    """What records of a table are called, as a text."""
    title = table.fields.get(table.title)
    # Such a link is no title (which is told elsewhere), and asking it for its own would never end.
    asked = "id" if title is None or title.is_link else title.key
    return formulas.check(f"CONCATENATE({{{asked}}})", types.scope(table.address))


def opened(types: FieldTypes, table: Table, path: Path) -> Iterator[Path]:
    """The fields of a path of keys; where it asks such a link something, one path for each of its tables more.

    What it asks of files at its end is left out: what is known about a file never changes.
    """
    here: Table | None = table
    for place, part in enumerate(path):
        one, behind = types.apps.step(here, part)
        if one is None or not one.is_link:
            yield path[: place + 1]
            return
        if one.kind.of_any_table and "@" not in part:
            yield path[: place + 1]
            for _name, leads in tables_of(types, one):
                step = (*path[:place], f"{part}@{leads.address}")
                yield from ((*step, *rest) for rest in _asked(types, leads, path[place + 1 :]))
            return
        here = behind
    yield path


def _asked(types: FieldTypes, table: Table, parts: Path) -> Iterator[Path]:
    """The fields of one of the tables that the answer is worked out from."""
    if parts == ("table",):
        yield ("id",)
    elif parts == ("title",):
        yield ("id",)
        scope = types.scope(table.address)
        for path in title_of(types, table).paths:
            yield from opened(types, table, scope.resolve(path) or path)
