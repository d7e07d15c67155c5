"""What an expression may ask of a link to any of several tables: `{about.title}`, `{about.table}` and `{about.id}`.

Each is worked out from fields of every one of those tables. Where a table is named after it, as in
`{about.leads.phone}`, it is a plain link to the records of that table and leads to no others. In paths by keys that is
one step, written `about@crm.leads`; so are the steps to what the title depends on, and a change of a lead is walked
back like through any link.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableSequence
from typing import TYPE_CHECKING

from engine import formulas
from engine.definitions.language import Field, Table
from engine.formulas import Formula, Type
from engine.formulas.types import TEXT, any_record_of, failing, list_of
from engine.text import is_called, label_in

if TYPE_CHECKING:
    from engine.definitions.types import FieldTypes

Path = tuple[str, ...]
PARTS = ("title", "table", "id")


def type_of(types: FieldTypes, link: Field) -> Type:
    """The type of the link's values; as a text they are titles."""
    record = any_record_of(_names(types, link), "title")
    return list_of(record) if link.many else record


def type_of_part(types: FieldTypes, link: Field, part: str) -> Type | None:
    """The type of one of the `PARTS` of one record; None if it is none. A table is a choice by its name in `to`."""
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


def table_named(types: FieldTypes, link: Field, part: str, rest: MutableSequence[str]) -> Table | None:
    """The table that a part of a path after the link names, by its name in the option `to` or by its label.

    `crm.leads` are two parts, of which the second is taken out of the `rest`. At the end of a path one of the `PARTS`
    comes first.
    """
    if not link.kind.of_any_table or (part in PARTS and not rest):
        return None
    tables = dict(tables_of(types, link))
    if rest and f"{part}.{rest[0]}" in tables:
        return tables[f"{part}.{rest.pop(0)}"]
    return tables.get(part) or next((one for one in tables.values() if is_called(one.label, part)), None)


def name_of(types: FieldTypes, link: Field, address: str) -> str:
    """What the option `to` of the link calls the table at an address."""
    return next((name for name, table in tables_of(types, link) if table.address == address), address)


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
