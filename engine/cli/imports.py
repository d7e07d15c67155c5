"""The command that brings a file in."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal

from engine import imports
from engine.cli.here import IN_WORKSPACE, FileName, InWorkspace, WrongUse
from engine.cli.naming import field_keys, find_table, listed
from engine.cli.progress import shown
from engine.definitions.language import Table
from engine.imports import Import
from engine.imports.carrying import KINDS
from engine.imports.mappings import SavedMapping
from engine.storage.layout import Layout
from engine.storage.session import Session
from engine.text import _

MOST_LINES = 20  # refused lines and the like that are printed; --json and --refused have all


def import_file(
    table: str,
    file: FileName,
    /,
    *,
    map: list[str] | None = None,
    replace: list[str] | None = None,
    unknown: list[str] | None = None,
    match: list[str] | None = None,
    mapping: FileName = "",
    save_mapping: str = "",
    conflicts: Literal["", "keep", "overwrite"] = "",
    option: list[str] | None = None,
    create: bool = False,
    automations: bool = False,
    propose: bool = False,
    dry_run: bool = False,
    here: InWorkspace = IN_WORKSPACE,
) -> int:
    """Bring a file into a table: encoding, delimiter, dates and numbers are found out, columns go where they fit.

    Lines that cannot be taken are refused with their number and the reason; the others are written together, and
    `formwork undo` with the import's id takes all of it back.

    For example:

        formwork import crm.accounts accounts.csv --dry-run
        formwork import crm.opportunities pipeline.csv --map close_value=amount --replace 'product:GTXPro=GTX Pro'
        formwork import stock.items items.csv --create
        formwork import crm.accounts june.csv --match name --save-mapping monthly
        formwork import crm.accounts july.csv --mapping monthly

    Parameters
    ----------
    table
        Its address, such as crm.accounts.
    file
        The file; - is standard input.
    map
        Column and field: close_value=amount. `close_value=` leaves a column out. Other columns stay as proposed.
    replace
        Column, what its cells say, and what that means: 'product:GTXPro=GTX Pro'.
    unknown
        Column, and what becomes of a name that nothing has: account=refuse, =empty or =create.
    match
        Fields by which a record that is there already is found and changed. Without any: as proposed.
    mapping
        The name of a mapping that is kept for the table, or else a file with a whole one, as --propose prints it;
        --map and the like do not count then.
    save_mapping
        Keep what goes where under this name, for a file that comes again.
    conflicts
        What becomes of a record that was changed here since an import last wrote it, where the file says otherwise:
        keep it as it is here (as always, unless the mapping says otherwise), or overwrite it.
    option
        How to read the file, where that was found out wrongly: encoding=gb18030, delimiter=";", sheet=Sales.
    create
        Make the table, and the app if need be.
    automations
        Let the imported records start automations.
    propose
        Only print the mapping that would be used.
    dry_run
        Only count what would be new, changed, the same and refused.
    """
    content = here.terminal.read(file)
    name = "table.csv" if file == "-" else PurePath(file).name
    wishes = _Wishes(_pairs(map, "--map"), list(_replacements(replace)), _pairs(unknown, "--unknown"), listed(match))
    with here.write() as session:
        of = None if create else find_table(session.layout, table)
        into = of.address if of else None
        held = imports.start(session, io.BytesIO(content), name, into, _pairs(option, "--option"))
        saved = _saved(session, into, mapping)
        if saved:
            imports.use(session, held.id, saved.id)
    if saved:
        chosen = saved.document
    elif mapping:
        chosen = here.read_json(mapping)
    else:
        with here.read() as session:
            chosen = imports.propose(session, held.id).mapping
            if of is None:
                chosen["new"] |= _new_table(table)
            else:
                wishes = wishes.by_key(session.layout, of)
        chosen = wishes.applied(chosen)
        chosen["automations"] = automations
    if conflicts:
        chosen = {**chosen, "conflicts": conflicts}
    if propose:
        here.document(chosen)
        return 0
    with here.write() as session:
        imports.choose(session, held.id, chosen)
        if save_mapping and of is not None:
            imports.mappings.keep(session, held.id, save_mapping)
    if dry_run:
        held = imports.count_lines(here.store, here.principal, held.id)
    else:
        with shown(here.terminal, _("Lines read"), held.details["line_count"]) as tell:
            held = imports.carry_out(here.store, here.principal, held.id, tell)
    if save_mapping and held.table and of is None:
        with here.write() as session:
            imports.mappings.keep(session, held.id, save_mapping)
    _tell(here, held, dry_run)
    return 0


def _saved(session: Session, table: str | None, mapping: str) -> SavedMapping | None:
    """The mapping that is kept under this name, which otherwise is that of a file."""
    if table is None or not mapping:
        return None
    known = [one.name for one in imports.mappings.listed(session, table)]
    is_name = mapping.casefold() in map(str.casefold, known)
    return imports.mappings.named(session, table, mapping) if is_name else None


@dataclass(frozen=True)
class _Wishes:
    """What the options ask for on top of what was proposed."""

    fields: dict[str, str]  # column -> field, "" to leave it out
    replaced: list[tuple[str, str, str]]
    unknown: dict[str, str]
    match: list[str]

    def by_key(self, layout: Layout, table: Table) -> _Wishes:
        """The same with fields by their keys. Raises `Refused`."""
        fields = {
            column: field_keys(layout, table, [field])[0] if field else "" for column, field in self.fields.items()
        }
        return _Wishes(fields, self.replaced, self.unknown, field_keys(layout, table, self.match))

    def applied(self, proposed: dict[str, Any]) -> dict[str, Any]:
        """The mapping that is wished for. What is wrong with it, `imports.choose` tells."""
        columns: dict[str, Any] = dict(proposed["columns"])
        for column, field in self.fields.items():
            before = columns.pop(column, {})
            columns = {name: one for name, one in columns.items() if one["field"] != field}
            if field:
                same = before.get("field") == field
                columns[column] = before if same else {**_definition(before), "field": field}
        for column, cell, meaning in self.replaced:
            columns.setdefault(column, {}).setdefault("values", {})[cell] = meaning
        for column, what in self.unknown.items():
            columns.setdefault(column, {})["unknown"] = what
        left = {one.get("field") for one in columns.values()}
        match = self.match or [one for one in proposed.get("match", ()) if one in left]
        return {**proposed, "columns": columns, "match": match}


def _definition(column: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in column.items() if key == "definition"}


def _pairs(given: Iterable[str] | None, option: str) -> dict[str, str]:
    pairs = {}
    for one in given or ():
        name, equals, value = one.partition("=")
        if not equals:
            raise WrongUse(_("{option} takes two parts with = between them, not {given}.", option=option, given=one))
        pairs[name.strip()] = value.strip()
    return pairs


def _new_table(address: str) -> dict[str, str]:
    app, dot, table = address.partition(".")
    if not dot:
        raise WrongUse(_("Name the new table with its app: stock.items, not {given}.", given=address))
    label, app_label = (key.replace("_", " ").capitalize() for key in (table, app))
    return {"app": app, "app_label": app_label, "table": table, "label": label}


def _replacements(given: Iterable[str] | None) -> Iterator[tuple[str, str, str]]:
    for one in given or ():
        column, colon, rest = one.partition(":")
        cell, equals, meaning = rest.partition("=")
        if not colon or not equals:
            raise WrongUse(_("--replace takes column:cell=meaning, not {given}.", given=one))
        yield column.strip(), cell, meaning


def _tell(here: InWorkspace, held: Import, dry_run: bool) -> None:
    with here.read() as session:
        most = (held.counts or {}).get("refused", 0) + (held.counts or {}).get("noted", 0)
        most += (held.counts or {}).get("conflict", 0)
        lines = [vars(one) for one in imports.lines(session, held.id, limit=max(most * 10, 1))]
    if here.json:
        facts = {"id": held.id, "state": held.state, "table": held.table, "counts": held.counts, "lines": lines}
        here.document({**facts, "transaction": held.transaction_id, "mapping": held.mapping})
        return
    counts: dict[str, Any] = dict(held.counts or {})
    rows = [{"what": key, "count": counts[key]} for key in ("rows", *KINDS, "noted")]
    rows += [{"what": f"created in {table}", "count": count} for table, count in counts.get("created", {}).items()]
    here.table(rows, {"what": _("Would be") if dry_run else _("Import"), "count": "Count"})
    for column, names in counts.get("unknown", {}).items():
        known = ", ".join(f"{one['value']} ({one['rows']})" for one in names[:MOST_LINES])
        here.note(_("{column}: nothing is called {names}", column=column, names=known))
    for one in lines[:MOST_LINES]:
        here.note(_("line {line}: {field}: {says}", line=one["line"], field=one["field"], says=one["says"]))
    if len(lines) > MOST_LINES:
        here.note(_("... and {count} more; --json lists all.", count=len(lines) - MOST_LINES))
    if not dry_run:
        here.note(_("To take all of it back: formwork undo {id}", id=held.id))
