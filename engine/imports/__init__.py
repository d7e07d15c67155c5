"""Imports: a file becomes records. Brought, understood, mapped, counted, then written at once, and undone at once.

An import is a row of the workspace's store; its file lies in the data folder. `start` keeps both, `propose` says
what the columns hold and where they may go, `choose` keeps the mapping (see `mapping.py`), `preview` counts
without leaving a record, `run` writes all of it in the caller's transaction, `undo` takes all of it back.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

import sqlalchemy as sa

from engine import apps, audit, going_on, queries
from engine import undo as undoing
from engine.access import door
from engine.access.principals import Principal
from engine.definitions.language import Table
from engine.errors import Conflict, FormworkError, NotFound, Problem, Refused
from engine.ids import new_id
from engine.importers import HEAD, importer_for, importers
from engine.imports import files, mappings
from engine.imports.carrying import bring_in, count, writes_to_count
from engine.imports.keeping import (
    OPEN,
    Import,
    ImportLine,
    add,
    change,
    forget,
    get,
    keep_outcome,
    lines,
    listed,
    opened,
    remove,
    source_of,
)
from engine.imports.mapping import FileMapping, document_with, mapping_from
from engine.imports.suggesting import Suggestion, reading_for, suggest
from engine.queries import Query
from engine.storage.import_tables import import_lines
from engine.storage.session import Session, again, timestamp
from engine.storage.stores import Workspace
from engine.text import Text, _

__all__ = [
    "OPEN",
    "Import",
    "ImportLine",
    "Suggestion",
    "cancel",
    "carry_out",
    "choose",
    "count_lines",
    "discard",
    "forget",
    "get",
    "lines",
    "listed",
    "mappings",
    "preview",
    "propose",
    "refused_file",
    "reopen",
    "run",
    "start",
    "take_back",
    "undo",
    "use",
]


def start(
    session: Session, file: BinaryIO, name: str, table: str | None = None, options: Mapping[str, str] | None = None
) -> Import:
    """Keep a file that is to go into `table` (an address), or into a table that is made for it.

    `options` are those of the file's kind, such as `encoding`. Raises `Refused` for a file that cannot be read.
    """
    if table is None:
        door.enter_builder(session.principal)
    else:
        door.enter(session.principal, "create", session.layout.table(table))
    import_id = new_id("imp")
    path = files.keep(session.workspace, import_id, file)
    try:
        with path.open("rb") as kept:
            importer = importer_for(kept.read(HEAD), name)
        source = importer.open(path, options)
    except BaseException:
        path.unlink()
        raise
    return add(session, import_id, name, importer.name, table, options or {}, source)


def reopen(session: Session, import_id: str, options: Mapping[str, str]) -> Import:
    """Read the file differently: other options, since what was found is wrong. The mapping begins anew."""
    held = opened(session, import_id)
    source = importers[held.kind].open(files.path_of(session.workspace, import_id), options)
    details = {**source.details, "columns": source.columns}
    return change(session, held, state="uploaded", options=dict(options), details=details, mapping=None, counts=None)


def propose(session: Session, import_id: str, table: str | None = None) -> Suggestion:
    """What the columns hold, where they may go, and a mapping to begin with. Reads the whole file; writes nothing.

    `table`: another table than the one that it was started for.
    """
    held = get(session, import_id)
    into = table or held.table
    of = session.layout.table(into) if into else None
    return suggest(session.workspace, session.layout.apps, source_of(session, held), held.name, of)


def choose(session: Session, import_id: str, mapping: Mapping[str, Any], table: str | None = None) -> Import:
    """Keep the mapping. Columns without a `reading` get the one that fits their cells.

    `table`: go into this one instead. Raises `Refused` with every problem at its JSON pointer in `mapping`.
    """
    held = opened(session, import_id)
    into = None if mapping.get("new") else table or held.table
    of = session.layout.table(into) if into else None
    parsed = mapping_from(mapping, held.columns, of)
    if of is None:
        planned = apps.plan(session, document_with(session.layout.apps, parsed))
        if planned.refused:
            raise Refused([one for one in planned.problems if one.is_error])
        if parsed.new and parsed.new.address in session.layout.apps.tables:
            raise Refused([Problem("/new/table", _("This table is there already."), "taken", parsed.new.table)])
    else:
        mapping = _with_readings(session, held, mapping, of)
    return change(session, held, state="mapped", table_address=into, mapping=dict(mapping), counts=None)


def use(session: Session, import_id: str, mapping_id: str) -> Import:
    """Fill an import in with a mapping that was kept, and read its file as that one was read.

    Raises `Refused` with what does not fit this file, `NotFound`, `Conflict`.
    """
    held, saved = opened(session, import_id), mappings.get(session, mapping_id)
    options = mappings.told_for(held, saved)
    if options != held.options:
        reopen(session, import_id, options)
    held = choose(session, import_id, saved.document, saved.table)
    return change(session, held, mapping_name=saved.name)


def count_lines(workspace: Workspace, principal: Principal, import_id: str) -> Import:
    """`preview` in transactions of its own: while the file is read nobody else has to wait, if the table lets it.

    Raises `Conflict` also when the mapping was changed meanwhile.
    """
    with workspace.read(principal) as session:
        held = opened(session, import_id)
        mapping, address = _chosen(session, held)
        if not writes_to_count(session, address):
            with _progress(workspace, import_id) as progress:
                outcome = count(session, source_of(session, held), mapping, address, progress)
    with workspace.write(principal) as session:
        if writes_to_count(session, address):
            return preview(session, import_id)
        if opened(session, import_id).mapping != held.mapping:
            raise Conflict(_("Somebody changed the mapping meanwhile. Count again."))
        return keep_outcome(session, held, outcome, state="previewed", says=None)


def preview(session: Session, import_id: str) -> Import:
    """Count what would be new, changed, the same and refused, and list why. No record stays written.

    The session must be one that writes: the counts are kept, and a table's checks can only be asked about records
    that were written, so those are written and taken back.
    """
    held = opened(session, import_id)
    mapping, address = _chosen(session, held)
    with _progress(session.workspace, import_id) as progress:
        outcome = count(session, source_of(session, held), mapping, address, progress)
    return keep_outcome(session, held, outcome, state="previewed", says=None)


def run(session: Session, import_id: str, tell: Callable[[int], None] = lambda _line: None) -> Import:
    """Write all records in this transaction. Open the session with `cause=f"import:{import_id}"`.

    Lines that cannot be taken are listed with their reasons and stop nothing else. Raises `Refused`, `Forbidden`,
    `Conflict` (it has been run, or is cancelled); `carry_out` of this module also keeps the failure.
    """
    held = opened(session, import_id)
    mapping, address = _chosen(session, held)
    session.quiet = not mapping.automations
    app_made = mapping.new is not None and mapping.new.app not in session.layout.apps
    with _progress(session.workspace, import_id, tell) as progress:
        outcome = bring_in(session, source_of(session, held), mapping, address, progress)
    says = _("brought in the file {name}: {count} records", name=held.name, count=outcome.new + outcome.changed)
    audit.note(session, "records.imported", says, file=import_id, table=address)
    return keep_outcome(
        session,
        held,
        outcome,
        state="done",
        says=None,
        table_address=address,
        made={"app": mapping.new.app, "table": mapping.new.table, "app_made": app_made} if mapping.new else None,
        transaction_id=session.transaction_id,
        finished_at=timestamp(session.now),
    )


def undo(session: Session, import_id: str) -> Import:
    """Take everything back that the import did. Open the session with `cause=f"undo:{transaction_id}"`.

    A table that it made goes too, unless it has got other records. Raises `Conflict`, and takes nothing back, when
    somebody changed an imported value since.
    """
    held = get(session, import_id)
    if held.state != "done" or held.transaction_id is None:
        raise Conflict(_("There is nothing to undo: this import is not done."))
    with suppress(NotFound):  # it may have changed nothing
        undoing.undo(session, held.transaction_id)
    says = _("took back what the file {name} brought in", name=held.name)
    audit.note(session, "import.undone", says, file=import_id, table=held.table)
    into = held.table
    if held.made and _remove_made(session, held.made):
        into = None
    return change(session, held, state="undone", table_address=into, made=None, finished_at=timestamp(session.now))


def carry_out(
    workspace: Workspace, principal: Principal, import_id: str, tell: Callable[[int], None] = lambda _line: None
) -> Import:
    """`run` in a transaction of its own. A failure is kept with the import, then raised.

    `tell` is called with each line that the reading has come to.
    """

    def act() -> Import:
        with workspace.write(principal, cause=f"import:{import_id}") as session:
            return run(session, import_id, tell)

    try:
        return again(act)
    except FormworkError as error:
        with suppress(FormworkError), workspace.write(principal) as session:
            held = get(session, import_id)
            if held.state in OPEN:
                change(session, held, state="failed", says=error.says)
        raise


def take_back(workspace: Workspace, principal: Principal, import_id: str) -> Import:
    """`undo` in a transaction of its own."""
    with workspace.read(principal) as session:
        held = get(session, import_id)

    def act() -> Import:
        with workspace.write(principal, cause=f"undo:{held.transaction_id}") as session:
            return undo(session, import_id)

    return again(act)


def discard(session: Session, import_id: str) -> None:
    """Forget an import that is not carried out: its file, its mapping and its counts. Raises `NotFound`, `Conflict`."""
    remove(session, [opened(session, import_id).id])


def cancel(session: Session, import_id: str) -> None:
    """Stop an import, or the counting of it, that goes on in whichever process: nothing of it is kept.

    Raises `NotFound`; `Conflict` when nothing goes on.
    """
    if get(session, import_id).line is None:
        raise Conflict(_("There is nothing to cancel: this import is not going on."))
    going_on.ask_to_stop(files.path_of(session.workspace, import_id))


def refused_file(session: Session, import_id: str) -> Iterator[str]:
    """The refused lines as CSV, to be mended and brought again: their cells, the line and the reasons."""
    held = get(session, import_id)
    c = import_lines.c
    wanted = sa.select(c.line, c.says).where(c.import_id == import_id, c.kind == "refused").order_by(c.number)
    reasons: dict[int, list[Text | str]] = defaultdict(list)
    for line, says in session.connection.execute(wanted):
        reasons[line].append(says)
    return files.refused_csv(source_of(session, held), reasons)


def _chosen(session: Session, held: Import) -> tuple[FileMapping, str]:
    """The mapping and the address of the table that it leads to."""
    if held.mapping is None:
        raise Conflict(_("Say first which column goes where."))
    of = session.layout.table(held.table) if held.table else None
    mapping = mapping_from(held.mapping, held.columns, of)
    return mapping, mapping.new.address if mapping.new else held.table or ""


def _with_readings(session: Session, held: Import, mapping: Mapping[str, Any], of: Table) -> Mapping[str, Any]:
    if all(one.get("reading") for one in mapping["columns"].values()):
        return mapping
    proposals = {one.column: one for one in propose(session, held.id, of.address).proposals}
    whole = copy.deepcopy(dict(mapping))
    for column, one in whole["columns"].items():
        if not one.get("reading"):
            one["reading"] = reading_for(of.fields[one["field"]], proposals[column], session.workspace.time_zone)
    return whole


def _remove_made(session: Session, made: Mapping[str, Any]) -> bool:
    """Remove the table that the import made, and its app if it made that too; not if there is something else in it."""
    address = f"{made['app']}.{made['table']}"
    if address not in session.layout.apps.tables or queries.count(session, Query(address)):
        return False
    document = copy.deepcopy(dict(apps.export(session, made["app"])))
    del document["tables"][made["table"]]
    try:
        if made["app_made"] and not document["tables"]:
            apps.remove(session, made["app"])
        else:
            apps.apply(session, document)
    except Refused:  # something else needs it by now
        return False
    return True


@contextmanager
def _progress(
    workspace: Workspace, import_id: str, tell: Callable[[int], None] = lambda _line: None
) -> Iterator[Callable[[int], None]]:
    with going_on.told(files.path_of(workspace, import_id)) as note:

        def progress(line: int) -> None:
            note(line)
            tell(line)

        yield progress
