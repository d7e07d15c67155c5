"""Commands about mappings of imports that are kept under a name."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from engine import people
from engine.cli.here import IN_WORKSPACE, FileName, Instants, InWorkspace
from engine.cli.naming import find_table
from engine.errors import Problem, Refused
from engine.imports import mappings
from engine.text import _

OfTable = Annotated[str, Parameter(help="Address of its table, such as crm.accounts.")]
Called = Annotated[str, Parameter(help="What it is called.")]


def list_mappings(table: str = "", /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """List the mappings that are kept, of one table or of all.

    For example:

        formwork mapping list crm.accounts

    Parameters
    ----------
    table
        Address of a table, such as crm.accounts. Without it: all.
    """
    with here.read() as session:
        address = find_table(session.layout, table).address if table else None
        found = mappings.listed(session, address)
        names = people.names(session)
    rows = [
        {
            "table": one.table,
            "name": one.name,
            "columns": len(one.document["columns"]),
            "match": one.document.get("match") or [],
            "maker": names.get(one.made_by or "", one.made_by),
            "changed_at": one.changed_at,
        }
        for one in found
    ]
    headings = {"table": "Table", "name": "Name", "columns": "Columns", "match": "Match", "maker": "From"}
    nothing = _("No mapping is kept. `formwork import` with --save-mapping keeps one.")
    here.table(rows, {**headings, "changed_at": Instants("Changed")}, nothing)


def show(table: OfTable, name: Called, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Print a mapping as JSON, to review it or to keep it elsewhere.

    For example:

        formwork mapping show crm.accounts monthly
    """
    with here.read() as session:
        found = mappings.named(session, find_table(session.layout, table).address, name)
    here.document(found.document)


def save(table: OfTable, name: Called, file: FileName, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Keep a mapping under a name, in the place of one that has it.

    For example:

        formwork import crm.accounts accounts.csv --propose > monthly.json
        formwork mapping save crm.accounts monthly monthly.json

    Parameters
    ----------
    file
        The mapping, as `formwork import` prints it with --propose; - is standard input.
    """
    document = here.read_json(file)
    if not isinstance(document, dict):
        raise Refused([Problem("", _("A mapping is an object with `columns`."), "mapping")])
    with here.write() as session:
        kept = mappings.put(session, find_table(session.layout, table).address, name, document)
    here.say(_("The mapping {name} is kept.", name=kept.name), table=kept.table, name=kept.name)


def rename(table: OfTable, name: Called, to: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Call a mapping otherwise.

    For example:

        formwork mapping rename crm.accounts monthly "Every month"

    Parameters
    ----------
    to
        What it is to be called.
    """
    with here.write() as session:
        found = mappings.named(session, find_table(session.layout, table).address, name)
        kept = mappings.rename(session, found.id, to)
    here.say(_("The mapping is called {name} now.", name=kept.name), table=kept.table, name=kept.name)


def delete(table: OfTable, name: Called, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Forget a mapping. What was imported with it stays.

    For example:

        formwork mapping delete crm.accounts monthly
    """
    with here.write() as session:
        found = mappings.named(session, find_table(session.layout, table).address, name)
        mappings.remove(session, found.id)
    here.say(_("The mapping {name} is forgotten.", name=found.name), id=found.id, table=found.table, name=found.name)
    if not here.json:
        here.note(_("To bring it back: formwork mapping restore {id}", id=found.id))


def restore(mapping: str, /, *, here: InWorkspace = IN_WORKSPACE) -> None:
    """Bring a mapping back that was forgotten, for as long as the trash keeps things.

    For example:

        formwork mapping restore map0tqN3kXhQe7ZbC

    Parameters
    ----------
    mapping
        Its id (map...), as `formwork mapping delete` prints it.
    """
    with here.write() as session:
        kept = mappings.restore(session, mapping)
    here.say(_("The mapping {name} is back.", name=kept.name), table=kept.table, name=kept.name)
